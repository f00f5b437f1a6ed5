/**
 * Every statement that the store runs, by name, prepared once when it opens. Scar: what is bound to a parameter in a join, or behind LIMIT,
 * might be worth another plan, and so SQLite compiles the statement anew each time it runs, which takes longer than to run it. Behind a `+`
 * it is no such parameter, and costs no index.
 */
import type { Database, Statement } from 'better-sqlite3'
import { numberOfEntryType } from '@joinery/core'
import { FOLDABLE_INDEXED_FROM } from './migrations.ts'

export interface SpaceRow {
  readonly id: number
  readonly epoch: string
  readonly seq: number
  /** Null while nothing is in the log. */
  readonly mark: Uint8Array | null
}

export interface DocumentRow {
  readonly id: number
  readonly space: number
  readonly name: string
  readonly kind: string
  readonly engine: string
  readonly first_seq: number
  readonly seq: number
  readonly entries: number
  readonly bytes: number
  readonly gone: number
  readonly quarantined: string | null
}

export interface DeviceRow {
  readonly id: number
  readonly subject: string
  readonly last: number
}

/** An entry with the names that its numbers stand for: null when the row is damaged so that they stand for nothing. */
export interface EntryRow {
  readonly space_id: number
  readonly seq: number
  readonly type: number
  readonly document_id: number
  readonly prev: number
  readonly device_id: number
  readonly n: number
  readonly at: number
  readonly checksum: number
  readonly authors: string
  readonly bytes: Uint8Array
  readonly document: string | null
  readonly kind: string | null
  readonly engine: string | null
  readonly device: string | null
  readonly subject: string | null
}

/** How large an entry is: `bytes` and `authors` are the names of its pieces, if there are any, and otherwise nothing. */
export interface SizeRow {
  readonly seq: number
  readonly type: number
  readonly length: number
  readonly bytes: Uint8Array
  readonly authors: string
}

/** A document with a past to forget. */
export interface AgedRow {
  readonly at: number
  readonly space: string
  readonly document: string
  readonly engine: string
  readonly upTo: number
}

export const ENTRY_COLUMNS = `
    entry.space AS space_id, entry.seq, entry.type, entry.document AS document_id, entry.prev, entry.device AS device_id, entry.n, entry.at,
    entry.checksum, entry.authors, entry.bytes, document.name AS document, document.kind, document.engine, device.name AS device, device.subject`

export const ENTRY_NAMES = `
  LEFT JOIN document ON document.id = entry.document
  LEFT JOIN device ON device.id = entry.device`

/** The same of a document's past: its rows are as those of entries. */
export const PAST = `SELECT ${ENTRY_COLUMNS} FROM past AS entry ${ENTRY_NAMES}`

export const ENTRY = `SELECT ${ENTRY_COLUMNS} FROM entry ${ENTRY_NAMES}`

/** The seqs of a document's entries from `@last` backwards. A damaged `prev` ends it, and leads round in no circle. */
const CHAIN = `
  WITH RECURSIVE chain (seq, prev) AS (
    SELECT seq, prev FROM entry WHERE space = +@space AND seq = +@last AND document = +@document
    UNION ALL
    SELECT entry.seq, entry.prev FROM chain CROSS JOIN entry ON entry.space = +@space AND entry.seq = chain.prev
    WHERE entry.seq < chain.seq AND entry.document = +@document
  )`

/** Of what is in pieces the name, and of the rest nothing. */
export const SIZES = `
  entry.seq, entry.type, length(entry.bytes) AS length, CASE WHEN entry.type >= 64 THEN entry.bytes ELSE x'' END AS bytes,
  CASE WHEN entry.authors LIKE '@%' THEN entry.authors ELSE '' END AS authors`

const DOCUMENT = `
  document.id, document.space, document.name, document.kind, document.engine, document.first_seq, document.seq, document.entries, document.bytes,
  document.gone, document.quarantined`

const FOLDABLE = `
  SELECT space.name AS space, document.name AS document, document.engine, document.entries
  FROM document JOIN space ON space.id = document.space
  WHERE gone = 0 AND quarantined IS NULL AND entries >= +?`

const SQL = {
  begin: 'BEGIN IMMEDIATE',
  commit: 'COMMIT',
  rollback: 'ROLLBACK',

  // Its head is the end of its log.
  space: `
    SELECT id, epoch, coalesce(log.seq, 0) AS seq, log.mark FROM space
    LEFT JOIN log ON log.space = space.id AND log.seq = (SELECT max(seq) FROM log WHERE log.space = space.id)
    WHERE name = +?`,
  makeSpace: 'INSERT INTO space (name, epoch) VALUES (?, ?)',

  appendName: 'INSERT INTO log (space, seq, device, n, digest, mark, committed) VALUES (?, ?, ?, ?, ?, ?, ?)',
  appendEntry: `
    INSERT INTO entry (space, seq, type, document, prev, device, n, at, checksum, authors, bytes)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  named: 'SELECT seq, digest FROM log WHERE device = ? AND n = ?',
  markAt: 'SELECT mark FROM log WHERE space = ? AND seq = ?',

  entriesAfter: `${ENTRY} WHERE entry.space = +? AND entry.seq > +? ORDER BY entry.seq`,
  // CROSS JOIN keeps SQLite from walking the log and asking of each entry whether it is in the chain. Newest first, as the chain is
  // followed, so whoever stops reading stops it.
  chainBack: `
    ${CHAIN} SELECT ${ENTRY_COLUMNS} FROM chain CROSS JOIN entry ON entry.space = +@space AND entry.seq = chain.seq ${ENTRY_NAMES}`,
  chainAuthors: `
    ${CHAIN} SELECT entry.authors FROM chain CROSS JOIN entry ON entry.space = +@space AND entry.seq = chain.seq
    ORDER BY chain.seq`,
  chainSizes: `
    ${CHAIN} SELECT ${SIZES} FROM chain CROSS JOIN entry ON entry.space = +@space AND entry.seq = chain.seq`,
  // No further back than what is asked for.
  voidedAfter: `
    WITH RECURSIVE chain (seq, prev, type) AS (
      SELECT seq, prev, type FROM entry WHERE space = +@space AND seq = +@last AND document = +@document AND seq > +@head
      UNION ALL
      SELECT entry.seq, entry.prev, entry.type FROM chain CROSS JOIN entry ON entry.space = +@space AND entry.seq = chain.prev
      WHERE entry.seq < chain.seq AND entry.document = +@document AND entry.seq > +@head
    ) SELECT 1 FROM chain WHERE type % 64 = ${numberOfEntryType('void')} LIMIT 1`,
  entryAt: `${ENTRY} WHERE entry.space = +? AND entry.seq = +?`,

  document: `SELECT ${DOCUMENT} FROM document WHERE space = ? AND name = ?`,
  // The head's entry is never folded away, so documents by head are found along the log.
  documentsBefore: `
    SELECT ${DOCUMENT} FROM entry JOIN document ON document.id = entry.document AND document.seq = entry.seq
    WHERE entry.space = +? AND entry.seq < +? ORDER BY entry.seq DESC LIMIT +?`,
  lastDocumentId: 'SELECT coalesce(max(id), 0) AS id FROM document',
  makeDocument: `
    INSERT INTO document (id, space, name, kind, engine, first_seq, seq, entries, digits, bytes, gone)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  moveDocument: 'UPDATE document SET seq = ?, entries = ?, bytes = ?, gone = ? WHERE id = ?',
  // By itself, so that an index is written only when it changes.
  moveDigits: 'UPDATE document SET digits = ? WHERE id = ?',
  quarantine: 'UPDATE document SET quarantined = ? WHERE space = ? AND name = ?',
  rememberQuarantine: `
    INSERT INTO former (until, what, space, whose, value)
    SELECT @until, 'quarantine', space, name, quarantined FROM document
    WHERE space = @space AND name = @name AND quarantined IS NOT @code`,
  liftQuarantine: 'UPDATE document SET quarantined = NULL WHERE id = ?',

  device: `
    SELECT id, subject, coalesce((SELECT max(n) FROM log WHERE log.device = device.id), 0) AS last
    FROM device WHERE space = ? AND name = ?`,
  makeDevice: 'INSERT INTO device (space, name, subject) VALUES (?, ?, ?)',

  rememberDigests: `
    ${CHAIN} INSERT INTO folded (document, digest, seq)
    SELECT @document, digest, chain.seq FROM chain CROSS JOIN log ON log.space = +@space AND log.seq = chain.seq`,
  dropChain: `${CHAIN} DELETE FROM entry WHERE space = +@space AND seq IN (SELECT seq FROM chain)`,
  putInstead: 'UPDATE entry SET type = ?, checksum = ?, bytes = ? WHERE space = ? AND seq = ?',
  putSnapshot: 'UPDATE entry SET type = ?, prev = 0, checksum = ?, authors = ?, bytes = ? WHERE space = ? AND seq = ?',
  holds: `
    ${CHAIN} SELECT min(seq) AS seq FROM (
      SELECT seq FROM folded WHERE document = +@document AND digest = +@digest
      UNION ALL
      SELECT chain.seq FROM chain CROSS JOIN log ON log.space = +@space AND log.seq = chain.seq WHERE digest = +@digest
    )`,
  everyDocument: `
    SELECT document.id AS at, space.name AS space, document.name AS document, document.engine
    FROM document JOIN space ON space.id = document.space WHERE document.id > +? AND gone = 0 ORDER BY document.id LIMIT +?`,
  foldable: `${FOLDABLE} ORDER BY entries DESC LIMIT +?`,
  foldableIndexed: `${FOLDABLE} AND digits >= ${FOLDABLE_INDEXED_FROM} AND digits >= +? ORDER BY entries DESC LIMIT +?`,

  admit: 'INSERT INTO member (space, subject, role) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
  rememberAdmission: "INSERT INTO former (until, what, space, whose) VALUES (?, 'role', ?, ?)",
  rememberRole: `
    INSERT INTO former (until, what, space, whose, value)
    SELECT @until, 'role', space, subject, role FROM member WHERE space = @space AND subject = @subject AND role IS NOT @role`,
  setRole: 'UPDATE member SET role = ? WHERE space = ? AND subject = ?',
  dropMember: 'DELETE FROM member WHERE space = ? AND subject = ?',
  members: 'SELECT subject, role FROM member WHERE space = ? ORDER BY subject',
  spaces: `
    SELECT name AS space, coalesce((SELECT max(seq) FROM log WHERE log.space = space.id), 0) AS seq,
      (SELECT count(*) FROM member WHERE member.space = space.id) AS members
    FROM space WHERE name > +? ORDER BY name LIMIT +?`,
  role: 'SELECT role FROM member JOIN space ON space.id = member.space WHERE space.name = +? AND member.subject = +?',

  lastPast: 'SELECT coalesce(max(seq), 0) AS seq FROM past WHERE document = ?',
  // The snapshot of an earlier fold stands for what is there already.
  keepChain: `
    ${CHAIN} INSERT INTO past (space, seq, type, document, prev, device, n, at, checksum, authors, bytes)
    SELECT entry.space, entry.seq, entry.type, entry.document, entry.prev, entry.device, entry.n, entry.at, entry.checksum, entry.authors, entry.bytes
    FROM chain CROSS JOIN entry ON entry.space = +@space AND entry.seq = chain.seq WHERE entry.seq > +@lastPast`,
  keepSince:
    'INSERT INTO kept (document, seq, since) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET since = excluded.since',
  pastAfter: `${PAST} WHERE entry.document = +? AND entry.seq > +? ORDER BY entry.seq`,
  pastAt: `${PAST} WHERE entry.document = +? AND entry.seq = +?`,
  pastSizes: `
    SELECT ${SIZES} FROM past AS entry WHERE entry.document = +? AND entry.seq > +? AND entry.seq <= +? ORDER BY entry.seq`,
  pastAuthors: 'SELECT authors FROM past WHERE document = ? AND seq <= ? ORDER BY seq',
  dropPast: 'DELETE FROM past WHERE document = ? AND seq > ? AND seq <= ?',
  putPast: `
    INSERT INTO past (space, seq, type, document, prev, device, n, at, checksum, authors, bytes)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  dropKept: 'DELETE FROM kept WHERE document = ? AND seq <= ?',
  namedBetween: 'SELECT 1 FROM version_name WHERE document = ? AND seq > ? AND seq < ?',
  version: `
    SELECT 1 FROM past WHERE document = @document AND seq = @seq
    UNION ALL SELECT 1 FROM entry WHERE space = @space AND document = @document AND seq = @seq`,
  aged: `
    SELECT document.id AS at, space.name AS space, document.name AS document, document.engine, max(kept.seq) AS upTo
    FROM kept JOIN document ON document.id = kept.document JOIN space ON space.id = document.space
    WHERE kept.since < +? AND kept.document > +? GROUP BY document.id ORDER BY document.id LIMIT +?`,
  nameVersion: `
    INSERT INTO version_name (document, seq, name, subject, at) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET name = excluded.name, subject = excluded.subject, at = excluded.at`,
  dropName: 'DELETE FROM version_name WHERE document = ? AND seq = ?',
  dropNames: 'DELETE FROM version_name WHERE document = ?',
  versionNames: 'SELECT seq, name, subject, at FROM version_name WHERE document = ? ORDER BY seq',

  lastPiece: `
    SELECT max(coalesce((SELECT max(id) FROM piece), 0), coalesce((SELECT max(id) FROM stray), 0)) AS id,
      EXISTS (SELECT 1 FROM entry) AS isNamed`,
  putPiece: 'INSERT INTO piece (id, checksum, bytes) VALUES (?, ?, ?)',
  piece: 'SELECT checksum, bytes FROM piece WHERE id = ?',
  dropPiece: 'DELETE FROM piece WHERE id = ?',
  makeStray: 'INSERT INTO stray (id) VALUES (?) ON CONFLICT DO NOTHING',
  useStrays: 'DELETE FROM stray WHERE id BETWEEN ? AND ?',
  strays: 'SELECT id FROM stray ORDER BY id',

  checkpoint: 'PRAGMA wal_checkpoint(PASSIVE)',
} as const

export type Statements = { readonly [Name in keyof typeof SQL]: Statement<unknown[], unknown> }

export function prepare(database: Database): Statements {
  const prepared = Object.entries(SQL).map(([name, sql]) => [name, database.prepare(sql)])
  return Object.fromEntries(prepared) as Statements
}
