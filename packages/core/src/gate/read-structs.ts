/**
 * The first half of an update, in Yjs' V1 encoding: for each author a run of structs, each with what it refers to and what it holds.
 * Laws: an author comes once, his clocks without gaps (a Skip is refused); no struct is empty; none refers to a later one of its own
 * author; what is read is exactly what Yjs 13.6 would read, or refused.
 */
import { AuthorsOnce } from './authors-once.ts'
import { skipAnyField, skipKey, skipSubdocOptions } from './any-value.ts'
import type { Cursor } from './cursor.ts'
import { skipJson } from './json-text.ts'
import type { ScanLimits } from './limits.ts'
import { isPlain, readPlainRun } from './plain-run.ts'
import { Roots } from './roots.ts'
import { StampMax } from './stamp.ts'
import { BESIDE, INSIDE, KEYED, LONG, NONE, type StructTable } from './struct-table.ts'

/**
 * The detail with which a Skip is refused. Yjs writes one where it knows that clocks are missing: before what it keeps pending.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { A_SKIP, SCAN_LIMITS, scanYjsUpdate } from '@joinery/core/gate'
 *
 * // Of author 7: "h" in the root text "t", a gap of two clocks, "i".
 * const update = new Uint8Array([1, 3, 7, 0, 4, 1, 1, 0x74, 1, 0x68, 10, 2, 0x84, 7, 2, 1, 0x69, 0])
 * const result = scanYjsUpdate(update, SCAN_LIMITS)
 * assert.ok(!result.ok && result.detail === A_SKIP)
 * ```
 */
export const A_SKIP = 'a Skip, which leaves a gap'

const BETWEEN = 'a struct between another and itself'

const GC = 0
const DELETED = 1
const JSON_VALUES = 2
const BINARY = 3
const STRING = 4
const EMBED = 5
const FORMAT = 6
const TYPE = 7
const ANY = 8
const SUBDOC = 9
const SKIP = 10

const KIND = 0b0001_1111
const HAS_KEY = 0b0010_0000
const HAS_RIGHT = 0b0100_0000
const HAS_LEFT = 0b1000_0000

const XML_ELEMENT = 3
const XML_HOOK = 5
const LAST_TYPE = 6

/** Reads the structs of one update into a table. */
export class StructReader {
  readonly stamps = new StampMax()
  readonly roots: Roots
  private readonly cursor: Cursor
  private readonly table: StructTable
  private readonly limits: ScanLimits
  private subdocs = 0
  /** The struct being read. */
  private author = 0
  private clock = 0
  private row = 0

  constructor(cursor: Cursor, table: StructTable, limits: ScanLimits) {
    this.cursor = cursor
    this.table = table
    this.limits = limits
    this.roots = new Roots(limits.maxRoots)
  }

  /** Reads them all; -1 when refused. */
  read(): number {
    const { cursor, limits } = this
    // The smallest section is a count, an author, a clock, and two bytes of a struct.
    const authors = cursor.count(5)
    if (authors > limits.maxClients) return cursor.refuse('TOO_MANY_AUTHORS', 'structs of too many authors')
    const once = new AuthorsOnce()
    for (let i = 0; i < authors; i++) {
      const count = cursor.count(2)
      this.author = cursor.uint()
      this.clock = cursor.uint()
      if (this.clock < 0) return -1
      if (count === 0) return cursor.refuse('BAD_UPDATE', 'an author without structs')
      if (!once.add(this.author)) return cursor.refuse('BAD_UPDATE', 'structs of one author twice')
      if (this.table.rows + count > limits.maxStructs) return cursor.refuse('TOO_LARGE', 'too many structs')
      if (this.section(count) < 0) return -1
    }
    return authors
  }

  private section(count: number): number {
    const { cursor, table, limits } = this
    const first = table.rows
    const from = this.clock
    let gcOnly = true
    table.reserve(count)
    const last = first + count
    while (table.rows < last) {
      const at = cursor.pos
      if (isPlain(cursor.bytes[at])) {
        this.clock = readPlainRun(cursor, table, this.author, this.clock, last, limits.maxClock)
        if (cursor.pos > at) {
          gcOnly = false
          continue
        }
      }
      const info = cursor.byte()
      this.row = table.add(this.clock)
      let length: number
      if (info === GC) {
        length = cursor.uint()
      } else {
        gcOnly = false
        length = this.item(info)
      }
      if (length < 0) return -1
      this.clock += length
      if (length === 0 || this.clock > limits.maxClock) {
        cursor.pos = at
        return cursor.refuse('BAD_UPDATE', length === 0 ? 'an empty struct' : 'a struct beyond the last clock')
      }
    }
    table.sections.push({ author: this.author, from, to: this.clock, first, last, gcOnly })
    return count
  }

  /** An item; returns its length in clocks. */
  private item(info: number): number {
    const { cursor, table, row } = this
    const kind = info & KIND
    if (info < 0 || kind === GC || kind > SUBDOC) {
      return cursor.refuse('BAD_UPDATE', kind === SKIP ? A_SKIP : 'a struct of no known kind')
    }
    const keyed = (info & HAS_KEY) !== 0
    let foreign = false
    let inList = false
    if (keyed) {
      table.flags[row] = KEYED
      table.keyed += 1
    }
    if ((info & (HAS_LEFT | HAS_RIGHT)) !== 0) {
      table.flags[row] = BESIDE | (table.flags[row] as number)
      const hasLeft = (info & HAS_LEFT) !== 0
      if (this.anchor()) foreign = true
      if (hasLeft && (info & HAS_RIGHT) !== 0) {
        if (this.right()) foreign = true
        // Yjs writes none, and would put it elsewhere each time it reads it.
        if (table.rightClock[row] === table.anchorClock[row] && table.rightAuthor[row] === table.anchorAuthor[row])
          return cursor.refuse('BAD_UPDATE', BETWEEN)
      }
    } else {
      const isRoot = cursor.uint()
      if (isRoot === 1) {
        if (this.roots.name(cursor) < 0) return -1
        this.roots.shape(keyed ? 'map' : 'sequence')
      } else if (isRoot === 0) {
        table.flags[row] = INSIDE | (table.flags[row] as number)
        if (this.anchor()) foreign = true
      } else {
        return cursor.refuse('BAD_UPDATE', 'a parent of no known kind')
      }
      inList = !keyed
      if (keyed && skipKey(cursor) < 0) return -1
    }
    if (foreign) table.foreign += 1
    const length = this.content(kind, inList)
    if (length > 1 && kind !== DELETED) {
      table.flags[row] = LONG | (table.flags[row] as number)
      table.long += 1
    }
    return length
  }

  /** Reads an id into the row's anchor. Whether it is another author's. */
  private anchor(): boolean {
    const { table, row } = this
    const author = this.cursor.uint()
    const clock = this.cursor.uint()
    table.anchorAuthor[row] = author
    table.anchorClock[row] = clock
    return this.isForeign(author, clock)
  }

  private right(): boolean {
    const { table, row } = this
    const author = this.cursor.uint()
    const clock = this.cursor.uint()
    table.rightAuthor[row] = author
    table.rightClock[row] = clock
    return this.isForeign(author, clock)
  }

  private isForeign(author: number, clock: number): boolean {
    if (author !== this.author) return author !== NONE
    if (clock >= this.clock) this.cursor.refuse('BAD_UPDATE', 'a struct that refers to itself or a later one')
    return false
  }

  private content(kind: number, inList: boolean): number {
    const { cursor, limits } = this
    switch (kind) {
      case DELETED:
        return cursor.uint()
      case STRING:
        return cursor.string()
      case ANY:
        return this.values(inList)
      case JSON_VALUES:
        return this.jsonValues(inList)
      case BINARY:
        return cursor.skip(cursor.uint()) < 0 ? -1 : 1
      case EMBED:
        return this.holds(skipJson(cursor, limits.maxDepth, inList ? undefined : this.stamps))
      case FORMAT:
        return skipKey(cursor) < 0 ? -1 : this.holds(skipJson(cursor, limits.maxDepth, undefined))
      case TYPE:
        return this.type()
      case SUBDOC:
        return this.subdoc()
      default:
        return cursor.refuse('BAD_UPDATE', 'a struct of no known kind')
    }
  }

  private values(inList: boolean): number {
    const { cursor, limits } = this
    const count = cursor.count(1)
    for (let i = 0; i < count; i++) {
      const depth = skipAnyField(cursor, limits.maxDepth, inList ? undefined : this.stamps)
      if (this.holds(depth) < 0) return -1
    }
    return count
  }

  private jsonValues(inList: boolean): number {
    const { cursor, limits } = this
    const count = cursor.count(2)
    for (let i = 0; i < count; i++) {
      const depth = skipJson(cursor, limits.maxDepth, inList ? undefined : this.stamps, true)
      if (this.holds(depth) < 0) return -1
    }
    return count
  }

  private type(): number {
    const { cursor, table } = this
    const type = cursor.uint()
    if (type > LAST_TYPE) return cursor.refuse('BAD_UPDATE', 'a type of no known kind')
    if ((type === XML_ELEMENT || type === XML_HOOK) && cursor.string() < 0) return -1
    table.types += 1
    return type < 0 ? -1 : this.holds(1)
  }

  private subdoc(): number {
    const { cursor, limits } = this
    if (cursor.string() < 0) return -1
    this.subdocs += 1
    if (this.subdocs > limits.maxSubdocs) return cursor.refuse('TOO_LARGE', 'too many subdocuments')
    return this.holds(skipSubdocOptions(cursor, limits.maxDepth))
  }

  /** Notes how deep the row's value nests. A value takes one clock. */
  private holds(depth: number): number {
    if (depth < 0) return -1
    if (depth > 0) this.table.nests(this.row, depth)
    return 1
  }
}
