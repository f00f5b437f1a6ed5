/**
 * Attacks the gate for as long as wanted, and prints what was let through, what was slowest, and what broke its word (CR-24):
 *
 *   node --conditions=joinery-source packages/core/test/gate/fuzz.ts --count 1000000 --seed 1
 *
 * The attack runs in a worker thread and is watched from outside: a hang inside Yjs can be told in no other way.
 */
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { attack, type AttackReport } from './attack.ts'

export interface WatchedAttack {
  readonly count: number
  readonly seed: number
  /** An update that takes longer than this hangs. */
  readonly stuckMs?: number
}

/** The report, or the index of the update that hangs. */
export type Watched = { readonly report: AttackReport } | { readonly hangsAt: number }

const LOOK_MS = 250

export function watchedAttack({ count, seed, stuckMs = 20_000 }: WatchedAttack): Promise<Watched> {
  const progress = new Int32Array(new SharedArrayBuffer(4))
  const worker = new Worker(new URL(import.meta.url), { workerData: { count, seed, progress } satisfies Orders })
  return new Promise((resolve, reject) => {
    let at = -1
    let waited = 0
    const timer = setInterval(() => {
      const now = Atomics.load(progress, 0)
      waited = now === at ? waited + LOOK_MS : 0
      at = now
      if (waited >= stuckMs) finish({ hangsAt: now })
    }, LOOK_MS)
    const finish = (watched: Watched): void => {
      clearInterval(timer)
      void worker.terminate()
      resolve(watched)
    }
    worker.once('message', (report: AttackReport) => finish({ report }))
    worker.once('error', error => {
      clearInterval(timer)
      reject(error)
    })
  })
}

interface Orders {
  readonly count: number
  readonly seed: number
  readonly progress: Int32Array
}

if (!isMainThread) {
  const { count, seed, progress } = workerData as Orders
  const before = (index: number): void => void Atomics.store(progress, 0, index)
  parentPort?.postMessage(attack({ count, seed, before, now: () => performance.now() }))
} else if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({ options: { count: { type: 'string' }, seed: { type: 'string' } } })
  const count = Number(values.count ?? 100_000)
  const seed = Number(values.seed ?? 1)
  const start = performance.now()
  const watched = await watchedAttack({ count, seed })
  if ('hangsAt' in watched) {
    console.log(`hangs: update ${watched.hangsAt} of seed ${seed}`)
    process.exitCode = 1
  } else {
    const { sent, outcomes, failures, slowest } = watched.report
    console.log(`${sent} updates of seed ${seed} in ${((performance.now() - start) / 1_000).toFixed(1)} s`)
    for (const [outcome, times] of [...outcomes].toSorted((a, b) => b[1] - a[1])) console.log(`${String(times).padStart(9)}  ${outcome}`) // prettier-ignore
    console.log(`slowest to apply: update ${slowest.index}, ${slowest.ms.toFixed(1)} ms: ${slowest.update}`)
    console.log(`${failures.length} broke the gate's word`)
    for (const { index, what, update } of failures) console.log(`${index}: ${what}\n  ${update}`)
    if (failures.length > 0) process.exitCode = 1
  }
}
