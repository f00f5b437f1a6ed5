/**
 * Steps over the structs of an update that has passed the scan, to know where each begins and how many clocks it takes; and cuts one in two.
 * Laws: never throws and never loops, whatever the bytes; one that is cut is what Yjs writes for the same rest of it.
 */
import { skipAnyField } from './any-value.ts'
import { ByteWriter } from './byte-writer.ts'
import { Cursor } from './cursor.ts'
import { SCAN_LIMITS } from './limits.ts'

export const GC = 0
export const DELETED = 1
export const SKIP = 10
const JSON_VALUES = 2
const BINARY = 3
const STRING = 4
const EMBED = 5
const FORMAT = 6
const TYPE = 7
const ANY = 8
const SUBDOC = 9

const KIND = 0b0001_1111
const HAS_KEY = 0b0010_0000
const HAS_RIGHT = 0b0100_0000
const HAS_LEFT = 0b1000_0000

const XML_ELEMENT = 3
const XML_HOOK = 5
const DEPTH = SCAN_LIMITS.maxDepth

/** U+FFFD, which Yjs puts in the place of half a pair. */
const HALF = [0xef, 0xbf, 0xbd]

/**
 * Which kind of struct begins with this byte.
 *
 * @internal
 */
export function kindOf(info: number): number {
  return info & KIND
}

/**
 * Moves over one struct; gives its length in clocks, or -1.
 *
 * @internal
 */
export function stepOver(cursor: Cursor): number {
  const info = cursor.byte()
  if (info < 0) return -1
  const kind = info & KIND
  if (kind !== GC && kind !== SKIP) stepToContent(cursor, info)
  return overContent(cursor, kind)
}

/**
 * Tells what the struct here needs to be there: what it is beside or inside of. The cursor is then somewhere in it.
 *
 * @internal
 */
export function readNeeds(cursor: Cursor, need: (author: number, clock: number) => void): void {
  const info = cursor.byte()
  const kind = info & KIND
  if (info < 0 || kind === GC || kind === SKIP) return
  const read = (): void => {
    const author = cursor.uint()
    const clock = cursor.uint()
    if (clock >= 0) need(author, clock)
  }
  if ((info & HAS_LEFT) !== 0) read()
  if ((info & HAS_RIGHT) !== 0) read()
  if ((info & (HAS_LEFT | HAS_RIGHT)) === 0 && cursor.uint() === 0) read()
}

/**
 * The struct at `start`, of `author` and from `clock` on, without its first `offset` clocks, of which it has more. Undefined when it
 * cannot be read.
 *
 * @internal
 */
export function cutStruct(
  bytes: Uint8Array,
  start: number,
  author: number,
  clock: number,
  offset: number,
): Uint8Array | undefined {
  const cursor = new Cursor(bytes)
  cursor.pos = start
  const info = cursor.byte()
  const kind = info & KIND
  const writer = new ByteWriter(64)
  if (kind === GC || kind === SKIP) writer.byte(info)
  else {
    // Beside its own first half, and before what the whole of it was before.
    writer.byte(kind | HAS_LEFT | (info & (HAS_RIGHT | HAS_KEY)))
    writer.uint(author)
    writer.uint(clock + offset - 1)
    if ((info & HAS_LEFT) !== 0) id(cursor)
    if ((info & HAS_RIGHT) !== 0) {
      const right = cursor.pos
      id(cursor)
      writer.copy(bytes, right, cursor.pos)
    }
    if ((info & (HAS_LEFT | HAS_RIGHT)) === 0) parent(cursor, info)
  }
  switch (kind) {
    case GC:
    case SKIP:
    case DELETED:
      writer.uint(cursor.uint() - offset)
      break
    case STRING:
      cutText(cursor, offset, writer)
      break
    case ANY:
    case JSON_VALUES: {
      const count = cursor.count(1)
      for (let i = 0; i < offset; i++) overValue(cursor, kind)
      const rest = cursor.pos
      for (let i = offset; i < count; i++) overValue(cursor, kind)
      writer.uint(count - offset)
      writer.copy(bytes, rest, cursor.pos)
      break
    }
    default:
      return undefined
  }
  return cursor.refusal === undefined ? writer.written() : undefined
}

/**
 * From behind the first byte of an item to its content.
 *
 * @internal
 */
export function stepToContent(cursor: Cursor, info: number): void {
  if ((info & HAS_LEFT) !== 0) id(cursor)
  if ((info & HAS_RIGHT) !== 0) id(cursor)
  if ((info & (HAS_LEFT | HAS_RIGHT)) === 0) parent(cursor, info)
}

function id(cursor: Cursor): void {
  cursor.uint()
  cursor.uint()
}

function parent(cursor: Cursor, info: number): void {
  if (cursor.uint() === 1) string(cursor)
  else id(cursor)
  if ((info & HAS_KEY) !== 0) string(cursor)
}

function overContent(cursor: Cursor, kind: number): number {
  switch (kind) {
    case GC:
    case SKIP:
    case DELETED: {
      const length = cursor.uint()
      return length === 0 ? cursor.refuse('BAD_UPDATE', 'an empty struct') : length
    }
    case STRING: {
      const length = cursor.string()
      return length === 0 ? cursor.refuse('BAD_UPDATE', 'an empty struct') : length
    }
    case ANY:
    case JSON_VALUES: {
      const count = cursor.count(1)
      if (count === 0) return cursor.refuse('BAD_UPDATE', 'an empty struct')
      for (let i = 0; i < count; i++) if (overValue(cursor, kind) < 0) return -1
      return count
    }
    case BINARY:
    case EMBED:
      return string(cursor)
    case FORMAT:
      string(cursor)
      return string(cursor)
    case TYPE: {
      const type = cursor.uint()
      return type === XML_ELEMENT || type === XML_HOOK ? string(cursor) : type < 0 ? -1 : 1
    }
    case SUBDOC:
      string(cursor)
      return skipAnyField(cursor, DEPTH, undefined) < 0 ? -1 : 1
    default:
      return cursor.refuse('BAD_UPDATE', 'a struct of no known kind')
  }
}

function overValue(cursor: Cursor, kind: number): number {
  return kind === ANY ? skipAnyField(cursor, DEPTH, undefined) : string(cursor)
}

/** Bytes with their length in front, text or not. One clock. */
function string(cursor: Cursor): number {
  return cursor.skip(cursor.uint()) < 0 ? -1 : 1
}

/** Text without its first UTF-16 units. */
function cutText(cursor: Cursor, offset: number, writer: ByteWriter): void {
  const { bytes } = cursor
  const count = cursor.uint()
  let pos = cursor.pos
  if (cursor.skip(count) < 0) return
  const end = cursor.pos
  let units = 0
  while (units < offset && pos < end) {
    const lead = bytes[pos] as number
    pos += lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4
    units += lead < 0xf0 ? 1 : 2
  }
  const half = units > offset ? HALF : []
  writer.uint(half.length + end - pos)
  for (const byte of half) writer.byte(byte)
  writer.copy(bytes, pos, end)
}
