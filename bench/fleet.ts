// What a fleet does when a part of it stops: `pnpm bench fleet [--away 30] [--seed N]` tries each once; `--rounds 100 [--from 1] [--seed N]`
// so many by chance, of 3 to 5 s each, from that round on, and `--to FILE` adds them to those of earlier batches, which are then counted too.
// With `--keep` they stand in the matrix of losses.
import { seededRandom } from '@joinery/core/testing'
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { fleetTrial, type Trial, type Trouble } from '../test/faults/fleet/trial.ts'
import { startPostgres, type TestPostgres } from '../test/postgres.ts'
import { startRedis, type TestRedis } from '../test/redis.ts'
import type { Bench, Figure } from './figure.ts'
import { keepLosses, type Tried as Losses } from './losses.ts'

const main = join(import.meta.dirname, '../packages/relay/dist/main.js')
const EACH: readonly Trouble[] = ['node', 'redis', 'postgres']
const ALL: readonly Trouble[] = ['node', 'pause', 'redis', 'postgres', 'cut']
const [SHORTEST_MS, LONGEST_MS] = [3_000, 5_000]
/** Of a node that is killed. */
const GAP_MS = 3_000

interface Round {
  readonly round: number
  readonly seed: number
  readonly trouble: Trouble
  readonly awayMs: number
}

type Tried = Round & Trial

export const fleet: Bench = {
  what: 'two relays on one Postgres and one Redis, ten clients, 200 updates/s: a node is killed, stands still or does not reach Postgres, Redis or Postgres is stopped',
  async run() {
    const { values } = parseArgs({
      args: process.argv.slice(3),
      options: {
        rounds: { type: 'string' },
        from: { type: 'string', default: '1' },
        away: { type: 'string', default: '30' },
        seed: { type: 'string' },
        to: { type: 'string' },
        keep: { type: 'boolean', default: false },
      },
    })
    const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed)
    console.log(`  seed ${seed}`)
    const rounds =
      values.rounds === undefined
        ? EACH.map((trouble, at) => ({ round: at + 1, seed: seed + at, trouble, awayMs: Number(values.away) * 1_000 }))
        : Array.from({ length: Number(values.rounds) }, (_, at) => byChance(seed, Number(values.from) + at))
    const earlier =
      values.to !== undefined && existsSync(values.to)
        ? readFileSync(values.to, 'utf8').trim().split('\n').map(line => JSON.parse(line) as Tried) // prettier-ignore
        : []
    let servers = await startServers()
    const tried: Tried[] = []
    for (const round of rounds) {
      const beganAt = performance.now()
      const one = { ...round, ...(await trial({ command: [process.execPath, main], ...servers, ...round })) }
      tried.push(one)
      // What a round leaves behind that failed is no trouble of the next.
      if (one.troubles.length > 0) {
        await servers.remove()
        servers = await startServers()
      }
      if (values.to !== undefined) appendFileSync(values.to, `${JSON.stringify(one)}\n`)
      tell(one, performance.now() - beganAt)
    }
    await servers.remove()
    const all = [...earlier, ...tried]
    if (values.keep)
      keepLosses(
        lossesOf(
          all,
          `pnpm bench fleet ${values.rounds === undefined ? `--away ${values.away}` : `--rounds ${all.length}`}`,
        ),
      )
    return figuresOf(all)
  },
}

interface Servers {
  readonly postgres: TestPostgres
  readonly redis: TestRedis
  remove(): Promise<unknown>
}

async function startServers(): Promise<Servers> {
  const [postgres, redis] = await Promise.all([startPostgres(), startRedis()])
  return { postgres, redis, remove: () => Promise.all([postgres.remove(), redis.remove()]) }
}

function byChance(seed: number, round: number): Round {
  const random = seededRandom(seed + round)
  const trouble = ALL[Math.floor(random.number() * ALL.length)] ?? 'node'
  const awayMs = Math.round(SHORTEST_MS + random.number() * (LONGEST_MS - SHORTEST_MS))
  return { round, seed: seed + round, trouble, awayMs }
}

/** What ends in the middle is a round that failed, and the next ones are tried. */
async function trial(options: Parameters<typeof fleetTrial>[0]): Promise<Trial> {
  try {
    return await fleetTrial(options)
  } catch (error) {
    const nothing = { wrote: 0, acked: 0, shown: 0, lost: 0, gapMs: 0, backMs: undefined, readyMs: undefined }
    return { ...nothing, troubles: [String(error)] }
  }
}

function tell(
  { round, trouble, awayMs, wrote, acked, shown, lost, troubles, gapMs, backMs, readyMs }: Tried,
  ms: number,
): void {
  const back = backMs === undefined ? '' : `, back in ${backMs.toFixed(0)} ms, ready in ${readyMs?.toFixed(0)} ms`
  console.log(`  ${String(round).padStart(3)} ${trouble.padEnd(8)} ${awayMs} ms: ${wrote} written  ${acked} acked  ${shown} shown  ${lost} lost  ${troubles.length} amiss  ${gapMs.toFixed(0)} ms without a word${back} (${(ms / 1_000).toFixed(1)} s)`) // prettier-ignore
  for (const one of troubles) console.log(`  ! ${one}`)
}

function lossesOf(tried: readonly Tried[], command: string): Losses[] {
  return ALL.flatMap(trouble => {
    const some = tried.filter(one => one.trouble === trouble)
    if (some.length === 0) return []
    const promised = some.reduce((sum, { acked, shown }) => sum + acked + shown, 0)
    const lost = some.reduce((sum, one) => sum + one.lost, 0)
    return [{ fault: trouble, setting: 'fleet', command, times: some.length, promised, lost }]
  })
}

function figuresOf(tried: readonly Tried[]): Figure[] {
  const most = (trouble: Trouble): number =>
    Math.max(0, ...tried.filter(one => one.trouble === trouble).map(({ gapMs }) => gapMs))
  const failed = tried.filter(({ lost, troubles }) => lost > 0 || troubles.length > 0)
  return [
    { name: 'rounds', value: tried.length, unit: '' },
    { name: 'rounds that failed', value: failed.length, unit: '', limit: 0 },
    { name: 'acked or shown, and lost', value: tried.reduce((sum, { lost }) => sum + lost, 0), unit: '', limit: 0 },
    { name: 'longest time without a word after a node was killed', value: most('node'), unit: 'ms', limit: GAP_MS },
    { name: 'longest while a node stood still', value: most('pause'), unit: 'ms' },
    { name: 'longest while Redis was away', value: most('redis'), unit: 'ms' },
    { name: 'longest while Postgres was away', value: most('postgres'), unit: 'ms' },
    { name: 'longest while a node did not reach Postgres', value: most('cut'), unit: 'ms' },
  ]
}
