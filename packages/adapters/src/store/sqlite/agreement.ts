/**
 * Whether what is told of documents beside their entries is what the entries say. It carries no checksum, and entries do. Laws:
 * - A document is gone when its last entry is a tombstone, and only then: a tombstone is never folded, and nothing comes after it. Where that
 *   entry cannot be read, the log knows it by its digest.
 * - The log has an entry, and one of a past, by the name that its row has.
 * - A row that does not fit its checksum says nothing.
 */
import { numberOfEntryType, type DocumentPlace } from '@joinery/core'
import type { Database } from 'better-sqlite3'
import { isTombstoneOf } from '../rows/tombstone.ts'
import { plainType } from './pieces.ts'
import { bytesOf, entryOf } from './rows.ts'
import { ENTRY, PAST, type DocumentRow, type EntryRow } from './statements.ts'

const TOMBSTONE = numberOfEntryType('tombstone')
const LOG = 'JOIN log ON log.space = entry.space AND log.seq = entry.seq'
const IS_MISNAMED = '(log.device <> entry.device OR log.n <> entry.n)'
const MISNAMED = [ENTRY, PAST].map(rows => `${rows} ${LOG} WHERE ${IS_MISNAMED}`)
const MISNAMED_OF = [ENTRY, PAST].map(
  rows => `${rows} ${LOG} WHERE entry.space = +? AND entry.document = +? AND ${IS_MISNAMED}`,
)
/** Those of which an entry seems to say otherwise: a purge of what was damaged left some behind. */
const DOUBTFUL = `
  SELECT DISTINCT document.* FROM entry CROSS JOIN document ON document.id = entry.document
  WHERE document.gone <> (entry.type % 64 = ${TOMBSTONE})`
const HEAD = `${ENTRY} WHERE entry.space = +? AND entry.seq = +? AND entry.document = +?`
const DIGEST = 'SELECT digest FROM log WHERE space = ? AND seq = ?'
const PLACE = `
  SELECT space.name AS space, document.name AS document FROM document JOIN space ON space.id = document.space
  WHERE document.id = ?`

/** 1 when it is gone, as its last entry says. */
export function goneByEntries(database: Database, row: DocumentRow): 0 | 1 {
  const head = database.prepare(HEAD).get(row.space, row.seq, row.id) as EntryRow | undefined
  if (head !== undefined && isSound(head)) return plainType(head.type) === TOMBSTONE ? 1 : 0
  const digest = database.prepare(DIGEST).pluck().get(row.space, row.seq) as Uint8Array | undefined
  return digest !== undefined && isTombstoneOf(row, bytesOf(digest)) ? 1 : 0
}

/** Those entries of a document that the log has by another name. */
export function misnamedOf(database: Database, { id, space }: DocumentRow): EntryRow[] {
  return MISNAMED_OF.flatMap(sql => database.prepare(sql).all(space, id) as EntryRow[]).filter(isSound)
}

/** All documents of which something is told that their entries do not say. */
export function disagreeing(database: Database): DocumentPlace[] {
  const ids = new Set<number>()
  for (const row of database.prepare(DOUBTFUL).all() as DocumentRow[])
    if (goneByEntries(database, row) !== row.gone) ids.add(row.id)
  for (const sql of MISNAMED)
    for (const row of (database.prepare(sql).all() as EntryRow[]).filter(isSound)) ids.add(row.document_id)
  return [...ids].map(id => database.prepare(PLACE).get(id) as DocumentPlace)
}

function isSound(row: EntryRow): boolean {
  return entryOf(row) !== undefined
}
