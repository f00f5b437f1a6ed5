/**
 * The few shapes that messages are made of. Laws:
 * - One value has one form: what reads also writes back to the same bytes (numbers in their shortest form, strict UTF-8, flags 0 or 1).
 * - Every count and length is checked against what is left of the frame before anything is made of it, so a number off the wire
 *   allocates nothing.
 */
import { DIGEST_BYTES } from '../digest.ts'
import type { Cursor } from '../entry.ts'
import { isCode, type Code } from '../errors.ts'
import { isId } from '../ids.ts'
import { checked, fields, must, type Codec } from './codec.ts'
import { readBytes, readNumber, writeBytes, writeNumber } from './frame.ts'
import { LIST_ITEMS } from './limits.ts'

export const uint: Codec<number> = {
  write(out, value) {
    must(Number.isSafeInteger(value) && value >= 0, 'number')
    writeNumber(out, value)
  },
  read: readNumber,
}

/** Numbers that count from 1: seq, n, the version. */
export const count = checked(uint, 'count', value => value > 0)

export const flag: Codec<boolean> = {
  write: (out, value) => uint.write(out, value ? 1 : 0),
  read: input => bit.read(input) > 0,
}

const bit = checked(uint, 'flag', value => value < 2)

export const bytes: Codec<Uint8Array> = {
  write: writeBytes,
  // Bytes of their own: a queue or a cache that keeps one entry must not keep the whole frame (or Node's buffer pool) alive.
  read: input => readBytes(input).slice(),
}

/** Text of which each character is a byte. */
const string: Codec<string> = {
  write(out, value) {
    const bytes = new Uint8Array(value.length)
    for (let at = 0; at < bytes.length; at++) bytes[at] = value.charCodeAt(at)
    writeBytes(out, bytes)
  },
  read: input => String.fromCharCode(...readBytes(input)),
}

export const id = checked(string, 'id', isId)

/** An id, or empty where nobody is named. */
export const noneOrId = checked(string, 'id', value => value === '' || isId(value))

/** A code of ours. A newer peer may know more: those read as UNAVAILABLE, so that nothing is given up. */
export const code: Codec<Code> = {
  write: id.write,
  read(input) {
    const name = id.read(input)
    return isCode(name) ? name : 'UNAVAILABLE'
  },
}

/** Free text of at most `max` bytes: well-formed, and without U+0000, which not every store can hold (CR-19). */
export function text(max: number): Codec<string> {
  const utf8 = checked(string, 'text', ({ length }) => length <= max)
  const isFit = (value: string): boolean => !/\p{Surrogate}|\0/u.test(value)
  // A lone surrogate would travel as another character.
  return checked(
    {
      // A URI's characters are UTF-8 by the language itself, strictly: no platform has to bring it.
      write: (out, value) => utf8.write(out, unescape(encodeURIComponent(value))),
      read: input => decodeURIComponent(escape(utf8.read(input))),
    },
    'text',
    isFit,
  )
}

export function list<T>(item: Codec<T>): Codec<readonly T[]> {
  const size = checked(uint, 'list', value => value <= LIST_ITEMS)
  return {
    write(out, items) {
      size.write(out, items.length)
      for (const one of items) item.write(out, one)
    },
    read(input) {
      const length = size.read(input)
      // An item takes at least one byte.
      must(length <= input.bytes.length - input.at, 'list')
      const items: T[] = []
      while (items.length < length) items.push(item.read(input))
      return items
    },
  }
}

export function optional<T>(of: Codec<T>): Codec<T | undefined> {
  return {
    write(out, value) {
      flag.write(out, value !== undefined)
      if (value !== undefined) of.write(out, value)
    },
    read: input => (flag.read(input) ? of.read(input) : undefined),
  }
}

export const cursor = fields<Cursor>({
  epoch: id,
  seq: uint,
  mark: checked(bytes, 'mark', mark => mark.length === DIGEST_BYTES),
})
