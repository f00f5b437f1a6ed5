/** The few shapes that several messages share. Every list is bounded before it is read, so a count off the wire allocates nothing. */
import { readVarString, readVarUint, readVarUint8Array, type Decoder } from 'lib0/decoding'
import { writeVarString, writeVarUint, writeVarUint8Array, type Encoder } from 'lib0/encoding'
import { DIGEST_BYTES } from '../digest.ts'
import type { Cursor } from '../entry.ts'
import { isId } from '../ids.ts'

export function readId(decoder: Decoder): string {
  const id = readVarString(decoder)
  if (!isId(id)) throw new Error('not an id')
  return id
}

export function writeList<T>(encoder: Encoder, list: readonly T[], write: (encoder: Encoder, item: T) => void): void {
  writeVarUint(encoder, list.length)
  for (const item of list) write(encoder, item)
}

export function readList<T>(decoder: Decoder, read: (decoder: Decoder) => T): T[] {
  const count = readVarUint(decoder)
  // An item takes at least one byte.
  if (count > decoder.arr.length - decoder.pos) throw new Error('list longer than its frame')
  const list: T[] = []
  for (let i = 0; i < count; i++) list.push(read(decoder))
  return list
}

export function writeOptional<T>(encoder: Encoder, value: T | undefined, write: (encoder: Encoder, value: T) => void): void {
  writeVarUint(encoder, value === undefined ? 0 : 1)
  if (value !== undefined) write(encoder, value)
}

export function readOptional<T>(decoder: Decoder, read: (decoder: Decoder) => T): T | undefined {
  return readFlag(decoder) ? read(decoder) : undefined
}

export function writeFlag(encoder: Encoder, flag: boolean): void {
  writeVarUint(encoder, flag ? 1 : 0)
}

export function readFlag(decoder: Decoder): boolean {
  const flag = readVarUint(decoder)
  if (flag > 1) throw new Error('not a flag')
  return flag === 1
}

export function writeCursor(encoder: Encoder, cursor: Cursor): void {
  writeVarString(encoder, cursor.epoch)
  writeVarUint(encoder, cursor.seq)
  writeVarUint8Array(encoder, cursor.mark)
}

export function readCursor(decoder: Decoder): Cursor {
  const epoch = readId(decoder)
  const seq = readVarUint(decoder)
  const mark = readBytes(decoder)
  if (mark.length !== DIGEST_BYTES) throw new Error('not a mark')
  return { epoch, seq, mark }
}

/** Bytes that do not keep the whole frame alive. */
export function readBytes(decoder: Decoder): Uint8Array {
  return readVarUint8Array(decoder).slice()
}
