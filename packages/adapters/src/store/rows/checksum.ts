/** What every store's rows of entries have in common: types by number, and a checksum over all that a row holds. */
import type { EntryType } from '@joinery/core'
import { crc32 } from 'node:zlib'

/** The place in this list is the number in the row: append only. */
const TYPES: readonly EntryType[] = ['update', 'snapshot', 'tombstone', 'moved', 'void', 'member']

export function numberOfType(type: EntryType): number {
  return TYPES.indexOf(type)
}

export interface ChecksummedRow {
  readonly space_id: number
  readonly seq: number
  readonly type: number
  readonly document_id: number
  readonly prev: number
  readonly device_id: number
  readonly n: number
  readonly at: number
  readonly authors: string
  readonly bytes: Uint8Array
}

/** The type of a number, undefined for one that a row of ours never holds. */
export function typeOfNumber(number: number): EntryType | undefined {
  return TYPES[number]
}

/** Covers the whole row, so that a flip in any column shows. */
export function checksumOf(row: ChecksummedRow): number {
  const { space_id, seq, type, document_id, prev, device_id, n, at, authors, bytes } = row
  return crc32(bytes, crc32(`${space_id} ${seq} ${type} ${document_id} ${prev} ${device_id} ${n} ${at} ${authors}`))
}
