/**
 * The platform's own time: `Date.now`, `performance.now`, `setTimeout`.
 * Scars: a `setTimeout` of more than 2^31 ms fires at once, and Node's may fire a fraction of a millisecond early. Some browsers stop
 * `performance.now` while the machine sleeps: a deadline then comes later, never sooner.
 */
import type { Clock } from '@joinery/core'

const LONGEST_MS = 2 ** 31 - 1

/**
 * The clock of this machine. With `unref`, waiting timers do not keep a Node process alive.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { systemClock } from '@joinery/adapters/clock/system'
 *
 * const clock = systemClock()
 * const start = clock.monotonic()
 * await new Promise<void>(resolve => clock.after(10, resolve))
 * assert.ok(clock.monotonic() - start >= 10)
 * ```
 */
export function systemClock(options: { readonly unref?: boolean } = {}): Clock {
  return {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    after(ms, run) {
      const end = performance.now() + (ms > 0 ? ms : 0)
      let timer: ReturnType<typeof setTimeout>
      const wait = (): void => {
        // Less than nothing when this thread had to wait between the two looks.
        const left = Math.max(0, Math.ceil(end - performance.now()))
        timer = setTimeout(() => (end > performance.now() ? wait() : run()), Math.min(left, LONGEST_MS))
        // Timers are numbers in browsers, where nothing is kept alive by them.
        if (options.unref === true) (timer as { unref?(): void }).unref?.()
      }
      wait()
      return () => clearTimeout(timer)
    },
  }
}
