/** Between rows and what the port speaks of. Law: a row that does not fit its checksum never comes out as an entry. */
import { crc32 } from 'node:zlib'
import { isCode, NO_MARK, type AuthorHead, type DocumentHead, type Entry, type EntryType } from '@joinery/core'
import { plainType } from './pieces.ts'
import type { DocumentRow, EntryRow } from './statements.ts'

/** The place in this list is the number in the row: append only. */
const TYPES: readonly EntryType[] = ['update', 'snapshot', 'tombstone', 'moved', 'void', 'member']

export function numberOfType(type: EntryType): number {
  return TYPES.indexOf(type)
}

type ChecksummedRow = Omit<EntryRow, 'checksum' | 'document' | 'kind' | 'engine' | 'device' | 'subject'>

/** Covers the whole row, so that a flip in any column shows. */
export function checksumOf(row: ChecksummedRow): number {
  const { space_id, seq, type, document_id, prev, device_id, n, at, authors, bytes } = row
  return crc32(bytes, crc32(`${space_id} ${seq} ${type} ${document_id} ${prev} ${device_id} ${n} ${at} ${authors}`))
}

/** The entry of a row, or undefined when the row is damaged. Of one in pieces, its bytes are their name. */
export function entryOf(row: EntryRow): Entry | undefined {
  const { seq, n, at, document, kind, engine, device, subject } = row
  const type = TYPES[plainType(row.type)]
  if (checksumOf(row) !== row.checksum || type === undefined) return undefined
  if (document === null || kind === null || engine === null || device === null || subject === null) return undefined
  return { seq, type, document, kind, engine, at, device, n, subject, bytes: bytesOf(row.bytes) }
}

export function textOfAuthors(authors: Iterable<AuthorHead>): string {
  return JSON.stringify([...authors].map(({ author, clock, owner }) => [author, clock, owner]))
}

/** So many are written, or read, before others have their turn. */
const STRIDE = 4_096

/** The same of very many, in turns: in lines of their own, each as above. */
export async function textOfAuthorsInTurns(authors: Iterable<AuthorHead>, turn: () => Promise<void>): Promise<string> {
  const all = [...authors]
  const lines: string[] = []
  for (let at = 0; at === 0 || at < all.length; at += STRIDE) {
    if (at > 0) await turn()
    lines.push(textOfAuthors(all.slice(at, at + STRIDE)))
  }
  return lines.join('\n')
}

/** The authors in the texts of sound rows, newest first: the first that names one counts. */
export async function newestAuthors(
  texts: Iterable<string>,
  turn: () => Promise<void>,
): Promise<Map<string, AuthorHead>> {
  const authorsById = new Map<string, AuthorHead>()
  let looked = 0
  for (const text of texts) {
    for (const line of text.split('\n')) {
      for (const [author, clock, owner] of JSON.parse(line) as [string, number, string][]) {
        looked += 1
        if (!authorsById.has(author)) authorsById.set(author, { author, clock, owner })
      }
      if (looked < STRIDE) continue
      await turn()
      looked = 0
    }
  }
  return authorsById
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
