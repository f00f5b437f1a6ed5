/**
 * The few shapes that messages are made of. Laws:
 * - One value has one form: what reads also writes back to the same bytes (numbers in their shortest form, strict UTF-8, flags 0 or 1).
 * - Every count and length is checked against what is left of the frame before anything is made of it, so a number off the wire
 *   allocates nothing.
 * - What a reader would refuse, the writer refuses too (BAD_INPUT): a fault shows where it was made.
 */
import { readUint8Array, readVarUint, type Decoder } from 'lib0/decoding'
import { writeVarString, writeVarUint, writeVarUint8Array, type Encoder } from 'lib0/encoding'
import { decodeUtf8, encodeUtf8 } from 'lib0/string'
import { DIGEST_BYTES } from '../digest.ts'
import type { Cursor } from '../entry.ts'
import { isCode, JoineryError, type Code } from '../errors.ts'
import { isId } from '../ids.ts'
import { LIST_ITEMS } from './limits.ts'

export function writeUint(encoder: Encoder, value: number): void {
  if (!Number.isSafeInteger(value) || value < 0) throw unfit('number', value, 'a safe integer from 0')
  writeVarUint(encoder, value)
}

export function readUint(decoder: Decoder): number {
  const start = decoder.pos
  const value = readVarUint(decoder)
  // lib0 gives more than 2^53 by the last byte, and NaN after many zero groups: only this comparison is false for both.
  if (!(value <= Number.MAX_SAFE_INTEGER)) throw new Error('number too large')
  if (decoder.pos - start > 1 && decoder.arr[decoder.pos - 1] === 0) throw new Error('number not in its shortest form')
  return value
}

/** Numbers that count from 1: seq, n, the version. */
export function writeCount(encoder: Encoder, value: number): void {
  if (value === 0) throw unfit('number', value, 'counts from 1')
  writeUint(encoder, value)
}

export function readCount(decoder: Decoder): number {
  const value = readUint(decoder)
  if (value === 0) throw new Error('counts from 1')
  return value
}

export function writeId(encoder: Encoder, id: string): void {
  if (!isId(id)) throw unfit('id', id.length, '1 to 128 of A-Z a-z 0-9 _ -')
  writeVarString(encoder, id)
}

export function readId(decoder: Decoder): string {
  const id = decodeUtf8(readView(decoder))
  if (!isId(id)) throw new Error('not an id')
  return id
}

/** An id, or empty where nobody is named. */
export function writeNoneOrId(encoder: Encoder, id: string): void {
  if (id === '') writeUint(encoder, 0)
  else writeId(encoder, id)
}

export function readNoneOrId(decoder: Decoder): string {
  const text = decodeUtf8(readView(decoder))
  if (text !== '' && !isId(text)) throw new Error('not an id')
  return text
}

/** A code of ours. A newer peer may know more: those read as UNAVAILABLE, so that nothing is given up. */
export function readCode(decoder: Decoder): Code {
  const code = readId(decoder)
  return isCode(code) ? code : 'UNAVAILABLE'
}

/** Free text of at most `max` bytes: well-formed, and without U+0000, which not every store can hold (CR-19). */
export function writeText(encoder: Encoder, text: string, max: number): void {
  // A lone surrogate would travel as another character.
  if (/\p{Surrogate}|\0/u.test(text)) throw unfit('text', text.length, 'well-formed and without U+0000')
  const bytes = encodeUtf8(text)
  if (bytes.length > max) throw unfit('text', bytes.length, `at most ${max} bytes`)
  writeBytes(encoder, bytes)
}

export function readText(decoder: Decoder, max: number): string {
  const bytes = readView(decoder)
  if (bytes.length > max) throw new Error('text too long')
  const text = decodeUtf8(bytes)
  if (text.includes('\0')) throw new Error('U+0000 in text')
  return text
}

export function writeList<T>(encoder: Encoder, list: readonly T[], write: (encoder: Encoder, item: T) => void): void {
  if (list.length > LIST_ITEMS) throw unfit('list', list.length, `at most ${LIST_ITEMS} items`)
  writeUint(encoder, list.length)
  for (const item of list) write(encoder, item)
}

export function readList<T>(decoder: Decoder, read: (decoder: Decoder) => T): T[] {
  const count = readUint(decoder)
  // An item takes at least one byte.
  if (count > LIST_ITEMS || count > decoder.arr.length - decoder.pos) throw new Error('list too long')
  const list: T[] = []
  for (let i = 0; i < count; i++) list.push(read(decoder))
  return list
}

export function writeOptional<T>(
  encoder: Encoder,
  value: T | undefined,
  write: (encoder: Encoder, value: T) => void,
): void {
  writeFlag(encoder, value !== undefined)
  if (value !== undefined) write(encoder, value)
}

export function readOptional<T>(decoder: Decoder, read: (decoder: Decoder) => T): T | undefined {
  return readFlag(decoder) ? read(decoder) : undefined
}

export function writeFlag(encoder: Encoder, flag: boolean): void {
  writeUint(encoder, flag ? 1 : 0)
}

export function readFlag(decoder: Decoder): boolean {
  const flag = readUint(decoder)
  if (flag > 1) throw new Error('not a flag')
  return flag === 1
}

export function writeCursor(encoder: Encoder, cursor: Cursor): void {
  if (cursor.mark.length !== DIGEST_BYTES) throw unfit('mark', cursor.mark.length, `${DIGEST_BYTES} bytes`)
  writeId(encoder, cursor.epoch)
  writeUint(encoder, cursor.seq)
  writeBytes(encoder, cursor.mark)
}

export function readCursor(decoder: Decoder): Cursor {
  const epoch = readId(decoder)
  const seq = readUint(decoder)
  const mark = readBytes(decoder)
  if (mark.length !== DIGEST_BYTES) throw new Error('not a mark')
  return { epoch, seq, mark }
}

export function writeBytes(encoder: Encoder, bytes: Uint8Array): void {
  writeVarUint8Array(encoder, bytes)
}

/** Bytes of their own: a queue or a cache that keeps one entry must not keep the whole frame (or Node's buffer pool) alive. */
export function readBytes(decoder: Decoder): Uint8Array {
  return readView(decoder).slice()
}

function readView(decoder: Decoder): Uint8Array {
  return readUint8Array(decoder, readUint(decoder))
}

function unfit(what: string, value: number, rule: string): JoineryError {
  return new JoineryError('BAD_INPUT', { what, value, rule })
}
