import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { sqliteVersion } from '@joinery/adapters/store/sqlite'
import { VERSION } from '@joinery/core/protocol'
import { startPostgres } from '../../../test/postgres.ts'
import { dial, open, speak } from './dial.ts'
import { type as typing, update, writer } from './rig.ts'
import { runJoinery, spawnRelay } from './spawned.ts'

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'joinery-main-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

const SECRET = 'k3Vt9sQz7LmXw2Rb8NcY5dHf1GjP6aEu'

test('it says that it listens, keeps what it is told, stops with 0, and goes on where it was', async () => {
  const data = folder()
  const relay = await spawnRelay(data)
  expect(relay.line).toMatch(/^joinery listening on http:\/\/127\.0\.0\.1:\d+ \(development: /)
  const ann = await dial(relay.port, 'ann', 'phone')
  ann.push('me', update(1, 'd', writer(1).edit(typing('hello'))))
  expect(await ann.answer(1)).toBe(1)
  relay.signal('SIGTERM')
  expect((await ann.closed()).code).toBe(1012)
  expect(await relay.ended()).toBe(0)

  const again = await spawnRelay(data)
  const back = await dial(again.port, 'ann', 'laptop')
  back.say({ type: 'fetch', space: 'me', document: 'd', before: 0 })
  expect((await back.next('bodies')).entries).toMatchObject([{ seq: 1, device: 'phone' }])
})

test('[DU-08] a second relay on the same data does not start', async () => {
  const data = folder()
  await spawnRelay(data)
  const { code, err, out } = await runJoinery(['serve', '--dev', '--port', '0', '--data', data])
  expect([code, out]).toEqual([1, ''])
  expect(err).toContain('one relay at a time')
})

test('[DU-08] it logs what it is and what it stands on, and not where that is', async () => {
  const postgres = await startPostgres()
  onTestFinished(() => postgres.remove())
  const url = new URL(await postgres.database())
  const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8')) as {
    version: string
  }
  const told = { level: 'info', version, node: process.versions.node }
  const schema = expect.any(Number)
  const [one, other] = [
    await spawnRelay(folder()),
    await spawnRelay(folder(), { JOINERY_DEV: 'true', JOINERY_STORE: url.href }),
  ]
  const isStarted = (line: Readonly<Record<string, unknown>>): boolean => line['event'] === 'started'
  expect(await one.logged(isStarted)).toMatchObject({ ...told, database: `SQLite ${sqliteVersion()}`, schema })
  const line = await other.logged(isStarted)
  expect(line).toMatchObject({ ...told, database: expect.stringMatching(/^Postgres \d\d+\.\d+$/), schema })
  expect(Object.keys(line).toSorted()).toEqual(['database', 'event', 'level', 'node', 'schema', 'time', 'version'])
  expect(JSON.stringify(line)).not.toContain(url.pathname.slice(1))
}, 60_000)

test('[OP-04] without a key, with a weak one, or in development beyond this machine, it does not start', async () => {
  const serve = (...more: string[]): string[] => ['serve', '--port', '0', '--data', folder(), ...more]
  const refusals = await Promise.all([
    runJoinery(serve()),
    runJoinery(serve(), { JOINERY_SECRET: 'short' }),
    runJoinery(serve(), { JOINERY_SECRET: 'changeme-changeme-changeme-changeme' }),
    runJoinery(serve('--dev', '--host', '0.0.0.0')),
  ])
  for (const { code, err, out } of refusals) {
    expect([code, out]).toEqual([1, ''])
    expect(err).not.toContain('changeme')
  }
})

test('a token minted with the relay’s key is taken, and one of development is not', async () => {
  const { code, out } = await runJoinery(['token', 'ann'], { JOINERY_SECRET: SECRET })
  expect(code).toBe(0)
  const relay = await spawnRelay(folder(), { JOINERY_SECRET: SECRET })
  const hello = async (token: string): Promise<string> => {
    const device = speak(await open(relay.port))
    device.say({ type: 'hello', version: VERSION, device: 'phone', token })
    return Promise.race([
      device.next('welcome').then(({ subject }) => subject),
      device.next('bye').then(bye => bye.code),
    ])
  }
  expect(relay.line).not.toContain('development')
  expect(await hello(out.trim())).toBe('ann')
  expect(await hello('dev:ann')).toBe('UNAUTHENTICATED')
  expect(relay.log()).not.toContain(out.trim())
  expect(relay.log()).not.toContain('dev:ann')
})
