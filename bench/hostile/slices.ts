// The attack on the gate (packages/core/test/gate/attack.ts) in slices, as many at a time as there are cores: each in a thread of its own that is watched, since a
// hang inside Yjs can be told in no other way.
import { availableParallelism } from 'node:os'
import { watchedAttack, type Watched } from '../../packages/core/test/gate/fuzz.ts'
import type { Slowest } from '../../packages/core/test/gate/attack.ts'

const SLICE = 25_000
/** What takes longer hangs. */
const STUCK_MS = 20_000

export interface AttackSum {
  sent: number
  readonly outcomes: Map<string, number>
  /** What broke the gate's word, by seed and index. */
  readonly failures: string[]
  readonly hangs: string[]
  readonly exits: string[]
  slowestScan: Slowest
  slowest: Slowest
}

export async function attackInSlices(count: number, seed: number): Promise<AttackSum> {
  const sum: AttackSum = {
    sent: 0,
    outcomes: new Map(),
    failures: [],
    hangs: [],
    exits: [],
    slowestScan: { index: -1, ms: 0, update: '' },
    slowest: { index: -1, ms: 0, update: '' },
  }
  const slices = Math.ceil(count / SLICE)
  let next = 0
  const work = async (): Promise<void> => {
    while (next < slices) {
      const at = next++
      const ofSlice = seed * 10_000 + at
      try {
        add(sum, ofSlice, await watchedAttack({ count: Math.min(SLICE, count - at * SLICE), seed: ofSlice, stuckMs: STUCK_MS })) // prettier-ignore
      } catch (error) {
        sum.exits.push(`seed ${ofSlice}: ${String(error)}`)
      }
      process.stderr.write(`\r${sum.sent} of ${count}`)
    }
  }
  await Promise.all(Array.from({ length: availableParallelism() }, work))
  process.stderr.write('\r')
  return sum
}

function add(sum: AttackSum, seed: number, watched: Watched): void {
  if ('hangsAt' in watched) {
    sum.hangs.push(`update ${watched.hangsAt} of seed ${seed}`)
    sum.sent += watched.hangsAt
    return
  }
  const { sent, outcomes, failures, slowestScan, slowest } = watched.report
  sum.sent += sent
  for (const [outcome, times] of outcomes) sum.outcomes.set(outcome, (sum.outcomes.get(outcome) ?? 0) + times)
  for (const { index, what, update } of failures)
    sum.failures.push(`update ${index} of seed ${seed}: ${what} ${update}`)
  if (slowestScan.ms > sum.slowestScan.ms) sum.slowestScan = slowestScan
  if (slowest.ms > sum.slowest.ms) sum.slowest = slowest
}
