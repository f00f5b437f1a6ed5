// What a relay does while it is misused: how long each fault of the groups WS and CR holds it up, what comes of whoever commits it and
// when, and how long two people who write one note all the while wait for each other.
import { percentile, type Bench, type Figure } from './figure.ts'
import { YEAR_ROWS } from './faults/a-year.ts'
import { lagging } from './faults/lagging.ts'
import { PAYLOAD_ROWS } from './faults/payloads.ts'
import type { FaultReport, FaultRow } from './faults/row.ts'
import { DEAF, SOCKET_ROWS } from './faults/sockets.ts'
import { pair } from './hostile/pair.ts'
import { startRelay, type RelayProcess } from './hostile/relay-process.ts'

/** The most that others may be held up. */
const STALL_MS = 250
const HERD = 'WS-17'
const HEAD = ['fault', 'took ms', 'stall cpu', 'wall', 'pair p99', 'RSS MB']

export const faults: Bench = {
  what: 'each fault of the groups WS and CR, alone, on one relay from source, while two people write one note at its door',
  async run() {
    const relay = await startRelay()
    try {
      const deaf = DEAF.act(relay.port)
      await pairThrough(relay, 'warm', async () => new Promise(resolve => setTimeout(resolve, 2_000)))
      await relay.stall()
      console.log(
        `  ${'what'.padEnd(66)} ${HEAD.slice(1)
          .map(name => name.padStart(9))
          .join(' ')}  outcome`,
      )
      const stalls: { readonly id: string; readonly cpu: number }[] = []
      const longest = (isHerd: boolean): number =>
        Math.max(...stalls.filter(({ id }) => (id === HERD) === isHerd).map(({ cpu }) => cpu))
      const figures: Figure[] = []
      for (const row of [...SOCKET_ROWS, ...PAYLOAD_ROWS, ...YEAR_ROWS]) {
        let report: FaultReport = { outcome: '' }
        const p99 = await pairThrough(
          relay,
          `calm${stalls.length}`,
          async () => void (report = await row.act(relay.port)),
        )
        const stall = await relay.stall()
        stalls.push({ id: row.id, cpu: stall.cpu })
        tell(row, report, [stall.cpu, stall.wall, p99, stall.rss / 1e6])
        figures.push(...limited(row, report))
      }
      const { without, with: withHim } = await lagging(relay.port)
      const end = await deaf
      tell(DEAF, end, [])
      return [
        ...figures,
        ...limited(DEAF, end),
        { name: 'WS-11 delivery to 99 readers, p99', value: without, unit: 'ms' },
        { name: 'WS-11 the same beside one who lags', value: withHim, unit: 'ms' },
        { name: 'longest stall of the relay', value: longest(false), unit: 'ms of CPU', limit: STALL_MS },
        // Taking 2,000 connections is one thing to the system, before anybody can be asked to wait.
        { name: 'the same, when thousands come at once', value: longest(true), unit: 'ms of CPU' },
        { name: 'the relay ended', value: relay.exit() === undefined ? 0 : 1, unit: '', limit: 0 },
      ]
    } finally {
      await relay.stop()
    }
  },
}

/** The p99 of what two honest people wait for each other meanwhile; none of it may be lost, and neither of them cut. */
async function pairThrough(relay: RelayProcess, document: string, work: () => Promise<unknown>): Promise<number> {
  const two = await pair(relay.port, `calm/${document}`)
  await work()
  const { latencies, wrong } = await two.finish()
  if (wrong !== undefined) throw new Error(`${document}: ${wrong}\n${relay.log()}`)
  return percentile(latencies, 0.99)
}

function limited({ id, what }: FaultRow, { took, limit }: FaultReport): Figure[] {
  return took === undefined || limit === undefined ? [] : [{ name: `${id} ${what}`, value: took, unit: 'ms', limit }]
}

function tell({ id, what }: FaultRow, { outcome, took }: FaultReport, numbers: readonly number[]): void {
  const columns = [took ?? Number.NaN, ...numbers].map(value =>
    (Number.isNaN(value) ? '' : value.toFixed(1)).padStart(9),
  )
  console.log(`  ${`${id} ${what}`.padEnd(66)} ${columns.join(' ')}  ${outcome}`)
}
