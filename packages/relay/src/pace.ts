/** How quickly something comes, judged by what came lately: what came a while ago counts for less and less. */
export interface Pace {
  came(count: number, now: number): void
  /** How many are likely to come within so many ms. */
  expected(ms: number, now: number): number
}

/** `memoryMs`: after so long, a little more than a third of what came still counts. */
export function createPace(memoryMs: number): Pace {
  let weight = 0
  let at = 0
  const weightAt = (now: number): number => weight * Math.exp((at - now) / memoryMs)
  return {
    came(count, now) {
      weight = weightAt(now) + count
      at = now
    },
    expected: (ms, now) => (weightAt(now) / memoryMs) * ms,
  }
}
