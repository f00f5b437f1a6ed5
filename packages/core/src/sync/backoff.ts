/** How long to wait before the next attempt: full jitter under a growing cap, so that a herd spreads out (WS-17). */
const CAPS = [1_000, 2_000, 4_000, 8_000, 30_000] as const

/** Milliseconds to wait before attempt number `failures + 1`; `chance` is uniform in [0, 1). */
export function backoff(failures: number, chance: number): number {
  const cap = CAPS[Math.min(failures, CAPS.length - 1)] ?? 30_000
  return Math.floor(chance * cap)
}
