/**
 * JSON as text inside an update: embeds, format values and the arrays of old Yjs versions.
 * Laws: accepts what `JSON.parse` accepts, nested at most so deep, without numbers that come out as an infinity (they would be written
 * again as null); keys are read through their escapes, so that `"__proto__"` is seen (CR-17). Text is already known to be UTF-8.
 */
import type { Cursor } from './cursor.ts'
import { FORBIDDEN_MAX, isForbiddenKey } from './forbidden-keys.ts'
import { STAMP_LENGTH, type StampMax } from './stamp.ts'

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const COLON = 0x3a
const OPEN_ARRAY = 0x5b
const CLOSE_ARRAY = 0x5d
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d
const MINUS = 0x2d
const PLUS = 0x2b
const POINT = 0x2e
const LOWER_U = 0x75

const TRUE = ascii('true')
const FALSE = ascii('false')
const NULL = ascii('null')
const UNDEFINED = ascii('undefined')
/** What may follow a backslash and stands for one character. */
const ESCAPES = new Map([...'"\\/bfnrt'].map((char, i) => [char.charCodeAt(0), '"\\/\b\f\n\r\t'.charCodeAt(i)]))

/** `JSON.stringify` needs 25 characters for a number; past this one cannot be finite and honest. */
const LONGEST_NUMBER = 400

/**
 * Moves over a string that holds JSON. Returns how deep the value nests, or -1. `undefined` is a value only in old arrays, bare.
 *
 * @internal
 */
export function skipJson(cursor: Cursor, room: number, stamps: StampMax | undefined, bareUndefined = false): number {
  const start = cursor.pos
  if (cursor.string() < 0) return -1
  const stop = cursor.pos
  cursor.pos = start
  const count = cursor.uint()
  if (bareUndefined && stop - cursor.pos === UNDEFINED.length && word(cursor, stop, UNDEFINED)) return 0
  // Most formats are just `true` or `null`.
  if (literal(cursor, stop) && cursor.pos === stop) return 0
  cursor.pos = stop - count
  const text = new JsonText(cursor, stop, stamps)
  const depth = text.value(room, true)
  if (depth < 0) return -1
  text.space()
  return cursor.pos === stop ? depth : text.broken()
}

/** One JSON text: the cursor walks, and never past `stop`. */
class JsonText {
  private readonly cursor: Cursor
  private readonly stop: number
  private readonly stamps: StampMax | undefined
  /** The last string as ASCII, when it was short enough to be a forbidden key or a stamp. */
  private readonly short = new Uint8Array(STAMP_LENGTH + 1)
  private shortLength = 0

  constructor(cursor: Cursor, stop: number, stamps: StampMax | undefined) {
    this.cursor = cursor
    this.stop = stop
    this.stamps = stamps
  }

  broken(): -1 {
    return this.cursor.refuse('BAD_UPDATE', 'text that is not JSON')
  }

  space(): void {
    const { cursor, stop } = this
    while (cursor.pos < stop) {
      const byte = cursor.bytes[cursor.pos] as number
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return
      cursor.pos += 1
    }
  }

  value(room: number, top: boolean): number {
    this.space()
    const { cursor, stop } = this
    const byte = this.peek()
    if (byte === QUOTE) return this.string()
    if (byte === OPEN_ARRAY) return this.array(room, top)
    if (byte === OPEN_OBJECT) return this.object(room)
    if (byte === MINUS || isDigit(byte)) return this.number()
    return literal(cursor, stop) ? 0 : this.broken()
  }

  private array(room: number, top: boolean): number {
    if (room <= 0) return this.cursor.refuse('TOO_DEEP', 'values nested too deeply')
    this.cursor.pos += 1
    this.space()
    if (this.take(CLOSE_ARRAY)) return 1
    let deepest = 0
    for (let first = true; ; first = false) {
      this.space()
      const isString = this.peek() === QUOTE
      const depth = this.value(room - 1, false)
      if (depth < 0) return -1
      // `[stamp, value]` written as JSON reads the same to a map as the one written as `any`.
      if (top && first && isString && this.shortLength === STAMP_LENGTH)
        this.stamps?.saw(this.short.slice(), 0, STAMP_LENGTH)
      if (depth > deepest) deepest = depth
      this.space()
      if (this.take(CLOSE_ARRAY)) return deepest + 1
      if (!this.take(COMMA)) return this.broken()
    }
  }

  private object(room: number): number {
    if (room <= 0) return this.cursor.refuse('TOO_DEEP', 'values nested too deeply')
    this.cursor.pos += 1
    this.space()
    if (this.take(CLOSE_OBJECT)) return 1
    let deepest = 0
    for (;;) {
      this.space()
      if (this.peek() !== QUOTE || this.string() < 0) return this.broken()
      if (this.shortLength <= FORBIDDEN_MAX && isForbiddenKey(this.short, 0, this.shortLength)) {
        return this.cursor.refuse('FORBIDDEN_KEY', 'a name that JavaScript objects already have')
      }
      this.space()
      if (!this.take(COLON)) return this.broken()
      const depth = this.value(room - 1, false)
      if (depth < 0) return -1
      if (depth > deepest) deepest = depth
      this.space()
      if (this.take(CLOSE_OBJECT)) return deepest + 1
      if (!this.take(COMMA)) return this.broken()
    }
  }

  private string(): number {
    const { cursor, stop } = this
    this.shortLength = 0
    cursor.pos += 1
    while (cursor.pos < stop) {
      const byte = cursor.bytes[cursor.pos++] as number
      if (byte === QUOTE) return 0
      if (byte < 0x20) return this.broken()
      if (byte !== BACKSLASH) {
        this.keep(byte)
        continue
      }
      const escape = this.peek()
      cursor.pos += 1
      if (escape === LOWER_U) {
        const unit = this.hexUnit()
        if (unit < 0) return this.broken()
        this.keep(unit)
      } else {
        const unit = ESCAPES.get(escape)
        if (unit === undefined) return this.broken()
        this.keep(unit)
      }
    }
    return this.broken()
  }

  /** What is not ASCII is kept as a byte that no forbidden key and no stamp has. */
  private keep(unit: number): void {
    if (this.shortLength > STAMP_LENGTH) return
    this.short[this.shortLength++] = unit < 0x80 ? unit : 0xff
  }

  private hexUnit(): number {
    const { cursor, stop } = this
    if (cursor.pos + 4 > stop) return -1
    let unit = 0
    for (let i = 0; i < 4; i++) {
      const digit = hexDigit(cursor.bytes[cursor.pos++] as number)
      if (digit < 0) return -1
      unit = unit * 16 + digit
    }
    return unit
  }

  private number(): number {
    const { cursor } = this
    const start = cursor.pos
    this.take(MINUS)
    if (!this.take(0x30) && this.digits() === 0) return this.broken()
    if (this.take(POINT) && this.digits() === 0) return this.broken()
    const byte = this.peek()
    let exponent = false
    if (byte === 0x65 || byte === 0x45) {
      exponent = true
      cursor.pos += 1
      if (!this.take(PLUS)) this.take(MINUS)
      if (this.digits() === 0) return this.broken()
    }
    const length = cursor.pos - start
    if (!exponent && length < 300) return 0
    const finite =
      length <= LONGEST_NUMBER &&
      Number.isFinite(Number(String.fromCharCode(...cursor.bytes.subarray(start, cursor.pos))))
    return finite ? 0 : cursor.refuse('BAD_UPDATE', 'number over what a double holds')
  }

  private digits(): number {
    const { cursor } = this
    const start = cursor.pos
    while (isDigit(this.peek())) cursor.pos += 1
    return cursor.pos - start
  }

  private peek(): number {
    return this.cursor.pos < this.stop ? (this.cursor.bytes[this.cursor.pos] as number) : -1
  }

  private take(byte: number): boolean {
    if (this.peek() !== byte) return false
    this.cursor.pos += 1
    return true
  }
}

function literal(cursor: Cursor, stop: number): boolean {
  return word(cursor, stop, TRUE) || word(cursor, stop, NULL) || word(cursor, stop, FALSE)
}

function word(cursor: Cursor, stop: number, expected: Uint8Array): boolean {
  const { bytes, pos } = cursor
  if (pos + expected.length > stop) return false
  for (let i = 0; i < expected.length; i++) if (bytes[pos + i] !== expected[i]) return false
  cursor.pos += expected.length
  return true
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39
}

function hexDigit(byte: number): number {
  if (isDigit(byte)) return byte - 0x30
  const lower = byte | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1
}

function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, char => char.charCodeAt(0))
}
