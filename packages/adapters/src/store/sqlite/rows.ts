/** Between rows and what the port speaks of. Law: a row that does not fit its checksum never comes out as an entry. */
import { entryTypeOf, isCode, NO_MARK, type DocumentHead, type Entry } from '@joinery/core'
import { checksumOf } from '../rows/checksum.ts'
import { plainType } from './pieces.ts'
import type { DocumentRow, EntryRow } from './statements.ts'

/** The entry of a row, or undefined when the row is damaged. Of one in pieces, its bytes are their name. */
export function entryOf(row: EntryRow): Entry | undefined {
  const { seq, n, at, document, kind, engine, device, subject } = row
  const type = entryTypeOf(plainType(row.type))
  if (checksumOf(row) !== row.checksum) return undefined
  if (document === null || kind === null || engine === null || device === null || subject === null) return undefined
  return { seq, type, document, kind, engine, at, device, n, subject, bytes: bytesOf(row.bytes) }
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

export function markOf(mark: Uint8Array | null): Uint8Array {
  return mark === null ? NO_MARK : bytesOf(mark)
}

/** How many binary digits a count has. */
export function digitsOf(count: number): number {
  return 32 - Math.clz32(count)
}
