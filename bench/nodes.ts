// What a second node costs, and what the way to it does to an edit: two relays on one Postgres and one Redis beside one of the same
// configuration alone, after both have run long enough for their code to be compiled, and at a pace, so that as many edits share a commit.
import { startPostgres } from '../test/postgres.ts'
import { startRedis } from '../test/redis.ts'
import { drive } from './contest/drive.ts'
import { serverProcess } from './contest/server-process.ts'
import type { FanOut } from './driver/fan-out.ts'
import { type Bench, type Figure, median } from './figure.ts'
import { onPostgres } from './stores.ts'

const ROUNDS = 5
/** How many readers, and edits a second while CPU is measured. */
const CROWDS = [
  [10, 4_000],
  [100, 2_000],
  [500, 1_000],
] as const
const BUSY_MS = 6_000
/** Both nodes compile their code for about ten seconds: before, two cost a tenth more than they do later. */
const WARM_MS = 14_000
/** More than can be sent in the time. */
const EDITS = 240_000
/** How much more two nodes may cost for each delivery. */
const MOST_COST = 1.15
const MOST_WAY_MS = 5

export const nodes: Bench = {
  what: 'one author and so many readers at the door, so many edits a second that a commit holds dozens, and then 100: two relays on one Postgres and one Redis, half of the readers at each, and one relay of the same configuration alone, in turn',
  async run() {
    const [postgres, redis] = await Promise.all([startPostgres(), startRedis()])
    const measure = async (count: number, readers: number, perSecond: number): Promise<FanOut> => {
      const url = await postgres.database()
      const relays = []
      for (let at = 0; at < count; at++)
        relays.push(await serverProcess(() => onPostgres(url, { JOINERY_BUS: redis.url })))
      try {
        return await drive('door', 'fan-out', {
          urls: relays.map(relay => relay.url()),
          pids: relays.map(relay => relay.pid()),
          document: 'fan-out',
          readers,
          edits: EDITS,
          window: 64,
          warmMs: WARM_MS,
          measureMs: 100,
          busy: { perSecond, ms: BUSY_MS },
          perSecond: 100,
          paceMs: 2_000,
        })
      } finally {
        for (const relay of relays) await relay.remove()
      }
    }
    const figures: Figure[] = []
    for (const [readers, perSecond] of CROWDS) {
      const one: FanOut[] = []
      const two: FanOut[] = []
      for (let round = 0; round < ROUNDS; round++) {
        one.push(await measure(1, readers, perSecond))
        two.push(await measure(2, readers, perSecond))
      }
      const cost = (runs: readonly FanOut[]): number => median(runs.map(run => run.busyCpuPerMillion))
      const way = median(two.map(({ p50ByNode: [near = 0, far = 0] }) => far - near))
      figures.push(
        { name: `${readers} readers: one node, a million deliveries`, value: cost(one), unit: 's of CPU' },
        { name: `${readers} readers: two nodes`, value: cost(two), unit: 's of CPU' },
        { name: `${readers} readers: two nodes to one`, value: cost(two) / cost(one), unit: '×', limit: MOST_COST },
        {
          name: `${readers} readers: edits in a frame of one node`,
          value: median(one.map(run => run.busyEditsAFrame)),
          unit: '',
        },
        {
          name: `${readers} readers: edits in a frame of two`,
          value: median(two.map(run => run.busyEditsAFrame)),
          unit: '',
        },
        { name: `${readers} readers: p50 at one node alone`, value: median(one.map(({ p50 }) => p50)), unit: 'ms' },
        { name: `${readers} readers: p50 at the author's node`, value: median(two.map(run => run.p50ByNode[0] ?? 0)), unit: 'ms' }, // prettier-ignore
        { name: `${readers} readers: what crossing adds to p50`, value: way, unit: 'ms', limit: MOST_WAY_MS },
      )
    }
    await Promise.all([postgres.remove(), redis.remove()])
    return figures
  },
}
