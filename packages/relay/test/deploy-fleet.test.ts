// The fleet in `deploy/fleet`, as far as it is true without a container: the file is YAML, everything in it is used and names what there is,
// and with secrets drawn by its script relays would start, on a Postgres as its script leaves it.
import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, globSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { parse } from 'yaml'
import { postgresStore } from '@joinery/adapters/store/postgres'
import { startPostgres } from '../../../test/postgres.ts'
import { busAddress } from '../src/commands/bus.ts'
import { configurationOf } from '../src/configuration/configuration.ts'
import { serveMistakes } from '../src/configuration/rules.ts'
import type { Setting } from '../src/configuration/setting.ts'
import { isKey, KEYS, LIMITS, SETTINGS } from '../src/configuration/settings.ts'
import { COUNTERS, GAUGES, HISTOGRAMS, type Row } from '../src/metrics/table.ts'
import { runJoinery } from './spawned.ts'

const FOLDER = join(import.meta.dirname, '../../../deploy/fleet')
const file = (name: string): string => readFileSync(join(FOLDER, name), 'utf8')

interface Service {
  readonly image: string
  readonly build?: { readonly context: string; readonly dockerfile: string }
  readonly user: string
  readonly read_only: boolean
  readonly cap_drop: readonly string[]
  readonly security_opt: readonly string[]
  readonly restart: string
  readonly networks: readonly string[]
  readonly command?: readonly string[]
  readonly ports?: readonly string[]
  readonly volumes?: readonly string[]
  readonly tmpfs?: readonly string[]
  readonly secrets?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly healthcheck?: { readonly test: readonly string[] }
  readonly depends_on?: readonly string[] | Readonly<Record<string, { readonly condition: string }>>
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>
  readonly networks: Readonly<Record<string, { readonly ipam: { readonly config: readonly { subnet: string }[] } }>>
  readonly volumes: Readonly<Record<string, unknown>>
  readonly secrets: Readonly<Record<string, { readonly file: string }>>
}

const compose = parse(file('compose.yaml'), { merge: true }) as Compose
const services = Object.entries(compose.services)
const relays = services.filter(([, { image }]) => image === 'joinery')

/** The script of secrets, run in a folder of its own. */
function drawn(): string {
  const folder = mkdtempSync(join(tmpdir(), 'joinery-fleet-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  copyFileSync(join(FOLDER, 'secrets.sh'), join(folder, 'secrets.sh'))
  execFileSync('sh', [join(folder, 'secrets.sh')], { cwd: '/', stdio: 'pipe' })
  return folder
}

test('[OP-10] every part is nobody, cannot become more, and writes to what is mounted alone', () => {
  expect(services.map(([name]) => name).toSorted()).toEqual(['balancer', 'postgres', 'redis', 'relay-one', 'relay-two'])
  for (const [name, service] of services) {
    expect([name, service.read_only, service.cap_drop, service.restart]).toEqual([
      name,
      true,
      ['ALL'],
      'unless-stopped',
    ])
    expect([name, service.security_opt]).toEqual([name, ['no-new-privileges:true']])
    expect([name, Number.parseInt(service.user, 10)]).toEqual([name, expect.toSatisfy((id: number) => id > 0)])
    // From outside only this machine gets in, and only to what people and Prometheus need.
    for (const port of service.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:(4321:4321|946[45]:9464)$/)
    const isRelay = service.image === 'joinery'
    // A relay's is in its image.
    expect([name, service.healthcheck === undefined]).toEqual([name, isRelay])
  }
  expect(compose.services['postgres']?.ports ?? compose.services['redis']?.ports).toBe(undefined)
})

test('what is mounted is there, what is declared is used, and who is waited for is there', () => {
  const all = services.map(([, service]) => service)
  expect(new Set(all.flatMap(({ secrets = [] }) => secrets))).toEqual(new Set(Object.keys(compose.secrets)))
  expect(new Set(all.flatMap(({ networks }) => networks))).toEqual(new Set(Object.keys(compose.networks)))
  const mounts = all.flatMap(({ volumes = [] }) => volumes).map(volume => volume.split(':'))
  for (const [from = '', , mode] of mounts.filter(([from]) => from?.startsWith('./'))) {
    expect([from, mode, existsSync(join(FOLDER, from))]).toEqual([from, 'ro', true])
  }
  const named = mounts.flatMap(([from = '']) => (from.startsWith('.') ? [] : [from]))
  expect(new Set(named)).toEqual(new Set(Object.keys(compose.volumes)))
  for (const [name, { build, depends_on: others = [], secrets = [], environment = {}, command = [] }] of services) {
    if (build !== undefined) expect(existsSync(join(FOLDER, build.context, build.dockerfile))).toBe(true)
    for (const other of Array.isArray(others) ? (others as string[]) : Object.keys(others))
      expect([name, other in compose.services]).toEqual([name, true])
    // Each is read by a variable or on the command line, or by the script that makes the role.
    const read = [...Object.values(environment), ...command, name === 'postgres' ? file('role.sh') : ''].join(' ')
    for (const secret of secrets) expect([name, read.includes(`/run/secrets/${secret}`)]).toEqual([name, true])
    const mounted = [...read.matchAll(/\/run\/secrets\/(\w+)/g)].map(([, secret = '']) => secret)
    expect([name, mounted.filter(secret => !secrets.includes(secret))]).toEqual([name, []])
  }
})

test('secrets are drawn once, in a folder for nobody else, and no two are the same', () => {
  const folder = drawn()
  const secrets = join(folder, 'secrets')
  expect(statSync(secrets).mode & 0o777).toBe(0o700)
  const declared = Object.values(compose.secrets).map(secret => secret.file)
  expect(readdirSync(secrets).map(name => `./secrets/${name}`).toSorted()).toEqual(declared.toSorted()) // prettier-ignore
  const read = (name: string): string => readFileSync(join(secrets, name), 'utf8')
  for (const name of readdirSync(secrets))
    expect([name, statSync(join(secrets, name)).mode & 0o777]).toEqual([name, 0o444])
  const drawnOnes = ['joinery_secret', 'metrics_token', 'postgres_superuser', 'postgres_relay'].map(read)
  for (const one of drawnOnes) expect(one).toMatch(/^[0-9a-f]{64}$/)
  expect(new Set(drawnOnes).size).toBe(4)
  const before = readdirSync(secrets).map(read)
  expect(() => execFileSync('sh', [join(folder, 'secrets.sh')], { stdio: 'pipe' })).toThrow()
  expect(readdirSync(secrets).map(read)).toEqual(before)
  expect(read('redis_conf')).toContain(`requirepass ${new URL(read('joinery_bus')).password}\n`)
})

test('with these secrets the settings of each relay will do, and they meet on one Postgres and one Redis', () => {
  const folder = drawn()
  const [{ subnet } = { subnet: '' }] = compose.networks['inside']?.ipam.config ?? []
  expect(relays).toHaveLength(2)
  for (const [, { environment = {}, command }] of relays) {
    expect(command).toBe(undefined)
    const here = Object.fromEntries(
      Object.entries(environment).map(([name, value]) => [
        name,
        value.replace('/run/secrets', join(folder, 'secrets')),
      ]),
    )
    // The image says these, and this file what differs.
    const image = { JOINERY_DATA: '/data', JOINERY_HOST: '0.0.0.0', JOINERY_PORT: '4321' }
    const configuration = configurationOf({ environment: { ...image, ...here }, flags: {}, file: undefined })
    expect([...configuration.mistakes, ...serveMistakes(configuration)]).toEqual([])
    const { values } = configuration
    expect(values.data).toBe(undefined)
    expect(new URL(values.store ?? '').host).toBe('postgres:5432')
    expect(new URL(busAddress(values)).host).toBe('redis:6379')
    expect(values.trustProxy).toEqual([subnet])
    expect(values['metrics.port']).toBe(9464)
  }
})

test('the balancer has every relay twice, sends nobody to one that is not ready, and keeps links over HTTP together', () => {
  const config = file('haproxy.cfg')
  const sections = new Map(
    config.split(/\n(?=[a-z]+ ?\w*\n {2})/).map(text => [text.replace(/^(#.*\n)+/, '').split('\n', 1)[0], text]),
  )
  for (const name of ['backend relays', 'backend requests']) {
    const servers = [...(sections.get(name) ?? '').matchAll(/^ {2}server \w+ ([\w-]+):4321\b/gm)].map(
      ([, host]) => host,
    )
    expect([name, servers]).toEqual([name, relays.map(([host]) => host)])
  }
  expect(sections.get('backend relays')).toMatch(/uri \/readyz[\s\S]*default-server check /)
  const requests = sections.get('backend requests') ?? ''
  expect(requests.match(/ track relays\/\w+ /g)).toHaveLength(2)
  for (const said of ['req.hdr(Joinery-Session)', 'res.hdr(Joinery-Session)']) expect(requests).toContain(said)
  // A WebSocket has the same address, and begins with GET.
  expect(config).toContain('use_backend requests if { path /v1/sync } { method POST }')
  expect(config).toContain('deny_status 404 if { path -i -m beg /metrics }')
})

/** A directive of nginx, with what is in its braces. */
interface Directive {
  readonly words: readonly string[]
  readonly inner: readonly Directive[]
}

/** Throws on what nginx would not read either. */
function directivesIn(text: string): readonly Directive[] {
  const tokens = text.replace(/#.*$/gm, '').match(/[{};]|'[^']*'|[^\s{};']+/g) ?? []
  let at = 0
  const block = (isInner: boolean): readonly Directive[] => {
    const found: Directive[] = []
    let words: string[] = []
    for (; at < tokens.length; at++) {
      const token = tokens[at] ?? ''
      if (token === '}') {
        if (!isInner || words.length > 0) throw new Error(`unexpected } behind ${words.join(' ')}`)
        return found
      }
      if (token !== ';' && token !== '{') {
        words.push(token)
        continue
      }
      if (words.length === 0) throw new Error(`unexpected ${token}`)
      if (token === '{') at += 1
      found.push({ words, inner: token === '{' ? block(true) : [] })
      words = []
    }
    if (isInner || words.length > 0) throw new Error('unexpected end')
    return found
  }
  return block(false)
}

test('nginx is told the same: both groups have every relay, and what does not upgrade goes by whose it is', () => {
  const directives = directivesIn(file('nginx.conf'))
  const named = (...words: readonly string[]): Directive | undefined =>
    directives.find(one => words.every((word, index) => one.words[index] === word))
  const said = (one: Directive | undefined): string[] => (one?.inner ?? []).map(({ words }) => words.join(' '))
  for (const group of ['joinery_relays', 'joinery_requests']) {
    const servers = said(named('upstream', group)).filter(line => line.startsWith('server '))
    expect(servers.map(line => line.split(' ')[1])).toEqual(relays.map(([host]) => `${host}:4321`))
  }
  expect(said(named('upstream', 'joinery_requests'))).toContain('hash $binary_remote_addr consistent')
  expect(said(named('map', '$http_upgrade', '$joinery_relays'))).toEqual([
    'default joinery_relays',
    "'' joinery_requests",
  ])
  const [location, metrics] = named('server')?.inner.filter(({ words }) => words[0] === 'location') ?? []
  expect(said(location)).toEqual(expect.arrayContaining(['proxy_pass http://$joinery_relays', 'proxy_http_version 1.1', 'proxy_set_header Upgrade $http_upgrade', 'proxy_set_header Host $host'])) // prettier-ignore
  expect([metrics?.words, said(metrics)]).toEqual([['location', '=', '/metrics'], ['return 404']])
  for (const text of ['server {', 'server { listen 1 }', '}', ';'])
    expect(() => directivesIn(text)).toThrow('unexpected')
})

test('Caddy is told the same', () => {
  const lines = file('Caddyfile').split('\n').map(line => line.replace(/^\s*#.*/, '').trim()) // prettier-ignore
  let depth = 0
  for (const line of lines) {
    depth += line.endsWith('{') ? 1 : line === '}' ? -1 : 0
    expect(depth).toBeGreaterThanOrEqual(0)
  }
  expect(depth).toBe(0)
  const proxies = lines.filter(line => line.startsWith('reverse_proxy '))
  const to = relays.map(([host]) => `${host}:4321`).join(' ')
  expect(proxies).toEqual([`reverse_proxy @requests ${to} {`, `reverse_proxy ${to} {`])
  expect(lines.filter(line => line === 'health_uri /readyz')).toHaveLength(2)
  expect(lines.slice(lines.indexOf('@requests {')).slice(1, 3)).toEqual(['method POST', 'path /v1/sync'])
})

test('the pages on deploying name only what there is: settings, limits, metrics, alerts, events and files', () => {
  const root = join(FOLDER, '../..')
  const alerts = readFileSync(join(root, 'deploy/alerts.yaml'), 'utf8') + readFileSync(join(root, 'deploy/fleet-alerts.yaml'), 'utf8') // prettier-ignore
  const metrics = [COUNTERS, GAUGES, HISTOGRAMS].flatMap(table => Object.values<Row>(table).map(({ metric }) => metric))
  const variables = KEYS.flatMap(key => {
    const { variable, isSecret }: Setting = SETTINGS[key]
    return variable === undefined ? [] : [variable, ...(isSecret === true ? [`${variable}_FILE`] : [])]
  })
  const source = globSync('**/*.ts', { cwd: join(root, 'packages/relay/src') }).map(name => readFileSync(join(root, 'packages/relay/src', name), 'utf8')).join('\n') // prettier-ignore
  for (const page of ['DEPLOYING.md', 'DEPLOYING-A-FLEET.md']) {
    const text = readFileSync(join(root, page), 'utf8')
    const all = (pattern: RegExp): string[] => [...text.matchAll(pattern)].map(([, found = '']) => found)
    expect(
      all(/\b(JOINERY_[A-Z_]+)\b/g).filter(name => !variables.includes(name) && name !== 'JOINERY_LIMITS'),
    ).toEqual([])
    expect(all(/\b(joinery_[a-z_]+)\b/g).filter(name => !metrics.includes(name))).toEqual([])
    expect(all(/`(Joinery[A-Z][A-Za-z]+)`/g).filter(name => !alerts.includes(`alert: ${name}\n`))).toEqual([])
    const limits = all(/`([a-z]+[A-Z][A-Za-z]+|connections)`/g).filter(name => !isKey(`${LIMITS}${name}`))
    expect([page, limits]).toEqual([page, []])
    expect(
      all(/`((?:bus|store|cursor|commit)-[a-z]+|fatal|lacking)`/g).filter(event => !source.includes(`'${event}'`)),
    ).toEqual([])
    expect(all(/\]\(([^)#:]+)(?:#[^)]*)?\)/g).filter(path => !existsSync(join(root, path)))).toEqual([])
  }
})

test('[CR-25] what reads every row of a fleet each week is a command with those flags, and stands with what is left to do', async () => {
  const page = readFileSync(join(FOLDER, '../../DEPLOYING-A-FLEET.md'), 'utf8')
  const [, flags = ''] =
    /^\d+ \d+ \* \* \d {2}joinery {2}JOINERY_STORE_FILE=\S+ joinery verify (.*?) \|\| /m.exec(page) ?? []
  const named = [...flags.matchAll(/--[a-z]+/g)].map(([flag]) => flag)
  expect(named).toContain('--scratch')
  const { out } = await runJoinery(['verify', '--help'])
  expect(named.filter(flag => !out.includes(flag))).toEqual([])
  expect(page).toMatch(/^.*What is left is yours: .*\(#a-look-at-every-row\)/m)
})

test('[T4] the role that the script makes is one that a relay takes, and no other enters its database', async () => {
  const postgres = await startPostgres()
  onTestFinished(() => postgres.remove())
  const sql = /<<'SQL'\n([\s\S]*)^SQL$/m.exec(file('role.sh'))?.[1] ?? ''
  const statements = sql.replace(":'password'", `'sesame'`).replaceAll('relay', 'fleet').trim().split('\n')
  expect(statements).toHaveLength(3)
  for (const statement of statements) await postgres.run(statement)
  const url = new URL(await postgres.database())
  url.pathname = '/joinery'
  await expect(postgresStore({ url: url.href })).rejects.toMatchObject({ details: { reason: 'unreachable' } })
  Object.assign(url, { username: 'fleet', password: 'sesame' })
  const store = await postgresStore({ url: url.href })
  await store.admit('garden', 'ann', 'owner')
  expect(await store.roleOf('garden', 'ann')).toBe('owner')
  await store.close()
}, 60_000)
