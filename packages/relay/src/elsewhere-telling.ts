/**
 * How long it takes other nodes to tell their readers of a commit to one space, so that commits keep a distance by what they cost everywhere
 * (decisions/0025). Laws:
 * - A node says it once for twenty hints and once a second at most, and only where it takes long enough to matter.
 * - It is a hint like others (R5): lost, late or from a liar, edits are acked a few ms later or earlier, and never more than that.
 */
import type { Clock } from '@joinery/core'

/** What one node says of itself. */
export interface Telling {
  readonly node: string
  readonly ms: number
}

export interface ElsewhereTelling {
  /** A hint was told to everybody here, and it took so long. */
  took(ms: number): void
  /** What a node says. */
  heard(telling: Telling): void
  /** How long it takes the others, all together, with the way there, in ms. */
  elsewhere(): number
}

/** The last so many count. */
const MEMORY = 8
/** Who says it after so many hints adds little to what they cost. */
const HINTS = 20
const APART_MS = 1_000
const LEAST_MS = 0.2
/** What the way of a hint costs both its ends, beside telling (`pnpm bench nodes`). */
const WAY_MS = 1
/** What was said is forgotten when it was not said again. */
const STALE_MS = 3_000
/** More than a fleet has that watches one space. */
const NODES = 64

export function createElsewhereTelling(clock: Pick<Clock, 'monotonic'>, say: (ms: number) => void): ElsewhereTelling {
  const saidByNode = new Map<string, { readonly ms: number; readonly until: number }>()
  let mean = 0
  let hints = 0
  let saidAt = -Infinity

  return {
    took(ms) {
      mean += (ms - mean) / MEMORY
      hints += 1
      if (hints < HINTS || mean < LEAST_MS) return
      const now = clock.monotonic()
      if (now - saidAt < APART_MS) return
      hints = 0
      saidAt = now
      say(mean)
    },
    heard({ node, ms }) {
      if (saidByNode.size < NODES || saidByNode.has(node))
        saidByNode.set(node, { ms, until: clock.monotonic() + STALE_MS })
    },
    elsewhere() {
      if (saidByNode.size === 0) return 0
      const now = clock.monotonic()
      let sum = 0
      for (const [node, { ms, until }] of saidByNode) {
        if (until > now) sum += WAY_MS + ms
        else saidByNode.delete(node)
      }
      return sum
    },
  }
}
