/** The thread of `main.ts`: scans and joins large updates and folds documents, one job at a time. The only place of the relay where an engine runs. */
import { cryptoRandom } from '@joinery/adapters/random/crypto'
import type { Engine } from '@joinery/core'
import { joinUpdates, partsOf } from '@joinery/core/gate'
import { parentPort } from 'node:worker_threads'
import { GATES } from './gate/table.ts'
import type { FoldHow } from './compactor.ts'
import { foldByBytes, foldRegister, foldWith } from './workers/fold.ts'
import type { Job, JobMessage, JobResult } from './workers/jobs.ts'
import { parted } from './workers/joined.ts'

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
    return { parts }
  }
  return { snapshot: await fold(job.engine, parted(job), job.how) }
}

async function fold(name: string, updates: readonly Uint8Array[], how: FoldHow): Promise<Uint8Array | undefined> {
  if (name === 'register') return foldRegister(updates)
  const isYjs = name === 'yjs'
  if (how === 'join') return isYjs ? foldByBytes(updates) : undefined
  const load = Object.hasOwn(engines, name) ? engines[name] : undefined
  const engine = await load?.().catch(() => undefined)
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
