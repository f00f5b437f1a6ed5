/**
 * Threads for what must not run on the main one. Laws (T2, CR-22, CR-23):
 * - A job has a time and a memory budget: over it, it rejects with TOO_LARGE. One that breaks its thread rejects too, and the next job gets
 *   a new thread.
 * - Nothing else is lost with a thread: one job at a time in each. One that had none for a while ends: an engine in it holds tens of megabytes.
 * - What waits is bounded: above it UNAVAILABLE, which says nothing about the job.
 */
import { JoineryError, type Clock, type Code } from '@joinery/core'
import { Worker } from 'node:worker_threads'
import type { Job, JobMessage, JobResult } from './jobs.ts'

/** What a thread runs: a file, or code that was read already. */
export type ThreadCode = URL | { readonly code: string }

export interface Pool {
  run(job: Job): Promise<JobResult>
  close(): Promise<void>
}

const IDLE_MS = 30_000
/**
 * Of which a third is one half of what is young: a thread touches a little more of both with every job, gives none of it back, and V8 would
 * let it grow to 192 MB where there is much memory. As much again may be large: the texts of documents of over 128 KB. A larger half makes
 * the largest replays a tenth faster, and every thread larger.
 */
const YOUNG_MB = 3

interface Waiting {
  readonly job: Job
  resolve(result: JobResult): void
  reject(error: Error): void
}

interface Thread {
  readonly worker: Worker
  /** Settles the job it has, if any. */
  finish: ((outcome: { result: JobResult } | { error: Error }) => void) | undefined
  /** While it has none. */
  stopIdling: () => void
}

export function createPool(options: {
  readonly url: ThreadCode
  readonly threads: number
  readonly timeoutMs: number
  readonly memoryMb: number
  readonly maxWaiting: number
  readonly clock: Clock
}): Pool {
  const { url, clock } = options
  const waiting: Waiting[] = []
  const idle: Thread[] = []
  const busy = new Set<Thread>()
  let closed = false

  const next = (): void => {
    while (!closed && waiting.length > 0 && busy.size < options.threads) {
      const work = waiting.shift()
      if (work !== undefined) start(work)
    }
  }

  const makeThread = (): Thread => {
    const limits = { resourceLimits: { maxOldGenerationSizeMb: options.memoryMb, maxYoungGenerationSizeMb: YOUNG_MB } }
    const worker = url instanceof URL ? new Worker(url, limits) : new Worker(url.code, { ...limits, eval: true })
    const thread: Thread = { worker, finish: undefined, stopIdling: () => undefined }
    const broke = (error: Error): void => {
      leaveIdle(thread)
      thread.finish?.({ error })
    }
    worker.on('message', (message: JobMessage) =>
      thread.finish?.('error' in message ? { error: brokenBy(message.error) } : message),
    )
    worker.on('error', (error: unknown) => {
      const isMemory = error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY'
      broke(isMemory ? overBudget('memory') : error instanceof Error ? error : new Error('the thread broke'))
    })
    worker.on('exit', () => broke(new Error('the thread ended')))
    return thread
  }

  const idleFor = (thread: Thread): void => {
    thread.worker.unref()
    idle.push(thread)
    thread.stopIdling = clock.after(IDLE_MS, () => {
      leaveIdle(thread)
      void thread.worker.terminate()
    })
  }

  const leaveIdle = (thread: Thread): void => {
    thread.stopIdling()
    const at = idle.indexOf(thread)
    if (at >= 0) idle.splice(at, 1)
  }

  const start = ({ job, resolve, reject }: Waiting): void => {
    const thread = idle.pop() ?? makeThread()
    thread.stopIdling()
    const cancel = clock.after(options.timeoutMs, () => thread.finish?.({ error: overBudget('time') }))
    busy.add(thread)
    thread.worker.ref()
    thread.finish = outcome => {
      thread.finish = undefined
      cancel()
      busy.delete(thread)
      // What made a job fail may be the thread: it is not used again.
      if ('result' in outcome && !closed) idleFor(thread)
      else void thread.worker.terminate()
      if ('result' in outcome) resolve(outcome.result)
      else reject(outcome.error)
      next()
    }
    // What was put into one piece was put there for this thread.
    thread.worker.postMessage(
      job,
      'ends' in job ? [job.bytes.buffer as ArrayBuffer, job.ends.buffer as ArrayBuffer] : [],
    )
  }

  return {
    run(job) {
      if (closed || waiting.length >= options.maxWaiting)
        return Promise.reject(new JoineryError('UNAVAILABLE', { what: 'workers' }))
      return new Promise((resolve, reject) => {
        waiting.push({ job, resolve, reject })
        next()
      })
    },
    async close() {
      closed = true
      for (const { reject } of waiting.splice(0)) reject(new JoineryError('CLOSED'))
      for (const thread of idle) thread.stopIdling()
      const threads = [...idle, ...busy]
      for (const thread of busy) thread.finish?.({ error: new JoineryError('CLOSED') })
      await Promise.all(threads.map(({ worker }) => worker.terminate()))
    },
  }
}

/** That something is missing is about the document; everything else a thread says is about the job. */
function brokenBy(message: string): Error {
  const missing: Code = 'GAP'
  return message === missing ? new JoineryError(missing, { what: 'the log' }) : new Error(message)
}

function overBudget(budget: 'time' | 'memory'): JoineryError {
  return new JoineryError('TOO_LARGE', { what: 'work', budget })
}
