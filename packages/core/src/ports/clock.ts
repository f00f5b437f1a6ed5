/**
 * Port: time. Laws:
 * - `now` is wall time in ms since 1970 and may jump either way; `monotonic` is ms from an arbitrary start and never goes back.
 * - `after(ms, run)` runs once, not before `ms` by `monotonic`, never inside the call; cancelling is idempotent and final.
 */
export interface Clock {
  now(): number
  monotonic(): number
  after(ms: number, run: () => void): Cancel
}

export type Cancel = () => void
