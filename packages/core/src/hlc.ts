/**
 * Hybrid logical clock (Kulkarni et al. 2014): stamps that order edits by real time where clocks agree and by cause where they do not.
 * Laws: a stamp is 15 ASCII characters, `~`, 10 of base32hex milliseconds, 4 of counter, so that comparing strings compares stamps;
 * a clock never gives the same or a smaller stamp twice, also when the wall clock jumps back; what it has seen is always before what it gives.
 */
import type { Clock } from './ports/clock.ts'

const STAMP = /^~[0-9a-v]{14}$/
const COUNTER_MAX = 32 ** 4 - 1

/** The year 19,808: no real clock is there, and a clock that followed would run out of digits. */
const MILLIS_MAX = 2 ** 49

/** A stamp further ahead of the relay's clock than this is refused (`STAMP_AHEAD`). */
export const STAMP_AHEAD_MS = 120_000

export type Stamp = string

export interface HybridClock {
  /** A stamp later than every stamp given or seen before. */
  next(): Stamp
  /** Makes everything given from now on later than `stamp`. */
  saw(stamp: Stamp): void
  /** Corrects this device's wall clock by what the relay told, in ms to add. */
  correct(offset: number): void
  /** Forgets how far ahead it has run, after the relay refused a stamp: the next one follows the corrected clock. */
  restart(): void
  /** Corrected wall time in ms. */
  now(): number
}

/**
 * A hybrid logical clock over a wall clock.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { hybridClock } from '@joinery/core'
 *
 * const clock = hybridClock({ now: () => 1_000 })
 * const first = clock.next()
 * assert.ok(clock.next() > first)
 * ```
 */
export function hybridClock(clock: Pick<Clock, 'now'>): HybridClock {
  let millis = 0
  let counter = 0
  let offset = 0
  let told = false
  const now = (): number => Math.max(0, Math.floor(clock.now() + offset))
  return {
    now,
    next() {
      const wall = now()
      if (wall > millis) {
        millis = wall
        counter = 0
      } else if (counter === COUNTER_MAX) {
        millis += 1
        counter = 0
      } else {
        counter += 1
      }
      return stampOf(millis, counter)
    },
    saw(stamp) {
      if (!isStamp(stamp)) return
      const seen = millisOf(stamp)
      const seenCounter = counterOf(stamp)
      // A stamp that no relay would take must not drag this clock along. Which those are, only a clock that was told the relay's time
      // knows: one that was never online and runs slow must follow what it sees, or its edits would lose to older ones.
      if (seen > (told ? now() + STAMP_AHEAD_MS : MILLIS_MAX)) return
      if (seen > millis || (seen === millis && seenCounter > counter)) {
        millis = seen
        counter = seenCounter
      }
    },
    correct(by) {
      offset = by
      told = true
    },
    restart() {
      millis = 0
      counter = 0
    },
  }
}

/**
 * The stamp of a moment.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { stampOf, millisOf } from '@joinery/core'
 *
 * assert.equal(millisOf(stampOf(1_700_000_000_000, 3)), 1_700_000_000_000)
 * ```
 */
export function stampOf(millis: number, counter: number): Stamp {
  return '~' + millis.toString(32).padStart(10, '0') + counter.toString(32).padStart(4, '0')
}

/**
 * Whether a value is a stamp.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { isStamp, stampOf } from '@joinery/core'
 *
 * assert.ok(isStamp(stampOf(1, 0)))
 * assert.ok(!isStamp('~'))
 * ```
 */
export function isStamp(value: unknown): value is Stamp {
  return typeof value === 'string' && STAMP.test(value)
}

/**
 * The milliseconds of a stamp.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { stampOf, millisOf } from '@joinery/core'
 *
 * assert.equal(millisOf(stampOf(42, 0)), 42)
 * ```
 */
export function millisOf(stamp: Stamp): number {
  return Number.parseInt(stamp.slice(1, 11), 32)
}

function counterOf(stamp: Stamp): number {
  return Number.parseInt(stamp.slice(11), 32)
}
