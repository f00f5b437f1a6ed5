// Relays and devices of several versions: each is the code that ships with a few changed lines, in a process of its own.
import { VERSION } from '@joinery/core/protocol'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startPostgres, type TestPostgres } from '../postgres.ts'
import { startRedis, type TestRedis } from '../redis.ts'
import { rollingTrial } from './rolling/trial.ts'

const main = join(import.meta.dirname, '../../packages/relay/src/main.ts')

let postgres: TestPostgres
let redis: TestRedis
beforeAll(async () => {
  ;[postgres, redis] = await Promise.all([startPostgres(), startRedis()])
})
afterAll(async () => {
  await Promise.all([postgres.remove(), redis.remove()])
})

test('[MN-12] [P99] a fleet goes to the next version node by node, and back, under the hands of people of both; nothing is lost and nobody cut', async () => {
  const seed = Math.floor(Math.random() * 2 ** 31)
  const trial = await rollingTrial({ main, postgres, redis, seed, perSecond: 100 })
  expect(trial.troubles).toEqual([])
  expect(trial.lost).toBe(0)
  expect(trial.acked).toBeGreaterThan(100)
  expect(trial.cut).toEqual([])
  const [now, next] = [VERSION, VERSION + 1]
  expect(trial.welcomed).toEqual([now, now, next, next, now, now])
  // Ten words were left with relays of the next version, which keep them in a form of their own.
  expect(trial.unknown).toBe(10)
}, 240_000)
