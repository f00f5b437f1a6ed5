// A database that answers nobody, and many who ask: the relay as the command runs it, on a real Postgres.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { startPostgres, type TestPostgres } from '../../../../test/postgres.ts'
import { dial } from '../dial.ts'
import { type as typing, update, writer } from '../rig.ts'
import { spawnRelay } from '../spawned.ts'

let postgres: TestPostgres
beforeAll(async () => {
  postgres = await startPostgres()
}, 60_000)
afterAll(() => postgres.remove(), 60_000)

const WAITERS = 200
const CONNECTIONS = 8

test('[MN-11] of two hundred who wait for eight connections each is told 503 while those are taken, and who asks for nothing there waits for nobody', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'joinery-pool-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const url = await postgres.database()
  const { port } = await spawnRelay(folder, { JOINERY_STORE: url, JOINERY_DEV: 'true' })
  const ann = await dial(port, 'ann', 'phone')
  ann.push('garden', update(1, 'd', writer(1).edit(typing('x'))))
  expect(await ann.answer(1)).toBeGreaterThan(0)
  const ask = (person: string, space: string): Promise<Response> =>
    fetch(`http://127.0.0.1:${port}/v1/spaces/${space}/documents/d/history`, {
      headers: { Authorization: `Bearer dev:${person}` },
    })
  expect((await ask('ann', 'garden')).status).toBe(200)

  const locked = postgres
    .run('BEGIN; LOCK TABLE joinery.member IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(60)', url)
    .catch(() => 'ended')
  const lockers = `SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()`
  await expect.poll(() => postgres.run(lockers, url)).toHaveLength(1)
  const answered: number[] = []
  let unlock = (): void => undefined
  const mostAnswered = new Promise<void>(resolve => (unlock = resolve))
  const waiting = Array.from({ length: WAITERS }, async (_, at) => {
    answered.push((await ask(`person-${at}`, 'garden')).status)
    if (answered.length === WAITERS - CONNECTIONS) unlock()
  })
  expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200)
  expect(answered).toEqual([])
  await mostAnswered
  expect(new Set(answered)).toEqual(new Set([503]))
  await postgres.run(`SELECT pg_terminate_backend(pid) FROM (${lockers}) AS locker`, url)
  expect(await locked).toBe('ended')
  await Promise.all(waiting)
  expect((await ask('ann', 'garden')).status).toBe(200)
}, 60_000)
