/** Between rows and what the port speaks of. Law: a row that does not fit its checksum never comes out as an entry. */
import { entryTypeOf, isCode, type DocumentHead, type Entry } from '@joinery/core'
import { checksumOf } from '../rows/checksum.ts'
import type { DocumentRow, EntryRow } from './statements.ts'

/** The entry of a row, or undefined when the row is damaged. */
export function entryOf(row: EntryRow, bytes: Uint8Array): Entry | undefined {
  const { seq, n, at, document, kind, engine, device, subject } = row
  const type = entryTypeOf(row.type)
  if (checksumOf({ ...row, bytes }) !== row.checksum) return undefined
  if (document === null || kind === null || engine === null || device === null || subject === null) return undefined
  return { seq, type, document, kind, engine, at, device, n, subject, bytes }
}

export function headOf(row: DocumentRow): DocumentHead {
  const { id, name, kind, engine, seq, bytes, gone, quarantined } = row
  return {
    document: name,
    kind,
    engine,
    firstSeq: id,
    seq,
    state: gone ? 'gone' : 'live',
    bytes,
    quarantined: quarantined === null ? undefined : isCode(quarantined) ? quarantined : 'QUARANTINED',
  }
}
