/**
 * All writes of one tab, in transactions as large as they have gathered: what is asked for while one is being written goes into the next
 * (group commit, no timer). Laws:
 * - A job runs in one transaction, after all jobs asked before it; it may run more than once, and only its last run counts.
 * - A job that throws fails alone. A storage that fails fails no job: it is tried again until it works or is closed, and `failing` says so.
 */
import { JoineryError, TABLES, type Clock, type Code, type Storage } from '@joinery/core'
import { later, type Later } from '../later.ts'
import type { NewsDesk } from '../news.ts'
import { pause } from '../pause.ts'
import { jobTx, type Tx } from './tx.ts'

const RETRY_MS = [0, 20, 100, 500, 2_000]
const SLOW_MS = 5_000
const WEATHER: readonly Code[] = ['STORAGE_FULL', 'STORAGE_UNAVAILABLE', 'CLOSED']
/** A transaction that is too long keeps an edit waiting. */
const JOBS = 64

export interface Writer {
  write<T>(job: (tx: Tx) => Promise<T>): Promise<T>
  /** The code with which writing fails at the moment. */
  failing(): Code | undefined
  /** What was asked before is still written; what is asked after is CLOSED. */
  close(): Promise<void>
}

interface Job {
  readonly run: (tx: Tx) => Promise<unknown>
  readonly outcome: Later<unknown>
}

export function writer(storage: Storage, clock: Clock, news: NewsDesk): Writer {
  let queue: Job[] = []
  let running: Promise<void> | undefined
  let closed = false
  let failing: Code | undefined
  let failures = 0
  let size = JOBS

  const tell = (code: Code | undefined): void => {
    if (failing === code) return
    failing = code
    news.tellHere({ type: 'storage' })
  }

  /** Runs these in one transaction. Gives those that have their outcome: none when the storage failed. */
  const attempt = async (jobs: readonly Job[]): Promise<readonly Job[]> => {
    let told: (() => void)[] = []
    /** Whose fault it is when it fails. */
    let tried = jobs
    try {
      const results = await storage.write(TABLES, async raw => {
        told = []
        const tx = jobTx(raw, news, run => told.push(run))
        const done: unknown[] = []
        for (const job of jobs) {
          tried = [job]
          done.push(await job.run(tx))
        }
        tried = jobs
        return done
      })
      failures = 0
      tell(undefined)
      for (const run of told) run()
      jobs.forEach((job, at) => job.outcome.resolve(results[at]))
      return jobs
    } catch (error) {
      // Closed under its feet is no end either: what is not written is not lost as long as somebody says so.
      if (error instanceof JoineryError && WEATHER.includes(error.code) && !(closed && error.code === 'CLOSED')) {
        tell(error.code)
        return []
      }
      for (const job of tried) job.outcome.reject(error)
      return tried
    }
  }

  const run = async (): Promise<void> => {
    // Everything asked for in the same turn of the event loop goes together.
    await Promise.resolve()
    while (queue.length > 0) {
      const settled = await attempt(queue.slice(0, size))
      queue = queue.filter(job => !settled.includes(job))
      // What fails together may work apart.
      size = Math.min(JOBS, Math.max(1, settled.length > 0 ? size * 2 : size >> 1))
      if (settled.length > 0) continue
      if (closed && failures > RETRY_MS.length) break
      await pause(clock, RETRY_MS[failures++] ?? SLOW_MS)
    }
    running = undefined
    for (const job of queue.splice(0)) job.outcome.reject(new JoineryError('CLOSED'))
  }

  return {
    write<T>(job: (tx: Tx) => Promise<T>): Promise<T> {
      if (closed) return Promise.reject(new JoineryError('CLOSED'))
      const outcome = later<unknown>()
      queue.push({ run: job, outcome })
      running ??= run()
      return outcome.promise as Promise<T>
    },
    failing: () => failing,
    async close() {
      closed = true
      while (running) await running
    },
  }
}
