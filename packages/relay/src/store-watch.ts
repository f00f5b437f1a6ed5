/**
 * Whether the store answers, and what time it is there. Laws:
 * - MN-06: who has not reached the store for five seconds serves nobody, so that clients go where it is reached; and takes them again as soon
 *   as it answers. It is asked once a second while somebody is here and nothing else is heard of it.
 * - MN-13: where many nodes have one store, its time is the time of them all: one that is ten minutes ahead would take stamps that the next
 *   one refuses, and forget what that one keeps. Nobody is let in, and no version is kept or forgotten, before it was told once. A quick
 *   answer is worth more than a slow one, but for one that differs by more than both can be wrong: then a clock was set meanwhile.
 */
import { JoineryError, type Clock, type Store } from '@joinery/core'

const ASK_MS = 1_000
const LOST_MS = 5_000
/** Clocks drift apart, also while commits go on. */
const TIME_MS = 60_000
/** So much of the time that passes, at most. */
const DRIFT = 0.001
/** Wrong by more, it is asked for again soon. */
const CLOSE_MS = 100

export interface StoreWatch {
  /** This machine's clock, set right by the store's. */
  readonly clock: Clock
  /** Whether it answered lately. */
  ready(): boolean
  /** Resolves when the clock is right. */
  readonly told: Promise<void>
  /** It did just now. */
  answered(): void
  /** Somebody came. */
  look(): void
  close(): void
}

export function createStoreWatch({
  store,
  clock,
  wanted,
  lost,
  back,
}: {
  readonly store: Pick<Store, 'head' | 'time'>
  readonly clock: Clock
  /** Whether anybody is here. */
  readonly wanted: () => boolean
  readonly lost: () => void
  readonly back: () => void
}): StoreWatch {
  let offset = 0
  let answeredAt = clock.monotonic()
  let askedAt = -Infinity
  let isReady = true
  let isTold = store.time === undefined
  let timedAt = clock.monotonic()
  /** By how much what was told then may be wrong. */
  let wrongBy = Infinity
  let tell = (): void => undefined
  const told = isTold ? Promise.resolve() : new Promise<void>(resolve => (tell = resolve))
  let stop: (() => void) | undefined
  let isClosed = false

  const answered = (): void => {
    answeredAt = clock.monotonic()
    askedAt = -Infinity
  }

  const timed = (there: number, took: number): void => {
    const now = clock.monotonic()
    // It was told in the middle of the way there and back.
    const told = there + took / 2 - clock.now()
    const nowWrongBy = wrongBy + (now - timedAt) * DRIFT
    const hasStepped = Math.abs(told - offset) > took / 2 + nowWrongBy
    if (took / 2 > nowWrongBy && !hasStepped) return
    offset = told
    wrongBy = took / 2
    timedAt = now
  }

  const ask = async (): Promise<void> => {
    const beganAt = clock.monotonic()
    askedAt = beganAt
    try {
      const there = await (store.time?.() ?? store.head('joinery'))
      if (typeof there === 'number') timed(there, clock.monotonic() - beganAt)
      isTold = true
      tell()
    } catch (error) {
      if (!(error instanceof JoineryError) || error.code === 'UNAVAILABLE') return
    }
    answered()
    if (isReady) return
    isReady = true
    back()
  }

  const isTimeDue = (now: number): boolean =>
    store.time !== undefined && (wrongBy > CLOSE_MS || now - timedAt >= TIME_MS)

  const tick = (): void => {
    stop = undefined
    if (isClosed || (isReady && isTold && !wanted())) return
    const now = clock.monotonic()
    if (isReady && now - answeredAt >= LOST_MS) {
      isReady = false
      lost()
    }
    // An answer that does not come in so long will not.
    const isDue = !isTold || now - answeredAt >= ASK_MS || isTimeDue(now)
    if (isDue && now - askedAt >= ASK_MS) void ask()
    stop = clock.after(ASK_MS, tick)
  }
  if (!isTold) tick()

  return {
    clock: {
      // Half of the way there and back is no whole number, and a store takes no other (`aged`).
      now: () => Math.round(clock.now() + offset),
      monotonic: () => clock.monotonic(),
      after: (ms, run) => clock.after(ms, run),
    },
    ready: () => isReady,
    told,
    answered,
    look() {
      if (stop !== undefined || isClosed) return
      // What it did while nobody was here, nobody knows.
      answeredAt = clock.monotonic()
      stop = clock.after(ASK_MS, tick)
    },
    close() {
      isClosed = true
      stop?.()
    },
  }
}
