/** The thread of `main.ts`: scans and joins large updates and folds documents, one job at a time. The only place of the relay where an engine runs. */
import { cryptoRandom } from '@joinery/adapters/random/crypto'
import type { Engine } from '@joinery/core'
import { fittingParts, joinUpdates, partsOf } from '@joinery/core/gate'
import { parentPort } from 'node:worker_threads'
import { GATES } from './gate/table.ts'
import type { FoldHow } from './compactor.ts'
import { foldByBytes, foldRegister, foldWith } from './workers/fold.ts'
import type { Job, JobMessage, JobResult } from './workers/jobs.ts'
import { join, parted } from './workers/joined.ts'
import { replayWith } from './workers/replay.ts'
import { leansOn, leftOf, tryWith } from './workers/trial.ts'

/** Loaded when first needed: an engine may be large, or not installed, and then its documents are not folded. */
const engines: Record<string, () => Promise<Engine>> = {
  yjs: async () => (await import('@joinery/adapters/engines/yjs')).yjs,
  automerge: async () => (await import('@joinery/adapters/engines/automerge')).automerge,
}

async function perform(job: Job): Promise<JobResult> {
  if (job.do === 'scan') {
    const gate = GATES.find(({ engine }) => engine === job.engine)
    if (gate === undefined) throw new Error('no such engine')
    return { scanned: gate.scan(job.bytes) }
  }
  if (job.do === 'join') {
    const joined = joinUpdates(parted(job))
    const parts = joined && partsOf(joined)
    if (parts === undefined) throw new Error('an update that cannot be read')
    return { parts: job.clocks === undefined ? parts : fittingParts(parts, job.clocks).parts }
  }
  if (job.do === 'replay') {
    const engine = await engineOf(job.engine)
    if (engine === undefined) throw new Error('no such engine')
    return { replayed: replayWith(engine, cryptoRandom(), parted(job)) }
  }
  if (job.do === 'try') {
    const engine = await engineOf(job.engine)
    return { tried: engine && tryWith(engine, cryptoRandom(), parted(job), job.known) }
  }
  if (job.do === 'empty') {
    const left = leftOf(job.engine, parted(job), job.leaving)
    return { left: left && join(left) }
  }
  if (job.do === 'lean') {
    const [update = NO_BYTES, other = NO_BYTES] = parted(job)
    return { leans: leansOn(job.engine, update, other) }
  }
  return { snapshot: await fold(job.engine, parted(job), job.how) }
}

const NO_BYTES = new Uint8Array()

async function engineOf(name: string): Promise<Engine | undefined> {
  const load = Object.hasOwn(engines, name) ? engines[name] : undefined
  return load?.().catch(() => undefined)
}

async function fold(name: string, updates: readonly Uint8Array[], how: FoldHow): Promise<Uint8Array | undefined> {
  if (name === 'register') return foldRegister(updates)
  const isYjs = name === 'yjs'
  if (how === 'join') return isYjs ? foldByBytes(updates) : undefined
  const engine = await engineOf(name)
  // One update that says the same is applied many times quicker than a hundred thousand.
  const joined = isYjs ? joinUpdates(updates) : undefined
  return engine && foldWith(engine, cryptoRandom(), joined === undefined ? updates : [joined])
}

parentPort?.on('message', (job: Job) => {
  const answer = (message: JobMessage): void => parentPort?.postMessage(message)
  perform(job).then(
    result => answer({ result }),
    (error: unknown) => answer({ error: error instanceof Error ? error.message : 'broke' }),
  )
})
