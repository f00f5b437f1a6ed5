// One fault, as somebody does it to a relay, and what he found out about it meanwhile.
export interface FaultRow {
  /** As in the titles of its tests. */
  readonly id: string
  readonly what: string
  act(port: number): Promise<FaultReport>
}

export interface FaultReport {
  /** What became of him. */
  readonly outcome: string
  /** How long it took until it did, in ms, and how long it may. */
  readonly took?: number
  readonly limit?: number
}

/** Milliseconds that it took, and what came of it. */
export async function timed<T>(work: Promise<T>): Promise<{ readonly ms: number; readonly value: T }> {
  const began = performance.now()
  const value = await work
  return { ms: performance.now() - began, value }
}

/** What came how often, the most frequent first. */
export function tally(outcomes: Iterable<string>): string {
  const counts = new Map<string, number>()
  for (const outcome of outcomes) counts.set(outcome, (counts.get(outcome) ?? 0) + 1)
  const sorted = [...counts].toSorted((a, b) => b[1] - a[1])
  return sorted.map(([outcome, count]) => (count === 1 ? outcome : `${count} × ${outcome}`)).join(', ')
}
