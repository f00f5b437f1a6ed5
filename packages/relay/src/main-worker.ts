/** The thread of `main.ts`: scans large updates and folds documents, one job at a time. The only place of the relay where an engine runs. */
import { cryptoRandom } from '@joinery/adapters/random/crypto'
import type { Engine } from '@joinery/core'
import { parentPort } from 'node:worker_threads'
import { GATES } from './gate/table.ts'
import { foldWith } from './workers/fold.ts'
import type { Job, JobMessage, JobResult } from './workers/jobs.ts'
import { parted } from './workers/joined.ts'

/**
 * Loaded when first needed: an engine may be large, or not installed, and then its documents are not folded. A register is none of these:
 * which of two commands stands is its kind's to say.
 */
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
  const load = Object.hasOwn(engines, job.engine) ? engines[job.engine] : undefined
  const engine = await load?.().catch(() => undefined)
  return { snapshot: engine && foldWith(engine, cryptoRandom(), parted(job)) }
}

parentPort?.on('message', (job: Job) => {
  const answer = (message: JobMessage): void => parentPort?.postMessage(message)
  perform(job).then(
    result => answer({ result }),
    (error: unknown) => answer({ error: error instanceof Error ? error.message : 'broke' }),
  )
})
