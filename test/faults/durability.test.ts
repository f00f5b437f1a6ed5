// What was acked or shown is there, whatever ends the relay and through whichever of its ways in it came. The long proof is `pnpm bench kill`.
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { find, systemPackages } from '../../scripts/system-packages.ts'
import { startPostgres, type TestPostgres } from '../postgres.ts'
import { postgresGround } from './kill/ground.ts'
import { killProof } from './kill/proof.ts'
import { orderOf } from './syscalls/order.ts'
import { traced } from './syscalls/traced.ts'

const joinery: [string, ...string[]] = [
  process.execPath,
  '--conditions=joinery-source',
  join(import.meta.dirname, '../../packages/relay/src/main.ts'),
]

test(
  '[DU-01] killed twenty times at any moment under load: nothing acked or shown, at the door, over HTTP or to the SDK, is missing',
  { timeout: 300_000 },
  async () => {
    const kills = await killProof({ command: joinery, kills: 20, seed: Math.floor(Math.random() * 2 ** 31) })
    expect(kills.flatMap(({ troubles }) => troubles)).toEqual([])
    expect(kills.map(({ lost }) => lost)).toEqual(Array(20).fill(0))
    for (const some of ['acked', 'shown'] as const) {
      expect(kills.reduce((sum, kill) => sum + kill[some], 0)).toBeGreaterThan(300)
    }
  },
)

let postgres: TestPostgres
beforeAll(async () => {
  postgres = await startPostgres()
})
afterAll(() => postgres.remove())

test(
  '[DU-01] on Postgres: killed twenty times, two of them after Postgres itself was, nothing acked or shown is missing',
  { timeout: 300_000 },
  async () => {
    const seed = Math.floor(Math.random() * 2 ** 31)
    const kills = await killProof({ command: joinery, kills: 20, seed, ground: postgresGround(postgres) })
    expect(kills.flatMap(({ troubles }) => troubles)).toEqual([])
    expect(kills.map(({ lost }) => lost)).toEqual(Array(20).fill(0))
    expect(kills.filter(({ moment }) => moment === 'strike')).toHaveLength(2)
    for (const some of ['acked', 'shown'] as const) {
      expect(kills.reduce((sum, kill) => sum + kill[some], 0)).toBeGreaterThan(300)
    }
  },
)

test('[DU-03] by its system calls the relay acks and shows each edit after the sync of the row that holds it', async () => {
  const strace = find(systemPackages.strace)
  if (strace === undefined) throw new Error('Install strace (Debian: apt-get install strace).')
  const { calls, wrote, troubles } = await traced({ strace, command: joinery, edits: 300, perSecond: 200 })
  const { durable, syncs, acks, shown, early } = orderOf(calls)
  expect([...troubles, ...early]).toEqual([])
  expect(durable).toBe(wrote)
  expect(syncs).toBeGreaterThan(10)
  // Those at the door have no other ack than what they are shown; of the others, everyone is acked.
  expect(acks).toBeGreaterThan(wrote / 3)
  expect(shown).toBeGreaterThan(wrote)
})
