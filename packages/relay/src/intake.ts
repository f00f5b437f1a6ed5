/**
 * When to read no more from one connection for a while. Law (T3): a writer who is quicker than he may be, or than the disk, is read more
 * slowly, and nobody is cut for it.
 */
import type { Clock } from '@joinery/core'
import { bucket, type Bucket } from './bucket.ts'
import type { RelayLimits } from './limits.ts'
import type { Cell, Counters } from './log.ts'
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

export interface IntakeOptions {
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
}

export function createIntake(options: IntakeOptions): Intake {
  return new Connected(options)
}

/** A class, since there is one for each connection, and most have little to take in. */
class Connected implements Intake {
  readonly #options: IntakeOptions
  readonly #frames: Cell
  readonly #allBytes: Cell
  readonly #byteTokens: Bucket
  readonly #messageTokens: Bucket
  #owedBytes = 0
  #owedEntries = 0
  #throttledUntil = 0
  #hasThrottled = false
  #isStopped = false
  #isHeld = false

  constructor(options: IntakeOptions) {
    const { counters, clock, limits } = options
    this.#options = options
    this.#frames = counters.cell('frames-in')
    this.#allBytes = counters.cell('bytes-in')
    this.#byteTokens = bucket(limits.bytesPerSecond, limits.burstBytes, clock.monotonic())
    this.#messageTokens = bucket(limits.messagesPerSecond, limits.burstMessages, clock.monotonic())
  }

  look(): void {
    const { limits, waiting, clock, socket } = this.#options
    const isOwing = this.#owedBytes > limits.unackedBytes || this.#owedEntries > limits.unackedEntries
    const isThrottled = this.#throttledUntil > 0 && clock.monotonic() < this.#throttledUntil
    const should = this.#isStopped || waiting() || isOwing || isThrottled
    if (should === this.#isHeld) return
    this.#isHeld = should
    socket.hold?.(should)
  }

  took(bytes: number): void {
    this.#frames.value += 1
    this.#allBytes.value += bytes
    const now = this.#options.clock.monotonic()
    const wait = Math.max(this.#byteTokens.take(bytes, now), this.#messageTokens.take(1, now))
    if (wait === 0) return
    const isNew = this.#throttledUntil <= now
    this.#throttledUntil = now + Math.max(wait, PAUSE_MS)
    if (!isNew) return
    this.#options.throttled(!this.#hasThrottled)
    this.#hasThrottled = true
    this.#lookLater()
  }

  owes(bytes: number): void {
    this.#owedBytes += bytes
    this.#owedEntries += 1
  }

  paid(bytes: number): void {
    this.#owedBytes -= bytes
    this.#owedEntries -= 1
    this.look()
  }

  stop(): void {
    this.#isStopped = true
    this.look()
  }

  /** Looks again when the time is up, which may have moved meanwhile. */
  #lookLater(): void {
    const { clock } = this.#options
    clock.after(this.#throttledUntil - clock.monotonic(), () => {
      if (clock.monotonic() < this.#throttledUntil) this.#lookLater()
      else this.look()
    })
  }
}
