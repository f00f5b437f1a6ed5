import { generateKeyPairSync } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { configurationOf, type Configuration } from '../../src/configuration/configuration.ts'
import { LIMIT_RULES } from '../../src/configuration/limit-rules.ts'
import { LIMIT_WORDS } from '../../src/configuration/limit-words.ts'
import { serveMistakes } from '../../src/configuration/rules.ts'
import { limitsIn } from '../../src/configuration/settings.ts'
import { RELAY_LIMITS } from '../../src/limits.ts'
import { runJoinery, spawnRelay } from '../spawned.ts'

const SECRET = 'k3Vt9sQz7LmXw2Rb8NcY5dHf1GjP6aEu'

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'joinery-configuration-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

function fileOf(content: unknown, name = 'joinery.json'): string {
  const file = join(folder(), name)
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
  return file
}

function configured(given: {
  readonly file?: unknown
  readonly environment?: Record<string, string>
  readonly flags?: Record<string, unknown>
}): Configuration {
  const { file, environment = {}, flags = {} } = given
  return configurationOf({ environment, flags, file: file === undefined ? undefined : fileOf(file) })
}

const keysOf = ({ mistakes }: Configuration): string[] => mistakes.map(({ key }) => key)

test('flags win over the environment, and that over the file; each says where it is from', () => {
  const { values, origins, mistakes } = configured({
    file: { port: 1001, host: '::1', metrics: { port: 1002 }, limits: { connections: 10, reads: 3 } },
    environment: { JOINERY_PORT: '2001', JOINERY_METRICS_PORT: '2002', JOINERY_LIMITS: 'connections=20, pollMs=7' },
    flags: { port: '3001', limit: 'connections=30' },
  })
  expect(mistakes).toEqual([])
  expect([values.port, values['metrics.port'], values.host]).toEqual([3001, 2002, '::1'])
  expect(limitsIn(values)).toEqual({ ...RELAY_LIMITS, connections: 30, pollMs: 7, reads: 3 })
  expect([origins.get('port'), origins.get('metrics.port'), origins.get('limits.connections')]).toEqual([
    '--port',
    'the environment, JOINERY_METRICS_PORT',
    '--limit',
  ])
  expect(origins.get('host')).toMatch(/joinery\.json$/)
  expect(origins.get('tokens.issuer')).toBe(undefined)
})

test('without anything said, limits are what they are by themselves, and that is no mistake', () => {
  const { values, mistakes } = configured({})
  expect(mistakes).toEqual([])
  expect(limitsIn(values)).toEqual(RELAY_LIMITS)
  expect([...Object.keys(LIMIT_WORDS), 'historyMs'].toSorted()).toEqual(Object.keys(RELAY_LIMITS).toSorted())
})

test('every mistake is found at once, with where it is from, what was found and what is allowed', () => {
  const configuration = configured({
    file: { prot: 1, port: '80', metrics: { prot: 1 }, limits: { connections: 1.5 }, dev: 'yes', origins: 'x' },
    environment: { JOINERY_PORT: 'tcp://10.0.0.1:4321', JOINERY_LOGS: 'x', JOINERY_LIMITS: 'reads,many=1' },
    flags: { 'port': '70000', 'trust-proxy': '10.0.0.0/99', 'host': '', 'limit': 'roleMs=9000' },
  })
  expect(keysOf(configuration).toSorted()).toEqual([
    'JOINERY_LOGS',
    'dev',
    'host',
    'limits.connections',
    'limits.many',
    'limits.reads',
    'limits.roleMs',
    'metrics.prot',
    'origins',
    'port',
    'port',
    'port',
    'prot',
    'trustProxy',
  ])
  expect(configuration.mistakes).toContainEqual({
    key: 'port',
    from: '--port',
    found: '70000',
    allowed: 'a whole number from 0 to 65535',
  })
  expect(configuration.mistakes.find(({ key }) => key === 'metrics.prot')?.allowed).toBe('one of port, host, token')
  expect(configuration.values.port).toBe(4321)
})

test('settings that do not go together are mistakes', () => {
  const { publicKey } = generateKeyPairSync('ed25519')
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const both = configured({
    environment: { JOINERY_SECRET: SECRET, JOINERY_PUBLIC_KEY: pem, JOINERY_METRICS_PORT: '4321' },
    flags: { limit: 'frameBytes=200000,messageBytes=199999', app: '/nowhere/at/all' },
  })
  expect(keysOf(both)).toEqual(['app', 'tokens.publicKey', 'metrics.port', 'limits.messageBytes'])
  const wanted = (flags: Record<string, unknown>, environment: Record<string, string> = {}): string[] =>
    serveMistakes(configured({ flags, environment })).map(({ key }) => key)
  expect(wanted({})).toEqual(['data', 'tokens.secret'])
  expect(wanted({ data: 'd', dev: true })).toEqual([])
  expect(wanted({ data: 'd', dev: true, host: '0.0.0.0' })).toEqual(['host'])
  // Named by whoever starts it, beside a store, it is a mistake; a container image says it to everybody.
  const store = { JOINERY_STORE: 'postgres://relay@db/joinery' }
  expect(wanted({ data: 'd', dev: true }, store)).toEqual(['data'])
  expect(wanted({ data: 'd', dev: true }, { ...store, JOINERY_DATA: 'e' })).toEqual(['data'])
  expect(wanted({ dev: true }, { ...store, JOINERY_DATA: 'd' })).toEqual([])
  expect(wanted({ 'data': 'd', 'metrics-host': '::' }, { JOINERY_SECRET: SECRET })).toEqual(['metrics.host'])
})

test('[T3] a limit that would break a promise is a mistake, by itself or beside another, and at the ends of its range it is none', () => {
  const limited = (limit: string): string[] => keysOf(configured({ flags: { limit } }))
  const large = 'historySweepMs=999999999999999,stuckMs=1,pageBytes=9007199254740991,messageBytes=9007199254740991'
  expect(limited(large)).toEqual(large.split(',').map(one => `limits.${one.split('=', 1).join()}`))
  for (const [name, { from = 1, to }] of Object.entries(LIMIT_WORDS)) {
    const own = (value: number): string[] =>
      configured({ flags: { limit: `${name}=${value}` } })
        .mistakes.filter(({ allowed }) => allowed.startsWith('a whole number'))
        .map(({ key }) => key)
    for (const value of [from - 1, to + 1]) expect(own(value)).toEqual([`limits.${name}`])
    for (const value of [from, to]) expect(own(value)).toEqual([])
    expect(to).toBeLessThan(2 ** 31)
  }
  const broken = [
    ['messageBytes=100000', 'messageBytes'],
    ['documentBytes=536870912,historyBytes=536870912,frameBytes=500000', 'frameBytes'],
    ['bytesPerSecond=1000000', 'bytesPerSecond'],
    ['burstBytes=1048575', 'burstBytes'],
    ['unackedBytes=1048575', 'unackedBytes'],
    ['documentBytes=1048575', 'foldBytes'],
    ['documentBytes=67108865', 'historyBytes'],
    ['documentAuthors=100001', 'cachedAuthors'],
  ] as const
  for (const [limit, rule] of broken) expect([limit, ...limited(limit)]).toEqual([limit, `limits.${rule}`])
  expect(new Set(LIMIT_RULES.map(({ of }) => of))).toEqual(new Set(broken.map(([, rule]) => rule)))
})

test('[OP-04] a weak secret is a mistake wherever it is from, and in the place of a key stands nothing else', () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const rsa = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  expect(keysOf(configured({ file: { tokens: { secret: 'short', privateKey: rsa } } }))).toEqual([
    'tokens.secret',
    'tokens.privateKey',
  ])
  expect(keysOf(configured({ environment: { JOINERY_PUBLIC_KEY: '/nowhere/key.pem' } }))).toEqual(['tokens.publicKey'])
  // A private key is no public one, though one follows from it.
  const own = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  expect(keysOf(configured({ environment: { JOINERY_PUBLIC_KEY: own } }))).toEqual(['tokens.publicKey'])
  // Empty is as if it were not there, and without a key a relay does not start.
  const empty = configured({ environment: { JOINERY_SECRET: '' }, flags: { data: 'd' } })
  expect(serveMistakes(empty).map(({ key }) => key)).toEqual(['tokens.secret'])
})

test('a secret may be in a file of its own, and what cannot be read is a mistake', () => {
  const { values, mistakes, origins } = configured({
    environment: { JOINERY_SECRET_FILE: fileOf(`${SECRET}\n`, 'secret') },
  })
  expect([values['tokens.secret'], mistakes]).toEqual([SECRET, []])
  expect(origins.get('tokens.secret')).toBe('the environment, JOINERY_SECRET_FILE')
  expect(keysOf(configured({ environment: { JOINERY_SECRET_FILE: '/nowhere' } }))).toEqual(['tokens.secret'])
  // Only secrets are.
  expect(keysOf(configured({ environment: { JOINERY_HOST_FILE: '/nowhere' } }))).toEqual(['JOINERY_HOST_FILE'])
})

test('a path in a file starts from the folder of that file', () => {
  const home = folder()
  mkdirSync(join(home, 'app'))
  const { publicKey } = generateKeyPairSync('ed25519')
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
  writeFileSync(join(home, 'key.pem'), pem)
  writeFileSync(join(home, 'j.json'), JSON.stringify({ data: 'data', app: './app', tokens: { publicKey: 'key.pem' } }))
  const { values, mistakes } = configurationOf({
    environment: { JOINERY_CONFIG: join(home, 'j.json') },
    flags: {},
    file: undefined,
  })
  expect(mistakes).toEqual([])
  expect([values.data, values.app]).toEqual([join(home, 'data'), join(home, 'app')])
  expect(values['tokens.publicKey']).toBe(pem.trim())
})

test('[OP-01] a file that is no JSON, or not there, is a mistake that quotes nothing of it', () => {
  for (const content of ['{"tokens": {"secret": canary}}', 'canary', '[]', '"canary"', '']) {
    const { mistakes } = configured({ file: content })
    expect(mistakes.length).toBe(1)
    expect(JSON.stringify(mistakes)).not.toContain('canary')
  }
  const gone = configurationOf({ environment: {}, flags: {}, file: '/nowhere/joinery.json' })
  expect(gone.mistakes).toMatchObject([{ key: 'the file', found: 'ENOENT' }])
})

test('`joinery config` says what is in force and where that was said, and no secret', async () => {
  const file = fileOf({ data: 'data', metrics: { port: 9464, token: `${SECRET}x` } })
  const environment = { JOINERY_SECRET: SECRET, JOINERY_CONFIG: file }
  const [table, json] = await Promise.all([
    runJoinery(['config', '--port', '5000', '--limit', 'reads=2'], environment),
    runJoinery(['config', '--json'], environment),
  ])
  expect([table.code, table.err, json.code]).toEqual([0, '', 0])
  expect(table.out).toMatch(/^port +5000 +--port$/m)
  expect(table.out).toMatch(/^limits\.reads +2 +--limit$/m)
  expect(table.out).toMatch(/^host +127\.0\.0\.1 +default$/m)
  expect(table.out).toMatch(/^tokens\.secret +\(set\) +the environment, JOINERY_SECRET$/m)
  expect(JSON.parse(json.out).settings).toContainEqual({ key: 'metrics.port', value: 9464, from: file })
  expect(table.out + json.out).not.toContain(SECRET)
})

test('[OP-04] a relay that is configured wrongly says everything that is wrong, and does not start', async () => {
  const canary = 'short-canary'
  const environment = { JOINERY_SECRET: canary, JOINERY_SECRT: canary, JOINERY_METRICS_TOKEN: canary }
  const serve = ['serve', '--port', 'many', '--data', folder(), '--prot', '1', '--limit=reads=0']
  const { code, out, err } = await runJoinery(serve, environment)
  expect([code, out]).toEqual([1, ''])
  expect(err).toMatch(/^joinery: There are \d mistakes in the configuration\.\n/)
  for (const key of ['--prot', 'JOINERY_SECRT', 'port', 'limits.reads', 'tokens.secret', 'metrics.token'])
    expect(err).toMatch(new RegExp(`^  ${key.replace('.', '\\.')} `, 'm'))
  expect(err).not.toContain(canary)
  const shown = await runJoinery(['config', ...serve.slice(1)], environment)
  expect(shown.code).toBe(1)
  expect(shown.out + shown.err).not.toContain(canary)
  const other = await runJoinery(['serve', '--dev', '--data', folder(), 'now'])
  expect([other.code, other.err]).toEqual([1, expect.stringContaining('\n  now ')])
})

test('a relay takes its settings from a file, and mints and checks tokens with the key in it', async () => {
  const file = fileOf({ data: 'data', port: 0, tokens: { secret: SECRET, issuer: 'us' }, limits: { connections: 7 } })
  const relay = await spawnRelay(folder(), { JOINERY_CONFIG: file })
  expect((await fetch(`http://127.0.0.1:${relay.port}/healthz`)).status).toBe(200)
  const { code, out } = await runJoinery(['token', 'ann', '--config', file])
  expect(code).toBe(0)
  const claims = JSON.parse(Buffer.from(out.split('.')[1] ?? '', 'base64url').toString()) as { iss: string }
  expect(claims.iss).toBe('us')
})
