/**
 * How long a commit waits for company (decisions/0007). Laws:
 * - Whoever writes now and then waits for nobody.
 * - While edits come so quickly that others would join, a commit comes some time after the one before, so that many share an fsync: the
 *   longer, up to `distanceMs`, the quicker they come; and longer by what it costs other nodes, up to twice as long (decisions/0025).
 * - Nobody is kept waiting for what does not come: once as many edits have come as a commit held lately, those who answer what it showed
 *   have answered; and when nothing comes for a while, the shorter the quicker they came, nothing will.
 */
import type { Clock } from '@joinery/core'
import { createPace } from './pace.ts'

/** How quickly edits come is judged by about so long. */
const PACE_MS = 50
/** When fewer are likely to come within the distance, nobody is waited for; with so many, it is waited for in full. */
const FEW = 3
const MANY = 9
/** When nothing came in so large a part of the distance, nothing will; and in so large a part, where thousands come in a second. */
const QUIET = 1 / 3
const QUIET_IN_HEAPS = 1 / 12
/**
 * One of so many commits waits for more than the last ones held, and shows how large the crowd is: two halves of one, by turns, look like a
 * small one.
 */
const PROBE = 16
/** When others are likely to come in so long, they are read in one heap: to wake for each costs as much as to read it. */
const NAP_MS = 0.2

export interface Spacing {
  /** An edit came. */
  came(): void
  /** Resolves when the next commit may be put together; undefined when that is now. */
  apart(): Promise<void> | undefined
  /** A commit is put together, of all that came. */
  gathered(): void
  /** Everybody here was told of it who had to be; it costs other nodes so many ms. */
  settled(elsewhere?: number): void
}

export interface SpacingOptions {
  readonly clock: Pick<Clock, 'monotonic' | 'after'>
  /** The most that two commits are kept apart, in ms. */
  readonly distanceMs: number
  /** Resolves once what has arrived by now has been read. */
  readonly turn: () => Promise<void>
  /** Stops everything for so many ms, a fraction of one; nothing of the kind if absent. */
  readonly nap?: ((ms: number) => void) | undefined
}

export function createSpacing({ clock, distanceMs, turn, nap }: SpacingOptions): Spacing {
  const pace = createPace(PACE_MS)
  let settledAt = -Infinity
  /** The most of all parts of a commit. */
  let elsewhereMs = 0
  let came = 0
  /** When the first of them came. */
  let cameAt = -Infinity
  let crowd = 0
  let commits = 0
  let enough: (() => void) | undefined

  const isProbe = (): boolean => commits % PROBE === PROBE - 1
  const isEnough = (): boolean => came >= crowd && !isProbe()
  const inHeaps = (now: number): boolean => pace.expected(NAP_MS, now) >= 1
  const quietMs = (now: number): number => distanceMs * (inHeaps(now) ? QUIET_IN_HEAPS : QUIET)

  /** At most until then; true when enough have come. */
  const sleep = (ms: number): Promise<boolean> =>
    new Promise(done => {
      const stop = clock.after(ms, () => {
        enough = undefined
        done(false)
      })
      enough = () => {
        enough = undefined
        stop()
        done(true)
      }
    })

  const wait = async (until: number): Promise<void> => {
    const quiet = quietMs(clock.monotonic())
    let isHeap = nap !== undefined && inHeaps(clock.monotonic())
    for (let left = until - clock.monotonic(); left > 0 && !isEnough(); left = until - clock.monotonic()) {
      const before = came
      if (isHeap) {
        nap?.(NAP_MS)
        await turn()
        isHeap = came > before
      } else if (await sleep(Math.min(left, quiet))) {
        // More of them may have been read with the last.
        await turn()
      } else if (came === before) return
    }
  }

  return {
    came() {
      if (came === 0) cameAt = clock.monotonic()
      came += 1
      if (enough !== undefined && isEnough()) enough()
    },
    apart() {
      const now = clock.monotonic()
      const likely = pace.expected(distanceMs, now)
      const until = settledAt + (distanceMs + Math.min(distanceMs, elsewhereMs)) * Math.min(1, likely / MANY)
      const isLate = cameAt - settledAt >= quietMs(now)
      return likely < FEW || isLate || now >= until || isEnough() ? undefined : wait(until)
    },
    gathered() {
      pace.came(came, clock.monotonic())
      crowd = isProbe() ? came : Math.max(crowd, came)
      commits += 1
      came = 0
      elsewhereMs = 0
    },
    settled(elsewhere = 0) {
      settledAt = clock.monotonic()
      elsewhereMs = Math.max(elsewhereMs, elsewhere)
    },
  }
}
