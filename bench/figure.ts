// What a benchmark gives: numbers with a unit, and what each may be at most.
export interface Figure {
  readonly name: string
  readonly value: number
  readonly unit: string
  /** At most; undefined for a figure that is only told. */
  readonly limit?: number
}

export interface Bench {
  /** One sentence: what is measured, and how. */
  readonly what: string
  run(): Promise<readonly Figure[]>
}

/** A figure in one line. */
export function say({ name, value, unit, limit }: Figure): string {
  const number = Number.isInteger(value) ? String(value) : value.toFixed(value < 10 ? 2 : 1)
  const verdict = limit === undefined ? '' : value <= limit ? `  (at most ${limit}: yes)` : `  (at most ${limit}: NO)`
  return `${name.padEnd(44)} ${number.padStart(10)} ${unit}${verdict}`
}

/** The value below which a share of them lies. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN
}

/** The middle one. */
export function median(values: readonly number[]): number {
  return percentile(values, 0.5)
}
