/**
 * The short way over what most of a long text is: text and deleted text, beside what was there. Laws: takes only what the reader would take,
 * and leaves the same rows; what it is not sure of it does not touch, so it never refuses.
 * One loop over local numbers: a device that opens its first document runs it before anything is compiled, and a call costs most then.
 */
import type { Cursor } from './cursor.ts'
import { BESIDE, LONG, NONE, type StructTable } from './struct-table.ts'
import { utf16Length } from './utf8.ts'

const DELETED = 1
const STRING = 4
const KIND_OR_KEY = 0b0011_1111
const HAS_RIGHT = 0b0100_0000
const NEIGHBOURS = 0b1100_0000

/** Five numbers of at most five bytes, behind their kind. */
const HEAD_BYTES = 26

/**
 * Whether what begins with this byte may be read here.
 *
 * @internal
 */
export function isPlain(info: number | undefined): info is number {
  if (info === undefined || (info & NEIGHBOURS) === 0) return false
  const kind = info & KIND_OR_KEY
  return kind === STRING || kind === DELETED
}

/**
 * Reads plain structs of one author from `clock` on into the table, at most up to row `last`; gives the clock they end at.
 *
 * @internal
 */
export function readPlainRun(
  cursor: Cursor,
  table: StructTable,
  own: number,
  from: number,
  last: number,
  maxClock: number,
): number {
  const { bytes, end } = cursor
  const { start, anchorAuthor, anchorClock, rightAuthor, rightClock, flags, inner } = table
  let clock = from
  let { rows: row, foreign, long } = table
  let done = cursor.pos
  run: for (; row < last && done + HEAD_BYTES <= end; row++) {
    let pos = done
    const info = bytes[pos++] as number
    const kind = info & KIND_OR_KEY
    const isText = kind === STRING
    // As `isPlain` says.
    if (info < HAS_RIGHT || !(isText || kind === DELETED)) break
    const hasBoth = (info & NEIGHBOURS) === NEIGHBOURS
    let author = 0
    let isForeign = false
    let length = 0
    for (let left = hasBoth ? 4 : 2; ; left--) {
      let byte = bytes[pos++] as number
      let number = byte & 0x7f
      if (byte >= 0x80) {
        byte = bytes[pos++] as number
        number |= (byte & 0x7f) << 7
        if (byte >= 0x80) {
          byte = bytes[pos++] as number
          number |= (byte & 0x7f) << 14
          if (byte >= 0x80) {
            byte = bytes[pos++] as number
            number |= (byte & 0x7f) << 21
            if (byte >= 0x80) {
              byte = bytes[pos++] as number
              number += byte * 2 ** 28
            }
          }
        }
        // Longer than it need be, or than five bytes.
        if (byte === 0 || byte >= 0x80) break run
      }
      if (left === 0) {
        length = number
        break
      }
      if ((left & 1) === 0) {
        author = number
        continue
      }
      if (author !== own) isForeign = true
      else if (number >= clock) break run
      if (left === 3 || !hasBoth) {
        anchorAuthor[row] = author
        anchorClock[row] = number
      } else {
        rightAuthor[row] = author
        rightClock[row] = number
      }
    }
    if (!hasBoth) rightAuthor[row] = NONE
    else if (rightClock[row] === anchorClock[row] && rightAuthor[row] === anchorAuthor[row]) break
    if (isText) {
      const to = pos + length
      if (to > end) break
      let bits = 0
      for (let at = pos; at < to; at++) bits |= bytes[at] as number
      if (bits >= 0x80) length = utf16Length(bytes, pos, to)
      pos = to
    }
    if (length < 1 || clock + length > maxClock) break
    start[row] = clock
    inner[row] = 0
    flags[row] = BESIDE
    if (isText && length > 1) {
      flags[row] = BESIDE | LONG
      long += 1
    }
    if (isForeign) foreign += 1
    clock += length
    done = pos
  }
  cursor.pos = done
  table.rows = row
  table.foreign = foreign
  table.long = long
  return clock
}
