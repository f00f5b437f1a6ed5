// What a fleet does when a part of it stops: `pnpm bench fleet [--rounds 1] [--away 30] [--seed N]`.
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { fleetTrial, type Trial, type Trouble } from '../test/faults/fleet/trial.ts'
import { startPostgres } from '../test/postgres.ts'
import { startRedis } from '../test/redis.ts'
import type { Bench, Figure } from './figure.ts'

const main = join(import.meta.dirname, '../packages/relay/dist/main.js')
const TROUBLES: readonly Trouble[] = ['node', 'redis', 'postgres']
/** Of a node that is killed. */
const GAP_MS = 3_000

export const fleet: Bench = {
  what: 'two relays on one Postgres and one Redis, ten clients, 200 updates/s: a node is killed, Redis is stopped, Postgres is stopped',
  async run() {
    const { values } = parseArgs({
      args: process.argv.slice(3),
      options: {
        rounds: { type: 'string', default: '1' },
        away: { type: 'string', default: '30' },
        seed: { type: 'string' },
      },
    })
    const first = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed)
    console.log(`  seed ${first}`)
    const [postgres, redis] = await Promise.all([startPostgres(), startRedis()])
    const trials = new Map<Trouble, Trial[]>()
    for (let round = 0; round < Number(values.rounds); round++) {
      for (const trouble of TROUBLES) {
        const trial = await fleetTrial({
          command: [process.execPath, main],
          postgres,
          redis,
          trouble,
          seed: first + round,
          awayMs: Number(values.away) * 1_000,
        })
        trials.set(trouble, [...(trials.get(trouble) ?? []), trial])
        const { wrote, acked, shown, lost, troubles, gapMs } = trial
        console.log(`  ${trouble.padEnd(9)} ${wrote} written  ${acked} acked  ${shown} shown  ${lost} lost  ${troubles.length} amiss  ${gapMs.toFixed(0)} ms without a word`) // prettier-ignore
        for (const one of troubles) console.log(`  ! ${one}`)
      }
    }
    await Promise.all([postgres.remove(), redis.remove()])
    const all = [...trials.values()].flat()
    const most = (trouble: Trouble): number => Math.max(...(trials.get(trouble) ?? []).map(({ gapMs }) => gapMs))
    const figures: Figure[] = [
      { name: 'acked or shown, and lost', value: all.reduce((sum, { lost }) => sum + lost, 0), unit: '', limit: 0 },
      { name: 'anything else amiss', value: all.reduce((sum, { troubles }) => sum + troubles.length, 0), unit: '', limit: 0 }, // prettier-ignore
      { name: 'longest time without a word after a node was killed', value: most('node'), unit: 'ms', limit: GAP_MS },
      { name: 'longest while Redis was away', value: most('redis'), unit: 'ms' },
      { name: 'longest while Postgres was away', value: most('postgres'), unit: 'ms' },
    ]
    return figures
  },
}
