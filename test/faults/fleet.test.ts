// Two relays, one Postgres, one Redis, ten clients: what stops takes nothing with it that was acked or shown. The figures are `pnpm bench fleet`'s.
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startPostgres, type TestPostgres } from '../postgres.ts'
import { startRedis, type TestRedis } from '../redis.ts'
import { fleetTrial, type Trouble } from './fleet/trial.ts'

const command: [string, ...string[]] = [
  process.execPath,
  '--conditions=joinery-source',
  join(import.meta.dirname, '../../packages/relay/src/main.ts'),
]

let postgres: TestPostgres
let redis: TestRedis
beforeAll(async () => {
  ;[postgres, redis] = await Promise.all([startPostgres(), startRedis()])
})
afterAll(async () => {
  await Promise.all([postgres.remove(), redis.remove()])
})

const troubles: Readonly<Record<Trouble, string>> = {
  node: 'a node is killed: its clients move to the other',
  redis: 'Redis is away for 3 s: hints are missing, and edits are not',
  postgres: 'Postgres is away for 3 s: nothing is acked, the node says so, and it goes on by itself',
}

for (const [trouble, what] of Object.entries(troubles) as [Trouble, string][])
  test(`[R5] [MN-08] ${what}; nothing acked or shown is missing, and no name stands twice`, async () => {
    const seed = Math.floor(Math.random() * 2 ** 31)
    const trial = await fleetTrial({ command, postgres, redis, trouble, seed, awayMs: 3_000 })
    expect(trial.troubles).toEqual([])
    expect(trial.lost).toBe(0)
    expect(trial.acked).toBeGreaterThan(100)
    if (trouble === 'postgres') expect(trial.saidSo).toBe(true)
  }, 120_000)
