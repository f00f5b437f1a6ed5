/** Between rows and what the port speaks of. Law: a row that does not fit its checksum never comes out as an entry. */
import { crc32 } from 'node:zlib'
import { isCode, type DocumentHead, type Entry, type EntryType } from '@joinery/core'
import type { DocumentRow, EntryRow } from './statements.ts'

/** The place in this list is the number in the row: append only. */
const TYPES: readonly EntryType[] = ['update', 'snapshot', 'tombstone', 'moved', 'void', 'member']

export function numberOfType(type: EntryType): number {
  return TYPES.indexOf(type)
}

/** Covers the whole row, so that a flip in any column shows. */
export function checksumOf(
  space: number,
  seq: number,
  type: number,
  document: number,
  prev: number,
  device: number,
  n: number,
  at: number,
  bytes: Uint8Array,
): number {
  return crc32(bytes, crc32(`${space} ${seq} ${type} ${document} ${prev} ${device} ${n} ${at}`))
}

/** The entry of a row, or undefined when the row is damaged. */
export function entryOf(row: EntryRow): Entry | undefined {
  const { space_id, seq, document_id, prev, device_id, n, at, checksum, document, kind, engine, device, subject } = row
  const bytes = bytesOf(row.bytes)
  const type = TYPES[row.type]
  if (checksumOf(space_id, seq, row.type, document_id, prev, device_id, n, at, bytes) !== checksum) return undefined
  if (type === undefined || document === null || kind === null || engine === null) return undefined
  if (device === null || subject === null) return undefined
  return { seq, type, document, kind, engine, at, device, n, subject, bytes }
}

export function headOf(row: DocumentRow): DocumentHead {
  const { name, kind, engine, first_seq, seq, bytes, gone, quarantined } = row
  return {
    document: name,
    kind,
    engine,
    firstSeq: first_seq,
    seq,
    state: gone === 1 ? 'gone' : 'live',
    bytes,
    quarantined: quarantined === null ? undefined : isCode(quarantined) ? quarantined : 'QUARANTINED',
  }
}

/** The driver gives a Buffer, whose `slice` shares. */
export function bytesOf(buffer: Uint8Array): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength)
}
