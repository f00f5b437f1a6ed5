/**
 * Threads for what must not run on the main one. Laws (T2, CR-22, CR-23):
 * - A job has a time and a memory budget; one that breaks its thread rejects, and the next job gets a new thread.
 * - Nothing else is lost with a thread: one job at a time in each.
 * - What waits is bounded: above it UNAVAILABLE, which says nothing about the job.
 */
import { JoineryError, type Clock } from '@joinery/core'
import { Worker } from 'node:worker_threads'
import type { Job, JobMessage, JobResult } from './jobs.ts'

export interface Pool {
  run(job: Job): Promise<JobResult>
  close(): Promise<void>
}

interface Waiting {
  readonly job: Job
  resolve(result: JobResult): void
  reject(error: Error): void
}

export function createPool(options: {
  readonly url: URL
  readonly threads: number
  readonly timeoutMs: number
  readonly memoryMb: number
  readonly maxWaiting: number
  readonly clock: Clock
}): Pool {
  const { url, clock } = options
  const waiting: Waiting[] = []
  const idle: Worker[] = []
  const busy = new Set<Worker>()
  let closed = false

  const next = (): void => {
    while (!closed && waiting.length > 0 && busy.size < options.threads) {
      const work = waiting.shift()
      if (work !== undefined) start(work)
    }
  }

  const start = ({ job, resolve, reject }: Waiting): void => {
    const worker =
      idle.pop() ?? new Worker(url, { resourceLimits: { maxOldGenerationSizeMb: options.memoryMb }, stdout: false })
    worker.ref()
    busy.add(worker)
    const done = (isAlive: boolean): void => {
      cancel()
      worker.removeAllListeners()
      // A thread that is on its way out may still complain.
      worker.on('error', () => undefined)
      busy.delete(worker)
      if (isAlive && !closed) {
        worker.unref()
        idle.push(worker)
      } else void worker.terminate()
      next()
    }
    const cancel = clock.after(options.timeoutMs, () => {
      done(false)
      reject(new Error('it took too long'))
    })
    worker.on('message', (message: JobMessage) => {
      done(true)
      if ('error' in message) reject(new Error(message.error))
      else resolve(message.result)
    })
    worker.on('error', error => {
      done(false)
      reject(error instanceof Error ? error : new Error('the thread broke'))
    })
    worker.on('exit', () => {
      done(false)
      reject(new Error('the thread ended'))
    })
    worker.postMessage(job)
  }

  return {
    run(job) {
      if (closed || waiting.length >= options.maxWaiting) return Promise.reject(new JoineryError('UNAVAILABLE', { what: 'workers' }))
      return new Promise((resolve, reject) => {
        waiting.push({ job, resolve, reject })
        next()
      })
    },
    async close() {
      closed = true
      for (const { reject } of waiting.splice(0)) reject(new JoineryError('CLOSED'))
      await Promise.all([...idle, ...busy].map(worker => worker.terminate()))
    },
  }
}
