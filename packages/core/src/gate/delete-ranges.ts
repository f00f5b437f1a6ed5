/**
 * Sets of clocks, per author: what is deleted. Law: ranges as given out ascend, are not empty and do not touch, so that two are equal exactly
 * when they hold the same.
 */
import type { ClockRange } from './arrange.ts'

export type RangesByAuthor = ReadonlyMap<number, readonly ClockRange[]>

/**
 * A set that grows. What is added is put in order when somebody looks.
 *
 * @internal
 */
export class DeleteRanges {
  private readonly byAuthor = new Map<number, ClockRange[]>()
  private readonly untidy = new Set<number>()

  add(author: number, from: number, to: number): void {
    const ranges = this.byAuthor.get(author)
    if (ranges === undefined) {
      this.byAuthor.set(author, [{ from, to }])
      return
    }
    const last = ranges.at(-1)
    if (last !== undefined && from <= last.to) {
      if (from >= last.from) {
        if (to > last.to) ranges[ranges.length - 1] = { from: last.from, to }
        return
      }
      this.untidy.add(author)
    }
    ranges.push({ from, to })
  }

  /** Which there are, in order. */
  tidy(): RangesByAuthor {
    for (const author of this.untidy) this.byAuthor.set(author, inOrder(this.byAuthor.get(author) ?? []))
    this.untidy.clear()
    return this.byAuthor
  }

  /** Those of `ranges`, in order, that are not here. */
  lacks(author: number, ranges: readonly ClockRange[]): ClockRange[] {
    const held = this.tidy().get(author) ?? []
    const lacking: ClockRange[] = []
    let at = firstEndingBehind(held, ranges[0]?.from ?? 0)
    for (const { from, to } of ranges) {
      let clock = from
      for (let range = held[at]; range !== undefined && range.from < to; range = held[at]) {
        if (range.from > clock) lacking.push({ from: clock, to: range.from })
        if (range.to > clock) clock = range.to
        if (range.to > to) break
        at += 1
      }
      if (clock < to) lacking.push({ from: clock, to })
    }
    return lacking
  }
}

function inOrder(ranges: readonly ClockRange[]): ClockRange[] {
  const sorted = ranges.toSorted((a, b) => a.from - b.from)
  const joined: ClockRange[] = []
  for (const { from, to } of sorted) {
    const last = joined.at(-1)
    if (last === undefined || from > last.to) joined.push({ from, to })
    else if (to > last.to) joined[joined.length - 1] = { from: last.from, to }
  }
  return joined
}

function firstEndingBehind(ranges: readonly ClockRange[], clock: number): number {
  let low = 0
  let high = ranges.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((ranges[middle] as ClockRange).to <= clock) low = middle + 1
    else high = middle
  }
  return low
}
