/**
 * When to read no more from one connection for a while. Law (T3): a writer who is quicker than he may be, or than the disk, is read more
 * slowly, and nobody is cut for it.
 */
import type { Clock } from '@joinery/core'
import { bucket } from './bucket.ts'
import type { RelayLimits } from './limits.ts'
import type { Counters } from './log.ts'
import type { Socket } from './socket.ts'

/** At least, so that whoever is too quick is read in heaps, and costs no pause for each message. */
const PAUSE_MS = 50

export interface Intake {
  /** A frame arrived. */
  took(bytes: number): void
  /** An edit was handed on, or answered. */
  owes(bytes: number): void
  paid(bytes: number): void
  /** Something outside of this changed: looks again whether to read. */
  look(): void
  /** Reads no more, for good. */
  stop(): void
}

export function createIntake(options: {
  readonly socket: Socket
  readonly clock: Clock
  readonly limits: Pick<
    RelayLimits,
    'bytesPerSecond' | 'burstBytes' | 'messagesPerSecond' | 'burstMessages' | 'unackedBytes' | 'unackedEntries'
  >
  /** Whether an answer is awaited before more is read. */
  readonly waiting: () => boolean
  /** Too much came; said once more each time it does. */
  readonly throttled: (isFirst: boolean) => void
  readonly counters: Pick<Counters, 'cell'>
}): Intake {
  const { socket, clock, limits } = options
  const frames = options.counters.cell('frames-in')
  const allBytes = options.counters.cell('bytes-in')
  const byteTokens = bucket(limits.bytesPerSecond, limits.burstBytes, clock.monotonic())
  const messageTokens = bucket(limits.messagesPerSecond, limits.burstMessages, clock.monotonic())
  let owedBytes = 0
  let owedEntries = 0
  let throttledUntil = 0
  let hasThrottled = false
  let isStopped = false
  let isHeld = false

  const look = (): void => {
    const isOwing = owedBytes > limits.unackedBytes || owedEntries > limits.unackedEntries
    const isThrottled = throttledUntil > 0 && clock.monotonic() < throttledUntil
    const should = isStopped || options.waiting() || isOwing || isThrottled
    if (should === isHeld) return
    isHeld = should
    socket.hold?.(should)
  }

  /** Looks again when the time is up, which may have moved meanwhile. */
  const lookLater = (): void => {
    clock.after(throttledUntil - clock.monotonic(), () => {
      if (clock.monotonic() < throttledUntil) lookLater()
      else look()
    })
  }

  return {
    look,
    took(bytes) {
      frames.value += 1
      allBytes.value += bytes
      const now = clock.monotonic()
      const wait = Math.max(byteTokens.take(bytes, now), messageTokens.take(1, now))
      if (wait === 0) return
      const isNew = throttledUntil <= now
      throttledUntil = now + Math.max(wait, PAUSE_MS)
      if (!isNew) return
      options.throttled(!hasThrottled)
      hasThrottled = true
      lookLater()
    },
    owes(bytes) {
      owedBytes += bytes
      owedEntries += 1
    },
    paid(bytes) {
      owedBytes -= bytes
      owedEntries -= 1
      look()
    },
    stop() {
      isStopped = true
      look()
    },
  }
}
