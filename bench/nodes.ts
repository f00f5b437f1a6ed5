// What a second node costs, and what the way to it does to an edit: two relays on one Postgres and one Redis beside one alone.
import { startPostgres } from '../test/postgres.ts'
import { startRedis } from '../test/redis.ts'
import { drive } from './contest/drive.ts'
import { serverProcess } from './contest/server-process.ts'
import type { FanOut } from './driver/fan-out.ts'
import { type Bench, type Figure, median } from './figure.ts'
import { onPostgres, type Settings } from './stores.ts'

const ROUNDS = 5
const READERS = [10, 100, 500]
/** More than can be delivered in the time. */
const DELIVERIES = 6_000_000
const MOST_EDITS = 150_000
const MILLION = 1e6
/** How much more two nodes may cost for each delivery. */
const MOST_COST = 1.15
const MOST_WAY_MS = 5

export const nodes: Bench = {
  what: 'one author and so many readers at the door, 64 edits on their way and then 100 a second: two relays on one Postgres and one Redis, half of the readers at each, and one relay alone, in turn',
  async run() {
    const [postgres, redis] = await Promise.all([startPostgres(), startRedis()])
    const measure = async (count: number, readers: number, env: Settings): Promise<FanOut> => {
      const url = await postgres.database()
      const relays = []
      for (let at = 0; at < count; at++) relays.push(await serverProcess(() => onPostgres(url, env)))
      try {
        return await drive('door', 'fan-out', {
          urls: relays.map(relay => relay.url()),
          pids: relays.map(relay => relay.pid()),
          document: 'fan-out',
          readers,
          edits: Math.min(MOST_EDITS, DELIVERIES / readers),
          window: 64,
          warmMs: 1_000,
          measureMs: 2_000,
          perSecond: 100,
          paceMs: 2_000,
        })
      } finally {
        for (const relay of relays) await relay.remove()
      }
    }
    const figures: Figure[] = []
    for (const readers of READERS) {
      const one: FanOut[] = []
      const two: FanOut[] = []
      for (let round = 0; round < ROUNDS; round++) {
        one.push(await measure(1, readers, { JOINERY_BUS: 'memory' }))
        two.push(await measure(2, readers, { JOINERY_BUS: redis.url }))
      }
      const cost = (runs: readonly FanOut[]): number => median(runs.map(run => MILLION / run.deliveriesPerCpuSecond))
      const way = median(two.map(({ p50ByNode: [near = 0, far = 0] }) => far - near))
      figures.push(
        { name: `${readers} readers: one node, a million deliveries`, value: cost(one), unit: 's of CPU' },
        { name: `${readers} readers: two nodes`, value: cost(two), unit: 's of CPU' },
        { name: `${readers} readers: two nodes to one`, value: cost(two) / cost(one), unit: '×', limit: MOST_COST },
        { name: `${readers} readers: p50 at one node alone`, value: median(one.map(({ p50 }) => p50)), unit: 'ms' },
        { name: `${readers} readers: p50 at the author's node`, value: median(two.map(run => run.p50ByNode[0] ?? 0)), unit: 'ms' }, // prettier-ignore
        { name: `${readers} readers: what crossing adds to p50`, value: way, unit: 'ms', limit: MOST_WAY_MS },
      )
    }
    await Promise.all([postgres.remove(), redis.remove()])
    return figures
  },
}
