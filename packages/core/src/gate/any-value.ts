/**
 * The values of lib0's `any` encoding: what maps, arrays and subdocument options hold.
 * Laws: nesting is bounded, so recursion is; a count is refused when its elements cannot all be there; keys are checked (CR-15, CR-17).
 * NaN, -0, the infinities, BigInt, undefined and bytes are legal as lib0 writes them (CR-20).
 */
import type { Cursor } from './cursor.ts'
import { isForbiddenKey } from './forbidden-keys.ts'
import type { StampMax } from './stamp.ts'

const UNDEFINED = 127
const NULL = 126
const INTEGER = 125
const FLOAT32 = 124
const FLOAT64 = 123
const BIGINT = 122
const FALSE = 121
const TRUE = 120
const STRING = 119
const OBJECT = 118
const ARRAY = 117
const BYTES = 116

/** Moves over one value. Returns how deep it nests (0: a scalar, 1: `[1]`), or -1. */
function skipAny(cursor: Cursor, room: number): number {
  switch (cursor.byte()) {
    case UNDEFINED:
    case NULL:
    case FALSE:
    case TRUE:
      return 0
    case INTEGER:
      return skipInteger(cursor)
    case FLOAT32:
      return cursor.skip(4) < 0 ? -1 : 0
    case FLOAT64:
    case BIGINT:
      return cursor.skip(8) < 0 ? -1 : 0
    case STRING:
      return cursor.string() < 0 ? -1 : 0
    case BYTES:
      return cursor.skip(cursor.uint()) < 0 ? -1 : 0
    case ARRAY:
      return skipElements(cursor, room)
    case OBJECT:
      return skipEntries(cursor, room, isForbiddenKey)
    case -1:
      return -1
    default:
      return cursor.refuse('BAD_UPDATE', 'value of no known type')
  }
}

/**
 * Moves over one value as a map holds it: an array that starts with a stamp is a `latest` field.
 *
 * @internal
 */
export function skipAnyField(cursor: Cursor, room: number, stamps: StampMax | undefined): number {
  const { bytes, pos } = cursor
  const depth = skipAny(cursor, room)
  // Array of at least one, first a string of 15 bytes. All of it has just been read, so it is there.
  if (stamps !== undefined && depth > 0 && bytes[pos] === ARRAY && bytes[pos + 1] !== 0) {
    const first = afterUint(bytes, pos + 1)
    if (bytes[first] === STRING && bytes[first + 1] === 15) stamps.saw(bytes, first + 2, first + 17)
  }
  return depth
}

/**
 * Moves over the options of a subdocument, which Yjs spreads into the constructor of a `Y.Doc`: an object, and none that replaces
 * what only code may set.
 *
 * @internal
 */
export function skipSubdocOptions(cursor: Cursor, room: number): number {
  if (cursor.byte() !== OBJECT) return cursor.refuse('BAD_UPDATE', 'subdocument without options')
  return skipEntries(cursor, room, isForbiddenOption)
}

function skipElements(cursor: Cursor, room: number): number {
  const count = cursor.count(1)
  if (count < 0) return -1
  if (room <= 0) return cursor.refuse('TOO_DEEP', 'values nested too deeply')
  let deepest = 0
  for (let i = 0; i < count; i++) {
    const depth = skipAny(cursor, room - 1)
    if (depth < 0) return -1
    if (depth > deepest) deepest = depth
  }
  return deepest + 1
}

function skipEntries(cursor: Cursor, room: number, isForbidden: typeof isForbiddenKey): number {
  const count = cursor.count(2)
  if (count < 0) return -1
  if (room <= 0) return cursor.refuse('TOO_DEEP', 'values nested too deeply')
  let deepest = 0
  for (let i = 0; i < count; i++) {
    if (skipKey(cursor, isForbidden) < 0) return -1
    const depth = skipAny(cursor, room - 1)
    if (depth < 0) return -1
    if (depth > deepest) deepest = depth
  }
  return deepest + 1
}

/**
 * Moves over a string that names something.
 *
 * @internal
 */
export function skipKey(cursor: Cursor, isForbidden: typeof isForbiddenKey = isForbiddenKey): number {
  const before = cursor.pos
  if (cursor.string() < 0) return -1
  // A forbidden name is short, so its length is one byte.
  if (!isForbidden(cursor.bytes, before + 1, cursor.pos)) return 0
  cursor.pos = before
  return cursor.refuse('FORBIDDEN_KEY', 'a name that JavaScript objects already have')
}

const OPTIONS = ['gcFilter', 'guid'].map(name => Uint8Array.from(name, char => char.charCodeAt(0)))

function isForbiddenOption(bytes: Uint8Array, from: number, to: number): boolean {
  if (isForbiddenKey(bytes, from, to)) return true
  return OPTIONS.some(name => name.length === to - from && name.every((byte, i) => bytes[from + i] === byte))
}

/** lib0's signed integer: a sign and six bits, then sevens. */
function skipInteger(cursor: Cursor): number {
  const first = cursor.byte()
  if (first < 0) return -1
  if (first < 0x80) return 0
  const rest = cursor.uint()
  if (rest < 0) return -1
  if (rest === 0) return cursor.refuse('BAD_UPDATE', 'number longer than it need be')
  if (rest * 64 + (first & 0x3f) > Number.MAX_SAFE_INTEGER) return cursor.refuse('BAD_UPDATE', 'number over 2^53')
  return 0
}

function afterUint(bytes: Uint8Array, from: number): number {
  let pos = from
  while ((bytes[pos] as number) >= 0x80) pos += 1
  return pos + 1
}
