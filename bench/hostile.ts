// What hostile payloads do to the gate and to a relay. `--count` (1,000,000) and `--seed` (1) come behind the name.
import { parseArgs } from 'node:util'
import { percentile, type Bench, type Figure } from './figure.ts'
import { attackOtherEngines } from './hostile/other-engines.ts'
import { siege } from './hostile/siege.ts'
import { attackInSlices } from './hostile/slices.ts'

/** Of so many, one goes over a socket to a relay; of so many, one is another engine's. */
const OVER_SOCKETS = 50
const OF_OTHER_ENGINES = 50
const LONGEST_MS = 50

export const hostile: Bench = {
  what: 'updates and frames made by grammar, through the gate and what passes into Yjs, and some over both doors of a real relay',
  async run() {
    const { values } = parseArgs({
      args: process.argv.slice(3),
      options: { count: { type: 'string', default: '1000000' }, seed: { type: 'string', default: '1' } },
    })
    const [count, seed] = [Number(values.count), Number(values.seed)]
    const overSockets = Math.ceil(count / OVER_SOCKETS)
    const ofOthers = Math.ceil(count / OF_OTHER_ENGINES)
    const { outcomes, failures, hangs, exits, slowestScan, slowest, sent } = await attackInSlices(
      count - overSockets - ofOthers,
      seed,
    )
    const others = attackOtherEngines(ofOthers, seed)
    const attacked = await siege(overSockets, seed)
    tell('through the gate', outcomes)
    tell('other engines', others.outcomes)
    tell('over sockets', attacked.outcomes)
    for (const what of [...failures, ...hangs, ...exits, ...attacked.changed]) console.log(`  ! ${what.slice(0, 400)}`)
    const heavy = attacked.heavy.toSorted((a, b) => b.stall.cpu - a.stall.cpu)
    console.log('  the heaviest, alone (ms of CPU, ms by the clock)')
    for (const { name, stall, outcome } of heavy.slice(0, 8))
      console.log(`  ${stall.cpu.toFixed(1).padStart(9)} ${stall.wall.toFixed(1).padStart(8)}  ${name}: ${outcome}`)
    const latencies = attacked.pair?.latencies ?? []
    const passed = [...outcomes].reduce((sum, [outcome, times]) => sum + (PASSED.has(outcome) ? times : 0), 0)
    return [
      { name: 'sent', value: sent + ofOthers + attacked.sent, unit: 'payloads' },
      { name: 'let through by the gate', value: passed, unit: 'payloads' },
      { name: 'hangs', value: hangs.length, unit: '', limit: 0 },
      { name: 'process exits', value: exits.length + (attacked.exit === undefined ? 0 : 1), unit: '', limit: 0 },
      { name: "broke the gate's word", value: failures.length, unit: '', limit: 0 },
      { name: 'changed though refused', value: attacked.changed.length, unit: '', limit: 0 },
      { name: 'well-behaved pair disturbed', value: attacked.pair?.wrong === undefined ? 0 : 1, unit: '', limit: 0 },
      { name: 'longest scan and verdict', value: Math.max(slowestScan.ms, others.slowestScanMs), unit: 'ms', limit: LONGEST_MS }, // prettier-ignore
      { name: 'longest to apply what passed', value: Math.max(slowest.ms, others.slowestApplyMs), unit: 'ms' },
      { name: 'longest stall of the relay', value: attacked.stall.cpu, unit: 'ms of CPU', limit: LONGEST_MS },
      { name: 'the same by the clock', value: attacked.stall.wall, unit: 'ms' },
      { name: 'longest stall, the heaviest payloads', value: heavy[0]?.stall.cpu ?? 0, unit: 'ms of CPU', limit: LONGEST_MS }, // prettier-ignore
      { name: "the pair's edits, until the other has them p50", value: percentile(latencies, 0.5), unit: 'ms' },
      { name: 'the same, p99', value: percentile(latencies, 0.99), unit: 'ms' },
      { name: 'memory of the relay at most', value: Math.max(attacked.stall.rss, ...heavy.map(({ stall }) => stall.rss)) / 1e6, unit: 'MB' }, // prettier-ignore
    ] satisfies Figure[]
  },
}

const PASSED = new Set(['new', 'known'])

function tell(what: string, outcomes: ReadonlyMap<string, number>): void {
  console.log(`  ${what}`)
  for (const [outcome, times] of [...outcomes].toSorted((a, b) => b[1] - a[1]))
    console.log(`  ${String(times).padStart(9)}  ${outcome}`)
}
