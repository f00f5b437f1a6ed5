/**
 * The second half of an update: which clocks it deletes. Laws: an author comes once; ranges are not empty, ascend and do not overlap
 * (Yjs writes them so; overlapping ones make it walk the same structs again for each); none ends over the greatest clock.
 */
import { AuthorsOnce } from './authors-once.ts'
import type { ClockRange } from './arrange.ts'
import type { Cursor } from './cursor.ts'
import type { ScanLimits } from './limits.ts'

/** Deleted clocks of one author end here. */
export interface DeleteEnd {
  readonly author: number
  readonly to: number
}

export interface Deletes {
  readonly ends: readonly DeleteEnd[]
  readonly ranges: number
}

const NONE: Deletes = { ends: [], ranges: 0 }

/**
 * Reads the delete set, or refuses through the cursor.
 *
 * @internal
 */
export function readDeletes(cursor: Cursor, limits: ScanLimits): Deletes {
  const clients = cursor.count(4)
  if (clients <= 0) return NONE
  if (clients > limits.maxClients) {
    cursor.refuse('TOO_MANY_AUTHORS', 'deletes of too many authors')
    return NONE
  }
  const once = new AuthorsOnce()
  const ends: DeleteEnd[] = []
  let ranges = 0
  for (let i = 0; i < clients; i++) {
    const author = cursor.uint()
    const count = cursor.count(2)
    if (count < 0) return NONE
    if (count === 0) cursor.refuse('BAD_UPDATE', 'an author without deletes')
    else if (!once.add(author)) cursor.refuse('BAD_UPDATE', 'deletes of one author twice')
    const to = readRanges(cursor, count, limits)
    if (to < 0) return NONE
    ends.push({ author, to })
    ranges += count
  }
  return { ends, ranges }
}

/**
 * Whether a delete set that was read before covers all these clocks. Ranges ascend, here as there; those that touch are one.
 *
 * @internal
 */
export function deletesCover(cursor: Cursor, wanted: ReadonlyMap<number, readonly ClockRange[]>): boolean {
  let missing = wanted.size
  const clients = cursor.uint()
  for (let i = 0; i < clients; i++) {
    const ranges = wanted.get(cursor.uint())
    const count = cursor.uint()
    let index = 0
    let from = 0
    let to = 0
    for (let j = 0; j < count; j++) {
      const clock = cursor.uint()
      if (clock > to) from = clock
      to = clock + cursor.uint()
      if (ranges === undefined) continue
      for (let range = ranges[index]; range !== undefined && range.to <= to; range = ranges[++index]) {
        if (range.from < from) return false
      }
    }
    if (ranges === undefined) continue
    if (index < ranges.length) return false
    missing -= 1
  }
  return missing === 0
}

function readRanges(cursor: Cursor, count: number, limits: ScanLimits): number {
  let end = 0
  for (let i = 0; i < count; i++) {
    const from = cursor.uint()
    const length = cursor.uint()
    if (length < 0) return -1
    if (length === 0) return cursor.refuse('BAD_UPDATE', 'an empty delete')
    if (from < end) return cursor.refuse('BAD_UPDATE', 'deletes that overlap or go backwards')
    end = from + length
    if (end > limits.maxClock) return cursor.refuse('BAD_UPDATE', 'a delete beyond the last clock')
  }
  return end
}
