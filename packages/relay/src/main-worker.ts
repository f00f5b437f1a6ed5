/** The thread of `main.ts`: scans and joins large updates and folds documents, one job at a time. The only place of the relay where an engine runs. */
import { cryptoRandom } from '@joinery/adapters/random/crypto'
import { entryDigest, type Engine } from '@joinery/core'
import { joinUpdates } from '@joinery/core/gate'
import { parentPort } from 'node:worker_threads'
import { nativeHash } from './commands/native-hash.ts'
import { GATES } from './gate/table.ts'
import type { FoldHow } from './compactor.ts'
import { foldByBytes, foldRegister, foldWith } from './workers/fold.ts'
import type { Job, JobMessage, JobResult } from './workers/jobs.ts'
import { join, parted } from './workers/joined.ts'
import { joinOf, lackOf } from './workers/packed.ts'
import { replayWith } from './workers/replay.ts'
import { shownOfRegister, shownWith } from './workers/shown.ts'
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
    const { entry, bytes } = job
    const scanned = gate.scan(bytes)
    return {
      scanned: entry === undefined ? scanned : { ...scanned, digest: entryDigest({ ...entry, bytes }, nativeHash) },
    }
  }
  if (job.do === 'join') return { joined: joinOf(parted(job), job.stateVector) }
  if (job.do === 'lack') return { lacking: lackOf(parted(job), job.clocks) }
  if (job.do === 'read') {
    if (job.engine === 'register') return { shown: shownOfRegister(parted(job)) }
    const engine = await engineOf(job.engine)
    return { shown: engine && shownWith(engine, cryptoRandom(), parted(job)) }
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
  const answer = (message: JobMessage, given: readonly ArrayBuffer[] = []): void =>
    parentPort?.postMessage(message, given)
  perform(job).then(
    result => answer({ result }, givenAway(result)),
    (error: unknown) => answer({ error: error instanceof Error ? error.message : 'broke' }),
  )
})

/** What of a result may be large is handed over and not copied, since whoever waits for it would do half of the copying. */
function givenAway(result: JobResult): ArrayBuffer[] {
  const bytes = largeIn(result)
  const isAlone = bytes !== undefined && bytes.length === bytes.buffer.byteLength
  return isAlone && bytes.buffer instanceof ArrayBuffer ? [bytes.buffer] : []
}

function largeIn(result: JobResult): Uint8Array | undefined {
  if ('joined' in result) return result.joined.update
  if ('lacking' in result) return result.lacking
  if ('snapshot' in result) return result.snapshot
  if ('replayed' in result) return result.replayed.snapshot
  return 'left' in result ? result.left?.bytes : undefined
}
