import Database from 'better-sqlite3'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { memoryBus } from '@joinery/adapters/bus/memory'
import { postgresStore } from '@joinery/adapters/store/postgres'
import { inspectSqlite, sqliteStore, sqliteVersion } from '@joinery/adapters/store/sqlite'
import { systemClock } from '@joinery/adapters/clock/system'
import { configurationOf } from '../../src/configuration/configuration.ts'
import { checkTls } from '../../src/doctor/checks/reach.ts'
import { CODES, type FindingCode } from '../../src/doctor/codes.ts'
import { examine, type DoctorOptions, type Examination } from '../../src/doctor/doctor.ts'
import { runContained } from '../contained.ts'
import { dial } from '../dial.ts'
import { freePort } from '../../../../test/free-port.ts'
import { startPostgres } from '../../../../test/postgres.ts'
import { startRedis } from '../../../../test/redis.ts'
import { rig, type as typing, update, writer } from '../rig.ts'
import { runJoinery, spawnRelay, type Spawned } from '../spawned.ts'

const SECRET = 'k3Vt9sQz7LmXw2Rb8NcY5dHf1GjP6aEu'

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'joinery-doctor-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

/** A folder that a relay wrote, with three entries in a document, and is gone from. */
async function written(): Promise<string> {
  const data = folder()
  const one = rig({ store: sqliteStore({ file: join(data, 'joinery.db') }) })
  const ann = await one.device('ann', 'phone')
  ann.say({ type: 'watch', space: 'garden', cursor: undefined })
  const writing = writer(1)
  ann.say({
    type: 'push',
    space: 'garden',
    entries: [1, 2, 3].map(n => update(n, 'd', writing.edit(typing('x')))),
  })
  await one.rest()
  expect((await one.store.head('garden'))?.seq).toBe(3)
  one.relay.close()
  await one.store.close()
  return data
}

async function write(relay: Spawned, document: string): Promise<void> {
  const ann = await dial(relay.port, 'ann', `phone-${document}`)
  const writing = writer(1)
  for (const n of [1, 2, 3]) ann.push('garden', update(n, document, writing.edit(typing('x'))))
  for (const n of [1, 2, 3]) expect(await ann.answer(n)).toBeGreaterThan(0)
  ann.socket.close()
  await ann.closed()
}

/** Changes what a relay wrote, as nobody should. */
function spoil(data: string, sql: string): void {
  const database = new Database(join(data, 'joinery.db'))
  database.exec(sql)
  database.close()
}

interface Seen extends Examination {
  readonly codes: readonly string[]
  sentence(code: FindingCode): string | undefined
}

async function doctor({
  data,
  isDevelopment = true,
  origins,
  ...more
}: Partial<DoctorOptions> & { data?: string; isDevelopment?: boolean; origins?: string }): Promise<Seen> {
  const flags = { data, dev: isDevelopment, origin: origins }
  const examination = await examine({
    url: undefined,
    isDeep: false,
    configuration: configurationOf({ environment: {}, flags, file: undefined }),
    clock: systemClock(),
    node: process.versions.node,
    sqlite: sqliteVersion(),
    inspect: inspectSqlite,
    scratch: tmpdir(),
    openBus: async () => memoryBus(),
    openPostgres: ({ url }) => postgresStore({ url, isCommand: true }),
    ...more,
  })
  return {
    ...examination,
    codes: examination.findings.map(one => one.code),
    sentence: wanted => examination.findings.find(one => one.code === wanted)?.sentence,
  }
}

/** By the command, in a process of its own. */
async function command(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Seen & { code: number | null }> {
  const { code, out, err } = await runJoinery(['doctor', '--json', ...args], env)
  expect(err).toBe('')
  const examination = JSON.parse(out) as Examination
  return {
    ...examination,
    code,
    codes: examination.findings.map(one => one.code),
    sentence: wanted => examination.findings.find(one => one.code === wanted)?.sentence,
  }
}

/** Everything that could be another afterwards. */
function stateOf(data: string): Record<string, unknown> {
  const files = readdirSync(data).toSorted()
  const one = (name: string): unknown => {
    const found = statSync(join(data, name), { bigint: true })
    const { mtimeNs, size, mode } = found
    if (found.isSocket()) return [String(mtimeNs), String(mode)]
    const digest = createHash('sha256')
      .update(readFileSync(join(data, name)))
      .digest('hex')
    return [String(mtimeNs), String(size), String(mode), digest]
  }
  return {
    folder: String(statSync(data, { bigint: true }).mtimeNs),
    ...Object.fromEntries(files.map(name => [name, one(name)])),
  }
}

test('a sound folder is found sound, and is as it was before', async () => {
  const data = await written()
  const before = stateOf(data)
  const { code, ok, codes, sentence, findings } = await command(['--data', data, '--deep'], { JOINERY_SECRET: SECRET })
  expect(stateOf(data)).toEqual(before)
  expect(findings.filter(({ level }) => level === 'error')).toEqual([])
  expect([code, ok]).toEqual([0, true])
  expect(codes).toEqual(
    expect.arrayContaining([
      'NODE_OK',
      'SQLITE_OK',
      'CLOCK_OK',
      'FOLDER_OK',
      'PERMISSIONS_OK',
      'DISK_LOCAL',
      'RELAY_NOT_RUNNING',
      'DATABASE_OK',
      'DURABLE_OK',
      'PAGES_OK',
      'ROWS_OK',
      'MARKS_OK',
      'HEADS_OK',
      'QUARANTINED_NONE',
      'LARGEST',
      'BACKLOG_NONE',
      'KEY_OK',
    ]),
  )
  expect(sentence('ROWS_OK')).toBe('The checksums of 3 of 3 rows fit.')
  expect(sentence('MARKS_OK')).toContain('3 places')
  expect(sentence('LARGEST')).toContain('garden/d')
})

test('a relay that runs is looked at while it runs, goes on, and its folder is as it was', async () => {
  const data = folder()
  const relay = await spawnRelay(data)
  await write(relay, 'd')
  const before = stateOf(data)
  const alone = await command(['--data', data, '--dev'])
  expect([alone.ok, stateOf(data)]).toEqual([true, before])
  // Asked whether it is ready, the relay itself tries a commit, in which there is nothing.
  const seen = await command(['--data', data, '--dev', '--url', `http://127.0.0.1:${relay.port}`])
  expect(Object.keys(stateOf(data))).toEqual(Object.keys(before))
  expect(seen.findings.filter(({ level }) => level === 'error')).toEqual([])
  expect(seen.sentence('RELAY_RUNNING')).toContain(String(relay.process.pid))
  // What is in the WAL alone is seen too.
  expect(seen.sentence('DATABASE_OK')).toContain('3 entries')
  expect(seen.codes).toEqual(
    expect.arrayContaining([
      'KEY_DEVELOPMENT',
      'HEALTH_OK',
      'READY_OK',
      'TLS_OK',
      'WEBSOCKET_OK',
      'DOOR_OK',
      'SYNC_OK',
      'METRICS_HIDDEN',
      'TIME_OK',
    ]),
  )
  await write(relay, 'e')
  const after = await runJoinery(['doctor', '--data', data, '--dev'])
  expect(after.out).toContain('6 entries')
  expect(after.out).toContain('Nothing is wrong.')
  expect(after.code).toBe(0)
})

test.for([
  [
    '[CR-25] a row with a flipped bit',
    `UPDATE entry SET bytes = zeroblob(length(bytes)) WHERE seq = 2`,
    'ROWS_DAMAGED',
    'garden 2 (d)',
  ],
  ['[R4] a log that was rewritten', `UPDATE log SET mark = zeroblob(16) WHERE seq = 2`, 'MARKS_WRONG', 'garden 2'],
  ['a document without its last entry', `DELETE FROM entry WHERE seq = 3`, 'HEADS_MISSING', 'garden/d'],
  ['[D6] a document said to be gone', `UPDATE document SET gone = 1`, 'ENTRIES_DISAGREE', 'garden/d'],
  ['[BK-08] a newer schema', 'PRAGMA user_version = 99', 'DATABASE_NEWER', 'newer version (99)'],
  ['[DU-07] another journal', 'PRAGMA journal_mode = DELETE', 'DURABLE_NOT', 'delete'],
  ['a database of another program', 'PRAGMA application_id = 7', 'DATABASE_FOREIGN', 'another program'],
  [
    'an edit from the future',
    `UPDATE entry SET at = at + 3000000000000 WHERE seq = 3`,
    'CLOCK_BEHIND',
    'the newest edit',
  ],
] as const)('%s is found', async ([, sql, wanted, words]) => {
  const data = await written()
  spoil(data, sql)
  const { ok, sentence, findings } = await doctor({ data })
  expect(ok).toBe(false)
  expect(sentence(wanted)).toContain(words)
  expect(findings.find(one => one.code === wanted)?.todo).toBeDefined()
})

test('quarantined documents are listed, and a backlog is counted', async () => {
  const data = await written()
  spoil(data, `UPDATE document SET quarantined = 'QUARANTINED'`)
  expect((await doctor({ data })).sentence('QUARANTINED_SOME')).toContain('garden/d (QUARANTINED)')
  spoil(data, `UPDATE document SET quarantined = NULL, entries = 700`)
  expect((await doctor({ data })).sentence('BACKLOG_SOME')).toContain('700 entries')
})

test('a broken page is found, also where SQLite cannot go on at all', async () => {
  const data = await written()
  const file = join(data, 'joinery.db')
  const handle = openSync(file, 'r+')
  const pages = statSync(file).size / 4_096
  for (let page = 2; page < pages; page += 3) writeSync(handle, Buffer.alloc(2_000, 0xa5), 0, 2_000, page * 4_096)
  const { ok, codes } = await doctor({ data })
  expect(ok).toBe(false)
  expect(codes.some(one => one === 'PAGES_BROKEN' || one === 'DATABASE_MALFORMED')).toBe(true)
  writeFileSync(file, 'these are a few words and no database'.repeat(200))
  expect((await doctor({ data })).codes).toContain('DATABASE_FOREIGN')
})

test('a folder that others may read is found, and one that is not there', async () => {
  const data = await written()
  chmodSync(data, 0o755)
  expect((await doctor({ data })).sentence('PERMISSIONS_OPEN')).toContain('755')
  chmodSync(data, 0o700)
  expect((await doctor({ data })).codes).toContain('PERMISSIONS_OK')
  const nowhere = await command(['--data', join(data, 'nowhere'), '--dev'])
  expect([nowhere.code, nowhere.codes.filter(one => CODES[one as FindingCode].level === 'error')]).toEqual([
    1,
    ['FOLDER_MISSING'],
  ])
  const empty = await doctor({ data: folder() })
  expect([empty.ok, empty.codes.includes('DATABASE_MISSING')]).toEqual([true, true])
})

test('[OP-04] [OP-01] a key that is missing or weak is found, and not told', async () => {
  const data = folder()
  expect((await doctor({ data, isDevelopment: false })).codes).toContain('KEY_MISSING')
  const weak = await command(['--data', data], { JOINERY_SECRET: 'weak-canary', JOINERY_METRICS_TOKEN: 'weak-canary' })
  expect(weak.codes).toEqual(expect.arrayContaining(['KEY_WEAK', 'METRICS_TOKEN_WEAK']))
  expect(JSON.stringify(weak.findings)).not.toContain('canary')
  const origins = await doctor({
    data,
    origins: 'https://a.example/,*,https://c.example',
  })
  expect(origins.findings.filter(({ check }) => check === 'origins').map(({ code }) => code)).toEqual(['ORIGIN_WRONG'])
  const insecure = await doctor({ data, origins: 'http://b.example,http://[::1]:8080,https://c.example' })
  expect(insecure.codes).toContain('ORIGIN_INSECURE')
  const nonsense = await command(['--data', data, '--dev'], { JOINERY_PORT: 'many' })
  expect([nonsense.ok, nonsense.sentence('CONFIGURATION_WRONG')]).toEqual([false, expect.stringContaining('many')])
})

test('a proxy that passes no upgrades, and one that shows metrics, are found', async () => {
  const relay = await spawnRelay(folder(), undefined, ['--metrics-port', '0'])
  const metricsPort = Number((await relay.logged(({ event }) => event === 'metrics'))['port'])
  const proxy = createServer((asked, answer) => {
    const { connection: _connection, upgrade: _upgrade, ...headers } = asked.headers
    const port = asked.url === '/metrics' ? metricsPort : relay.port
    const passed = request({ host: '127.0.0.1', port, path: asked.url, method: asked.method, headers }, got => {
      answer.writeHead(got.statusCode ?? 502, got.headers)
      got.pipe(answer)
    })
    asked.pipe(passed)
  })
  await new Promise<void>(resolve => proxy.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => proxy.closeAllConnections())
  onTestFinished(() => void proxy.close())
  const { port } = proxy.address() as AddressInfo
  const { code, codes } = await command(['--url', `ws://127.0.0.1:${port}`])
  expect(code).toBe(1)
  expect(codes).toEqual(
    expect.arrayContaining(['HEALTH_OK', 'WEBSOCKET_BLOCKED', 'DOOR_BLOCKED', 'SYNC_OK', 'METRICS_OPEN']),
  )
  // From outside there is no key to look at.
  expect(codes).not.toContain('KEY_MISSING')
})

test('[WS-19] a relay beyond this machine without TLS is found', async () => {
  const told = async (url: string): Promise<unknown> => (await checkTls({ url: new URL(url) } as never))[0]?.code
  expect(await told('http://relay.example')).toBe('TLS_MISSING')
  expect(await told('https://relay.example')).toBe('TLS_OK')
  expect(await told('http://localhost:4321')).toBe('TLS_OK')
  expect(await told('http://[::1]:4321')).toBe('TLS_OK')
})

test('[OP-02] a name moves no cursor of who reads what the doctor says', async () => {
  const data = await written()
  spoil(data, `UPDATE document SET name = 'd' || char(27) || '[2J' || char(10) || 'ok'`)
  const { out } = await runJoinery(['doctor', '--data', data, '--dev'])
  expect(out).not.toContain('\u001b')
  expect(out).toContain('garden/d\\u001b[2J\\u000aok')
})

test('every code is found by some check, and says what to do when something is wrong', () => {
  const checks = join(import.meta.dirname, '../../src/doctor')
  const sources = ['doctor.ts', ...readdirSync(join(checks, 'checks')).map(name => `checks/${name}`)]
  const text = sources.map(name => readFileSync(join(checks, name), 'utf8')).join('\n')
  for (const [code, row] of Object.entries<{ level: string; todo?: string }>(CODES)) {
    expect([code, text.includes(`'${code}'`)]).toEqual([code, true])
    if (row.level === 'error' || row.level === 'warning') expect([code, row.todo]).toEqual([code, expect.any(String)])
  }
})

test('a bus that is away is found, one that is there too, and what cannot be one', async () => {
  const redis = await startRedis()
  onTestFinished(() => redis.remove())
  const address = redis.url.replace('//', '//:bus-canary@')
  const there = await command([], { JOINERY_BUS: redis.url })
  expect(there.codes).toContain('BUS_OK')
  await redis.kill()
  const away = await command([], { JOINERY_BUS: address })
  expect([away.ok, away.sentence('BUS_AWAY')]).toEqual([true, expect.stringContaining('ECONNREFUSED')])
  const wrong = await command([], { JOINERY_BUS: `${address}/x` })
  expect([wrong.code, wrong.codes.includes('BUS_WRONG')]).toEqual([1, true])
  expect(JSON.stringify([away, wrong])).not.toContain('bus-canary')
})

test(
  'a Postgres is looked at as a relay would, by the command, and nothing in it is made or changed',
  { timeout: 60_000 },
  async () => {
    const postgres = await startPostgres()
    onTestFinished(() => postgres.remove())
    const url = await postgres.database()
    const settings = { JOINERY_STORE: url, JOINERY_BUS: 'memory', JOINERY_SECRET: SECRET }
    const seen = (): ReturnType<typeof command> => command([], settings)
    const told = async (): Promise<unknown[]> => {
      const { code, findings } = await seen()
      return [code, findings.find(({ check }) => check === 'postgres')?.code]
    }
    expect(await told()).toEqual([0, 'POSTGRES_EMPTY'])
    expect(await told()).toEqual([0, 'POSTGRES_EMPTY'])
    await (await postgresStore({ url, lanes: 1, readers: 1 })).close()
    expect((await seen()).sentence('POSTGRES_OK')).toMatch(
      /^Postgres \d+\.\d+, schema version \d+, the newest: a commit waits/,
    )
    await postgres.run('ALTER ROLE relay BYPASSRLS')
    const bypassing = await seen()
    expect([bypassing.code, bypassing.sentence('POSTGRES_WRONG')]).toEqual([1, expect.stringContaining('BYPASSRLS')])
    await postgres.run('ALTER ROLE relay NOBYPASSRLS')
    const newest = 'SELECT max(version) FROM joinery.migration'
    await postgres.run(`DELETE FROM joinery.migration WHERE version = (${newest})`, url)
    expect(await told()).toEqual([0, 'POSTGRES_OLDER'])
    await postgres.run('INSERT INTO joinery.migration (version, least) VALUES (999, 999)', url)
    expect(await told()).toEqual([1, 'POSTGRES_WRONG'])
  },
)

/** With what the environment and flags say. */
async function configured(
  environment: Readonly<Record<string, string>>,
  flags: Readonly<Record<string, unknown>> = {},
) {
  const seen = await doctor({ configuration: configurationOf({ environment, flags, file: undefined }) })
  const wrong = seen.findings.filter(({ level }) => level === 'error').map(({ code }) => code)
  return { ...seen, wrong }
}

test('[OP-04] [OP-06] settings with which no relay starts are found, also those that are wrong only together', async () => {
  const inFolder = { JOINERY_DATA: folder(), JOINERY_SECRET: SECRET }
  expect((await configured(inFolder)).wrong).toEqual([])
  const open = await configured({ ...inFolder, JOINERY_METRICS_HOST: '0.0.0.0' })
  expect([open.wrong, open.sentence('CONFIGURATION_WRONG')]).toEqual([
    ['CONFIGURATION_WRONG'],
    expect.stringContaining('metrics.host'),
  ])
  const dev = await configured({ JOINERY_DATA: inFolder.JOINERY_DATA, JOINERY_HOST: '0.0.0.0' }, { dev: true })
  expect([dev.wrong, dev.sentence('CONFIGURATION_WRONG')]).toEqual([
    ['CONFIGURATION_WRONG'],
    expect.stringContaining('with --dev'),
  ])
  const alone = await configured({ ...inFolder, JOINERY_BUS: 'postgres' })
  expect(alone.sentence('CONFIGURATION_WRONG')).toContain('JOINERY_STORE')
  // Who looks from outside starts none.
  const outside = await configured({ JOINERY_METRICS_HOST: '0.0.0.0' })
  expect([outside.wrong, outside.sentence('CONFIGURATION_OK')]).toEqual([[], 'Each of these settings would do.'])
})

test('[OP-04] where a Postgres holds everything the key is asked for too, and a folder is passed over, or refused', async () => {
  const away = `postgres://relay:secret@127.0.0.1:${await freePort()}/joinery`
  const store = { JOINERY_STORE: away, JOINERY_BUS: 'memory' }
  expect((await configured(store)).codes).toContain('KEY_MISSING')
  // A container image names a folder to everybody.
  const passed = await configured({ ...store, JOINERY_SECRET: SECRET, JOINERY_DATA: await written() })
  expect(passed.codes.filter(code => /^(FOLDER|DATABASE|RELAY)_/.test(code))).toEqual([])
  expect(passed.codes).toEqual(expect.arrayContaining(['KEY_OK', 'CONFIGURATION_OK', 'POSTGRES_AWAY']))
  const both = await configured({ ...store, JOINERY_SECRET: SECRET }, { data: folder() })
  expect(both.sentence('CONFIGURATION_WRONG')).toContain('not both')
  expect(both.codes.filter(code => code.startsWith('FOLDER'))).toEqual([])
})

test('[OP-10] a folder that is mounted read-only for who looks is worth a note, and looked at', async () => {
  const data = await written()
  const readOnly = ['mount --bind "$DATA" "$DATA"', 'mount -o remount,bind,ro "$DATA"']
  const { code, out, err } = await runContained(data, ['doctor', '--data', data, '--deep', '--dev'], readOnly)
  expect([code, err]).toEqual([0, ''])
  for (const found of ['FOLDER_READ_ONLY', 'ROWS_OK', 'MARKS_OK']) expect(out).toContain(`[${found}]`)
  expect(out).not.toContain('[FOLDER_OK]')
})

test('[OP-01] a Postgres that is away is an error, and nobody is told where it should be', async () => {
  const away = `postgres://relay:store-canary@127.0.0.1:${await freePort()}/joinery-canary`
  const seen = await command([], { JOINERY_STORE: away, JOINERY_BUS: 'memory' })
  expect([seen.code, seen.sentence('POSTGRES_AWAY')]).toEqual([1, expect.stringContaining('ECONNREFUSED')])
  expect(JSON.stringify(seen)).not.toMatch(/canary|127\.0\.0\.1/)
  expect((await doctor({})).codes.filter(code => code.startsWith('POSTGRES'))).toEqual([])
})
