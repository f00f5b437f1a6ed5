/**
 * Port: time. Laws:
 * - `now` is wall time in ms since 1970 and may jump either way; `monotonic` is ms from an arbitrary start and never goes back.
 * - `after(ms, run)` runs once, not before `ms` by `monotonic` however long that is, never inside the call (also for 0 and less).
 * - Cancelling is idempotent and final: also for a timer that is due, and for no other timer.
 */
export interface Clock {
  now(): number
  monotonic(): number
  after(ms: number, run: () => void): Cancel
}

export type Cancel = () => void
