/** What was asked of a thing before it was closed is finished, and what is asked after is CLOSED. */
import { JoineryError } from '@joinery/core'

export interface AskedWork {
  /** Runs the work and gives its outcome, or CLOSED. */
  ask<T>(work: () => Promise<T>): Promise<T>
  /** Refuses from now on, and resolves when all that was asked has settled. */
  close(): Promise<void>
}

export function askedWork(): AskedWork {
  const running = new Set<Promise<unknown>>()
  let closed = false
  return {
    ask(work) {
      if (closed) return Promise.reject(new JoineryError('CLOSED'))
      const outcome = work()
      const settled = (): void => void running.delete(outcome)
      running.add(outcome)
      outcome.then(settled, settled)
      return outcome
    },
    async close() {
      closed = true
      await Promise.allSettled(running)
    },
  }
}
