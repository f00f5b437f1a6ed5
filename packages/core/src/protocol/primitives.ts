/**
 * The few shapes that messages are made of. Laws:
 * - One value has one form: what reads also writes back to the same bytes (numbers in their shortest form, strict UTF-8, flags 0 or 1).
 * - Every count and length is checked against what is left of the frame before anything is made of it, so a number off the wire
 *   allocates nothing.
 */
import { readUint8Array, readVarUint, type Decoder } from 'lib0/decoding'
import { writeVarString, writeVarUint, writeVarUint8Array } from 'lib0/encoding'
import { decodeUtf8, encodeUtf8 } from 'lib0/string'
import { DIGEST_BYTES } from '../digest.ts'
import type { Cursor } from '../entry.ts'
import { isCode, type Code } from '../errors.ts'
import { isId } from '../ids.ts'
import { checked, fields, must, type Codec } from './codec.ts'
import { LIST_ITEMS } from './limits.ts'

export const uint: Codec<number> = {
  write(encoder, value) {
    must(Number.isSafeInteger(value) && value >= 0, 'number')
    writeVarUint(encoder, value)
  },
  read(decoder) {
    const start = decoder.pos
    const value = readVarUint(decoder)
    // lib0 gives more than 2^53 by the last byte, and NaN after many zero groups: only this comparison is false for both.
    must(value <= Number.MAX_SAFE_INTEGER, 'number')
    must(decoder.pos - start === 1 || decoder.arr[decoder.pos - 1] !== 0, 'number in its shortest form')
    return value
  },
}

/** Numbers that count from 1: seq, n, the version. */
export const count = checked(uint, 'count from 1', value => value > 0)

export const flag: Codec<boolean> = {
  write: (encoder, value) => uint.write(encoder, value ? 1 : 0),
  read: decoder => bit.read(decoder) > 0,
}

const bit = checked(uint, 'flag', value => value < 2)

export const bytes: Codec<Uint8Array> = {
  write: writeVarUint8Array,
  // Bytes of their own: a queue or a cache that keeps one entry must not keep the whole frame (or Node's buffer pool) alive.
  read: decoder => readView(decoder).slice(),
}

const string: Codec<string> = { write: writeVarString, read: decoder => decodeUtf8(readView(decoder)) }

export const id = checked(string, 'id', isId)

/** An id, or empty where nobody is named. */
export const noneOrId = checked(string, 'id', value => value === '' || isId(value))

/** A code of ours. A newer peer may know more: those read as UNAVAILABLE, so that nothing is given up. */
export const code: Codec<Code> = {
  write: id.write,
  read(decoder) {
    const name = id.read(decoder)
    return isCode(name) ? name : 'UNAVAILABLE'
  },
}

/** Free text of at most `max` bytes: well-formed, and without U+0000, which not every store can hold (CR-19). */
export function text(max: number): Codec<string> {
  const utf8 = checked<Uint8Array>({ write: writeVarUint8Array, read: readView }, 'text', ({ length }) => length <= max)
  const isFit = (value: string): boolean => !/\p{Surrogate}|\0/u.test(value)
  // A lone surrogate would travel as another character.
  return checked(
    {
      write: (encoder, value) => utf8.write(encoder, encodeUtf8(value)),
      read: decoder => decodeUtf8(utf8.read(decoder)),
    },
    'text',
    isFit,
  )
}

/** One of these: its place in the list is the number on the wire. */
export function oneOf<T>(values: readonly T[]): Codec<T> {
  const place = checked(uint, 'type', at => at < values.length)
  return {
    write: (encoder, value) => place.write(encoder, values.indexOf(value)),
    read: decoder => values[place.read(decoder)] as T,
  }
}

export function list<T>(item: Codec<T>): Codec<readonly T[]> {
  const size = checked(uint, 'list', value => value <= LIST_ITEMS)
  return {
    write(encoder, items) {
      size.write(encoder, items.length)
      for (const one of items) item.write(encoder, one)
    },
    read(decoder) {
      const length = size.read(decoder)
      // An item takes at least one byte.
      must(length <= decoder.arr.length - decoder.pos, 'list')
      const items: T[] = []
      while (items.length < length) items.push(item.read(decoder))
      return items
    },
  }
}

export function optional<T>(of: Codec<T>): Codec<T | undefined> {
  return {
    write(encoder, value) {
      flag.write(encoder, value !== undefined)
      if (value !== undefined) of.write(encoder, value)
    },
    read: decoder => (flag.read(decoder) ? of.read(decoder) : undefined),
  }
}

export const cursor = fields<Cursor>({
  epoch: id,
  seq: uint,
  mark: checked(bytes, 'mark', mark => mark.length === DIGEST_BYTES),
})

function readView(decoder: Decoder): Uint8Array {
  return readUint8Array(decoder, uint.read(decoder))
}
