/**
 * What the scan keeps of each struct until all are read: where it starts and what it refers to. Columns, since an update has up to two
 * million structs; one table, used again for each scan, since most updates have one.
 */

/** No author and no clock. */
export const NONE = -1

/** How a struct finds the type it is in. */
const ROOTED = 0
/** Where its neighbour is: the anchor is its origin, or else its right origin. */
export const BESIDE = 1
/** In the type that its anchor holds. */
export const INSIDE = 2
/** One of these three. */
export const PLACE = 3
/** Under a key, as far as is known: an item behind an origin is where that is, and its own word counts only when that is not here. */
export const KEYED = 4
/** Of more clocks than one, and not deleted by what it holds. */
export const LONG = 8

/** Above this many rows a table is not kept for the next scan. */
const KEPT_ROWS = 131_072

export interface Section {
  readonly author: number
  /** Clocks `[from, to)`. */
  readonly from: number
  readonly to: number
  /** Rows `[first, last)`. */
  readonly first: number
  readonly last: number
  readonly gcOnly: boolean
}

export class StructTable {
  rows = 0
  readonly sections: Section[] = []
  /** Structs that refer to another author's, so that their order must be looked at. */
  foreign = 0
  /** Structs that add a type, so that depth must be looked at. */
  types = 0
  /** Structs under a key, and long ones: with both, it must be looked at whether any is both. */
  keyed = 0
  long = 0
  /** The greatest of `inner`. */
  deepest = 0
  private capacity: number

  start: Float64Array
  anchorAuthor: Float64Array
  anchorClock: Float64Array
  /** The right origin, when the anchor is the left one. */
  rightAuthor: Float64Array
  rightClock: Float64Array
  /** Its place, and whether it is `KEYED` and `LONG`. */
  flags: Uint8Array
  /** What it adds to the depth of where it is: 1 for a type, the nesting of its value otherwise. */
  inner: Uint16Array
  /** How many types of this update it is inside of. Filled in by `arrange`. */
  level: Uint16Array

  constructor(capacity: number) {
    this.capacity = capacity
    this.start = new Float64Array(capacity)
    this.anchorAuthor = new Float64Array(capacity)
    this.anchorClock = new Float64Array(capacity)
    this.rightAuthor = new Float64Array(capacity)
    this.rightClock = new Float64Array(capacity)
    this.flags = new Uint8Array(capacity)
    this.inner = new Uint16Array(capacity)
    this.level = new Uint16Array(capacity)
  }

  /** A new row, its references empty, in room that was reserved. */
  add(start: number): number {
    const row = this.rows++
    this.start[row] = start
    this.anchorAuthor[row] = NONE
    this.rightAuthor[row] = NONE
    this.flags[row] = ROOTED
    this.inner[row] = 0
    return row
  }

  /** Makes room for as many more rows. The count has been held against the bytes that are left, and nothing is touched before its time. */
  reserve(count: number): void {
    const wanted = this.rows + count
    if (wanted <= this.capacity) return
    const bigger = new StructTable(Math.max(wanted, this.capacity * 2))
    bigger.start.set(this.start)
    bigger.anchorAuthor.set(this.anchorAuthor)
    bigger.anchorClock.set(this.anchorClock)
    bigger.rightAuthor.set(this.rightAuthor)
    bigger.rightClock.set(this.rightClock)
    bigger.flags.set(this.flags)
    bigger.inner.set(this.inner)
    this.capacity = bigger.capacity
    this.start = bigger.start
    this.anchorAuthor = bigger.anchorAuthor
    this.anchorClock = bigger.anchorClock
    this.rightAuthor = bigger.rightAuthor
    this.rightClock = bigger.rightClock
    this.flags = bigger.flags
    this.inner = bigger.inner
    this.level = bigger.level
  }

  /** Where a row ends. */
  endOf(section: Section, row: number): number {
    return row + 1 < section.last ? (this.start[row + 1] as number) : section.to
  }

  /** The row of the struct of `section` that covers `clock`, which is inside it. */
  rowAt(section: Section, clock: number): number {
    let low = section.first
    let high = section.last - 1
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if ((this.start[middle] as number) <= clock) low = middle
      else high = middle - 1
    }
    return low
  }

  clear(): void {
    this.rows = 0
    this.sections.length = 0
    this.foreign = 0
    this.types = 0
    this.keyed = 0
    this.long = 0
    this.deepest = 0
  }

  /** Notes that a row nests so deep. */
  nests(row: number, depth: number): void {
    if (depth > (this.inner[row] as number)) this.inner[row] = depth
    if (depth > this.deepest) this.deepest = depth
  }

  get isKept(): boolean {
    return this.capacity <= KEPT_ROWS
  }
}
