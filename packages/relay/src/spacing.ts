/**
 * How long a commit waits for company (decisions/0007). Laws:
 * - Whoever writes now and then waits for nobody.
 * - While edits come so quickly that others would join, two commits are `distanceMs` apart, so that many share an fsync.
 * - A crowd is not kept waiting: once as many edits have come as a commit held lately, those who answer what it showed have answered.
 */
import type { Clock } from '@joinery/core'
import { createPace } from './pace.ts'

/** How quickly edits come is judged by about so long. */
const PACE_MS = 50
/** So many edits share an fsync well enough. */
const CROWD = 32
/** One of so many commits is waited for in full, and shows how large the crowd is: two halves of one, by turns, look like a small one. */
const PROBE = 16

export interface Spacing {
  /** An edit came. */
  came(): void
  /** Resolves when the next commit may be put together; undefined when that is now. */
  apart(): Promise<void> | undefined
  /** A commit is put together, of all that came. */
  gathered(): void
  /** Everybody who had to be told of it was. */
  settled(): void
}

export function createSpacing(options: {
  readonly clock: Pick<Clock, 'monotonic' | 'after'>
  readonly distanceMs: number
  /** Resolves once what has arrived by now has been read. */
  readonly turn: () => Promise<void>
}): Spacing {
  const { clock, distanceMs } = options
  const pace = createPace(PACE_MS)
  let settledAt = -Infinity
  let came = 0
  let crowd = 0
  let commits = 0
  let enough: (() => void) | undefined

  const isEnough = (): boolean => came >= CROWD && came >= crowd && !isProbe()
  const isProbe = (): boolean => commits % PROBE === PROBE - 1

  const wait = async (ms: number): Promise<void> => {
    const isCrowd = await new Promise<boolean>(done => {
      const stop = clock.after(ms, () => done(false))
      enough = () => {
        stop()
        done(true)
      }
    })
    enough = undefined
    // More of them may have been read with the last.
    if (isCrowd) await options.turn()
  }

  return {
    came() {
      came += 1
      if (enough !== undefined && isEnough()) enough()
    },
    apart() {
      const now = clock.monotonic()
      const left = settledAt + distanceMs - now
      return left > 0 && !isEnough() && pace.expected(distanceMs, now) >= 1 ? wait(left) : undefined
    },
    gathered() {
      pace.came(came, clock.monotonic())
      crowd = isProbe() ? came : Math.max(crowd, came)
      commits += 1
      came = 0
    },
    settled() {
      settledAt = clock.monotonic()
    },
  }
}
