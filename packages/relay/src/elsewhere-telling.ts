/**
 * What it costs other nodes to tell their readers of a commit to one space, so that commits keep as much of a distance as if those readers were
 * here (decisions/0025). Laws:
 * - A node says it once for twenty times that it told readers what others wrote, and once a second at most.
 * - It is a hint like others (R5): lost, late or from a liar, commits are farther apart or less, and never more than twice as far.
 */
import type { Clock } from '@joinery/core'

/** What one node says of itself. */
export interface Telling {
  readonly node: string
  readonly ms: number
}

export interface ElsewhereTelling {
  /** What others wrote was told to everybody here, and it took so long. */
  took(ms: number): void
  /** What a node says. */
  heard(telling: Telling): void
  /** What a commit costs the others, all together, in ms. */
  elsewhere(): number
}

/** The last so many count. */
const MEMORY = 8
/** One that took longer was something else than telling. */
const MOST_MS = 20
/** Who says it after so many adds little to what they cost. */
const TIMES = 20
const APART_MS = 1_000
/** What was said is forgotten when it was not said again. */
const STALE_MS = 3_000
/** More than a fleet has that watches one space. */
const NODES = 64
/** What a hint costs both its ends, about, beside telling. */
const WAY_MS = 1

export function createElsewhereTelling(clock: Pick<Clock, 'monotonic'>, say: (ms: number) => void): ElsewhereTelling {
  const saidByNode = new Map<string, { readonly ms: number; readonly until: number }>()
  let mean = 0
  let times = 0
  let saidAt = -Infinity

  const forget = (): void => {
    const now = clock.monotonic()
    for (const [node, { until }] of saidByNode) if (until <= now) saidByNode.delete(node)
  }

  return {
    took(ms) {
      mean += (Math.min(ms, MOST_MS) - mean) / MEMORY
      times += 1
      if (times < TIMES) return
      const now = clock.monotonic()
      if (now - saidAt < APART_MS) return
      times = 0
      saidAt = now
      say(mean)
    },
    heard({ node, ms }) {
      forget()
      if (saidByNode.size < NODES || saidByNode.has(node))
        saidByNode.set(node, { ms, until: clock.monotonic() + STALE_MS })
    },
    elsewhere() {
      if (saidByNode.size === 0) return 0
      forget()
      let sum = 0
      for (const { ms } of saidByNode.values()) sum += WAY_MS + ms
      return sum
    },
  }
}
