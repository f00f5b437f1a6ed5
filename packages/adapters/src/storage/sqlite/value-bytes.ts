/**
 * Plain values as bytes. Law: every plain value comes back equal and unshared: NaN, -0, lone surrogates and a field called __proto__ too.
 * A value is its sort in one byte, then its content; lengths and counts are 32 bits, little end first.
 */
import type { Plain } from '@joinery/core'

const NULL = 0
const FALSE = 1
const TRUE = 2
const NUMBER = 3
const TEXT = 4
/** Text that UTF-8 cannot hold, by its code units. */
const UNITS = 5
const BYTES = 6
const LIST = 7
const RECORD = 8

const FIRST_ROOM = 256

export function valueBytes(value: Plain): Uint8Array {
  let bytes = Buffer.allocUnsafe(FIRST_ROOM)
  let end = 0

  /** Makes room, and gives where it begins. */
  function room(length: number): number {
    const at = end
    end += length
    if (end > bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(end, bytes.length * 2))
      bytes.copy(larger, 0, 0, at)
      bytes = larger
    }
    return at
  }
  function sort(which: number): void {
    const at = room(1)
    bytes[at] = which
  }
  function length(count: number): void {
    const at = room(4)
    bytes.writeUInt32LE(count, at)
  }
  function text(content: string): void {
    const encoding = content.isWellFormed() ? 'utf8' : 'utf16le'
    const size = Buffer.byteLength(content, encoding)
    sort(encoding === 'utf8' ? TEXT : UNITS)
    length(size)
    const at = room(size)
    bytes.write(content, at, encoding)
  }
  function write(item: Plain): void {
    if (item === null) sort(NULL)
    else if (typeof item === 'boolean') sort(item ? TRUE : FALSE)
    else if (typeof item === 'number') {
      sort(NUMBER)
      const at = room(8)
      bytes.writeDoubleLE(item, at)
    } else if (typeof item === 'string') text(item)
    else if (item instanceof Uint8Array) {
      sort(BYTES)
      length(item.length)
      const at = room(item.length)
      bytes.set(item, at)
    } else if (isList(item)) {
      sort(LIST)
      length(item.length)
      for (const part of item) write(part)
    } else {
      const fields = Object.entries(item)
      sort(RECORD)
      length(fields.length)
      for (const [name, part] of fields) {
        text(name)
        write(part)
      }
    }
  }

  write(value)
  return bytes.subarray(0, end)
}

export function valueOf(stored: Uint8Array): Plain {
  const bytes = Buffer.from(stored.buffer, stored.byteOffset, stored.length)
  let next = 0

  /** Steps over that many bytes, and gives where they begin. */
  function skip(length: number): number {
    const at = next
    next += length
    if (next > bytes.length) throw new RangeError('a stored value is damaged')
    return at
  }
  function length(): number {
    return bytes.readUInt32LE(skip(4))
  }
  function text(which: number): string {
    const size = length()
    const at = skip(size)
    return bytes.toString(which === TEXT ? 'utf8' : 'utf16le', at, at + size)
  }
  function read(): Plain {
    const which = bytes.readUInt8(skip(1))
    switch (which) {
      case NULL:
        return null
      case FALSE:
        return false
      case TRUE:
        return true
      case NUMBER:
        return bytes.readDoubleLE(skip(8))
      case TEXT:
      case UNITS:
        return text(which)
      case BYTES: {
        const size = length()
        const at = skip(size)
        return Uint8Array.from(bytes.subarray(at, at + size))
      }
      case LIST:
        return Array.from({ length: length() }, read)
      case RECORD:
        return Object.fromEntries(
          Array.from({ length: length() }, () => [text(bytes.readUInt8(skip(1))), read()] as const),
        )
      default:
        throw new RangeError('a stored value is damaged')
    }
  }

  return read()
}

function isList(value: Plain): value is readonly Plain[] {
  return Array.isArray(value)
}
