/**
 * Time that a test turns by hand. It keeps the laws of the Clock port, and:
 * - Nothing passes but by `advance`. Timers run one by one in the order of their times, those of one moment in the order they were set.
 * - After each timer everything it set off has settled before the next one runs, so one history is the same each time it is told.
 */
import type { Cancel, Clock } from '../ports/clock.ts'

export interface VirtualClock extends Clock {
  /** Lets `ms` pass and runs everything due, also what becomes due on the way. `settle` replaces the clock's own for this once. */
  advance(ms: number, settle?: Settle): Promise<void>
  /** `monotonic` of the next timer, or undefined when none is set. */
  nextAt(): number | undefined
  /** The clock of one machine that reads the same time, and tells another: its wall clock is `ms` ahead (behind, if negative). */
  skewed(ms: number): SkewedClock
}

/** One machine's clock on virtual time. */
export interface SkewedClock extends Clock {
  /** The wall clock jumps by `ms`; `monotonic` does not. */
  jump(ms: number): void
  /** The machine sleeps for `ms`: none of its timers runs meanwhile; those that fell due run, in order, when it wakes. */
  sleep(ms: number): void
  /** The process is gone: no timer of this clock runs any more, set or to be set. */
  stop(): void
}

/** Resolves when everything that has been set off has come to rest, as far as it needs no time. */
export type Settle = () => Promise<void>

interface Timer {
  readonly at: number
  readonly run: () => void
}

const START = Date.UTC(2026, 0, 1)
const MICROTASKS = 100
/** More timers than this in one moment set each other off for ever. */
const TIMERS_A_MOMENT = 100_000

/**
 * A clock that stands still until it is advanced. It starts at `start` ms since 1970 (the first moment of 2026). `settle` lets promises
 * run between timers: the one given by default awaits 100 microtasks, which needs no platform; with real I/O in the test (a database, a
 * stream) give one that waits for a macrotask, such as `() => new Promise(resolve => setImmediate(resolve))` in Node.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { virtualClock } from '@joinery/core/testing'
 *
 * const clock = virtualClock()
 * const rung: number[] = []
 * clock.after(60_000, () => rung.push(clock.monotonic()))
 * await clock.advance(59_999)
 * assert.deepEqual(rung, [])
 * await clock.advance(1)
 * assert.deepEqual(rung, [60_000])
 *
 * const phone = clock.skewed(-3_600_000)
 * assert.equal(phone.now(), clock.now() - 3_600_000)
 * ```
 */
export function virtualClock(options: { readonly start?: number; readonly settle?: Settle } = {}): VirtualClock {
  const start = options.start ?? START
  const settleByDefault = options.settle ?? settleMicrotasks
  /** By time, then by when they were set. */
  const timers: Timer[] = []
  let time = 0
  let advancing = false

  const after = (ms: number, run: () => void): Cancel => {
    const timer = { at: time + (ms > 0 ? ms : 0), run }
    timers.splice(placeOf(timer.at, timers), 0, timer)
    return () => {
      const place = timers.indexOf(timer)
      if (place >= 0) timers.splice(place, 1)
    }
  }

  const advance = async (ms: number, settle: Settle = settleByDefault): Promise<void> => {
    if (advancing) throw new Error('the clock is being advanced already')
    advancing = true
    try {
      const until = time + ms
      let moment = time
      let run = 0
      await settle()
      for (let timer = timers[0]; timer !== undefined && timer.at <= until; timer = timers[0]) {
        timers.shift()
        time = timer.at
        run = time === moment ? run + 1 : 0
        moment = time
        if (run > TIMERS_A_MOMENT) throw new Error(`timers at ${time} ms set each other off without end`)
        timer.run()
        await settle()
      }
      time = until
    } finally {
      advancing = false
    }
  }

  const clock: VirtualClock = {
    now: () => start + time,
    monotonic: () => time,
    after,
    advance,
    nextAt: () => timers[0]?.at,
    skewed: ms => skewedClock(clock, ms),
  }
  return clock
}

function skewedClock(clock: Clock, by: number): SkewedClock {
  let ahead = by
  let asleepUntil = 0
  let stopped = false
  return {
    now: () => clock.now() + ahead,
    monotonic: () => clock.monotonic(),
    after(ms, run) {
      const whenAwake = (): void => {
        if (stopped) return
        const left = asleepUntil - clock.monotonic()
        // All that fall due in one sleep are set anew in their order, so they keep it.
        if (left > 0) cancel = clock.after(left, whenAwake)
        else run()
      }
      let cancel = clock.after(ms, whenAwake)
      return () => cancel()
    },
    jump(ms) {
      ahead += ms
    },
    sleep(ms) {
      asleepUntil = Math.max(asleepUntil, clock.monotonic() + ms)
    },
    stop() {
      stopped = true
    },
  }
}

/** Where a timer goes: behind all that are not later. */
function placeOf(at: number, timers: readonly Timer[]): number {
  let [low, high] = [0, timers.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((timers[middle]?.at ?? Infinity) <= at) low = middle + 1
    else high = middle
  }
  return low
}

async function settleMicrotasks(): Promise<void> {
  for (let i = 0; i < MICROTASKS; i++) await Promise.resolve()
}
