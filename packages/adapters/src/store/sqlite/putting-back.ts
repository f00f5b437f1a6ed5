/**
 * Puts a store that nobody has open back to a moment, from what is kept of its past. Laws: those of `PutBack`; and
 * - Rows move as they are, as they did when they were folded away. Only a voided entry is written anew: its bytes are in the entry that voids it.
 * - Space by space, each in one transaction. What is put back is a copy: one that was not finished is thrown away.
 */
import { JoineryError, markAfter, numberOfEntryType, type DocumentPlace, type PutBack } from '@joinery/core'
import { decodeVoided } from '@joinery/core/protocol'
import type { Database } from 'better-sqlite3'
import { checksumOf } from '../rows/checksum.ts'
import { openDatabase } from './opening.ts'
import { createPieces, nameIn, plainType, type Pieces } from './pieces.ts'
import { bytesOf, digitsOf, entryOf, markOf } from './rows.ts'
import {
  ENTRY,
  PAST,
  prepare,
  SIZES,
  type DocumentRow,
  type EntryRow,
  type SizeRow,
  type Statements,
} from './statements.ts'

const LISTED = 20

interface Cut {
  readonly id: number
  readonly name: string
  /** The last that was committed by then; 0 when nothing was. */
  readonly seq: number
}

/** An entry that was voided since. */
interface Unvoided {
  readonly seq: number
  readonly bytes: Uint8Array
}

interface LogRow {
  readonly seq: number
  readonly device: number
  readonly n: number
  readonly digest: Uint8Array
  readonly committed: number
}

/** What a document had then is behind each of these: a snapshot with nothing kept of what it stands for. */
const MAKE_CUTS = `
  CREATE TEMP TABLE cut AS SELECT space.id, space.name, coalesce((
    SELECT seq FROM log WHERE log.space = space.id AND committed <= +@at ORDER BY seq DESC LIMIT 1
  ), 0) AS seq FROM space`
const MAKE_BREAKS = `
  CREATE TEMP TABLE break AS
  SELECT document, seq FROM past WHERE prev = 0 AND type IN (1, 65)
  UNION ALL
  SELECT document, seq FROM entry WHERE prev = 0 AND type IN (1, 65)
    AND NOT EXISTS (SELECT 1 FROM past WHERE past.document = entry.document AND past.seq = entry.seq)`
const BROKEN_UNTIL = `
  SELECT max(log.committed) FROM break
  JOIN document ON document.id = break.document AND document.gone = 0 AND document.first_seq <> break.seq
  JOIN cut ON cut.id = document.space AND document.first_seq <= cut.seq AND cut.seq < break.seq
  JOIN log ON log.space = document.space AND log.seq = break.seq`

/** Its rows lead to each other no more. */
const LAST_OF_DAMAGED = 'SELECT max(seq) FROM entry WHERE space = ? AND document = ? AND seq <= ?'
const UNKNOWN_UNTIL = "SELECT max(until) FROM former WHERE what = 'unknown'"
/** It has a hole, or had one since: what filled it again may be of after the moment. */
const GAPS = `
  SELECT name FROM document WHERE space = @space AND gone = 0 AND (quarantined = 'GAP' OR name IN (
    SELECT whose FROM former WHERE space = @space AND until > @at AND what = 'quarantine' AND value = 'GAP'
  ))`
const QUARANTINE = 'UPDATE document SET quarantined = ? WHERE space = ? AND name = ? AND gone = 0'
/**
 * The first thing that is known of the whole store: before it, it is not known to have been there. A space may be younger; what was written
 * before times were known counts as the first of all.
 */
const BEGAN = 'SELECT min(at) FROM (SELECT min(committed) AS at FROM log UNION ALL SELECT min(until) FROM former)'
const UNTIMED = 'SELECT 1 FROM log WHERE committed = 0 LIMIT 1'

/**
 * Puts the database of a store, which nobody has open, back to how it was at a moment.
 *
 * Rejects with BAD_INPUT and the details `reason` and `sentence`, and has changed nothing, when it cannot be had: `before-history`, with the
 * `earliest` that can be, in ms since 1970; or `untimed`, when the store does not know when what it holds was committed.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { mkdtempSync } from 'node:fs'
 * import { tmpdir } from 'node:os'
 * import { join } from 'node:path'
 * import { putBackSqlite, sqliteStore } from '@joinery/adapters/store/sqlite'
 *
 * const file = join(mkdtempSync(join(tmpdir(), 'joinery-')), 'log.db')
 * let now = 1_000
 * const store = sqliteStore({ file, now: () => now })
 * await store.admit('garden', 'ann', 'owner')
 * now = 2_000
 * await store.setRole('garden', 'ann', undefined)
 * await store.close()
 * const { members } = await putBackSqlite({ file, at: 1_500 })
 * assert.equal(members, 1)
 * const then = sqliteStore({ file })
 * assert.equal(await then.roleOf('garden', 'ann'), 'owner')
 * await then.close()
 * ```
 */
export async function putBackSqlite({ file, at }: { readonly file: string; readonly at: number }): Promise<PutBack> {
  const database = openDatabase({ file, lockTimeout: 0 })
  try {
    const cuts = cutsOf(database, at)
    const statements = prepare(database)
    const read = async <T>(look: () => T): Promise<T> => look()
    const write = async <T>(change: () => { readonly result: T }): Promise<T> =>
      database.transaction(() => change().result)()
    const pieces = createPieces({ statements, read, write })
    const purged: DocumentPlace[] = []
    const all = { entries: 0, unfolded: 0, unmade: 0, purged: 0, members: 0 }
    const voids = await voidedSince(database, pieces)
    for (const cut of cuts) {
      const found = database.transaction(() => putBackSpace({ database, statements, pieces }, cut, at, voids))()
      all.entries += found.entries
      all.unfolded += found.unfolded
      all.unmade += found.unmade
      all.members += found.members
      all.purged += found.purged.length
      for (const document of found.purged) if (purged.length < LISTED) purged.push({ space: cut.name, document })
      statements.checkpoint.get()
    }
    return { ...all, purged: { documents: all.purged, listed: purged } }
  } finally {
    database.close()
  }
}

/** Where each log ends; throws when one of them cannot. */
function cutsOf(database: Database, at: number): readonly Cut[] {
  const number = (sql: string): number => Number(database.prepare(sql).pluck().get() ?? 0)
  const unknownUntil = number(UNKNOWN_UNTIL)
  if (unknownUntil === 0 && number(UNTIMED) === 1) {
    const sentence = 'It does not know when what it holds was committed, so it cannot be put back to a moment.'
    throw new JoineryError('BAD_INPUT', { reason: 'untimed', sentence })
  }
  database.exec(MAKE_BREAKS)
  for (let earliest = Math.max(at, unknownUntil, number(BEGAN)); ;) {
    database.exec('DROP TABLE IF EXISTS temp.cut')
    database.prepare(MAKE_CUTS).run({ at: earliest })
    const brokenUntil = number(BROKEN_UNTIL)
    if (brokenUntil > earliest) {
      earliest = brokenUntil
      continue
    }
    if (earliest === at) return database.prepare('SELECT id, name, seq FROM cut ORDER BY id').all() as Cut[]
    const sentence = `What is kept does not reach back to ${timeOf(at)}: the earliest moment is ${timeOf(earliest)}.`
    throw new JoineryError('BAD_INPUT', { reason: 'before-history', earliest, sentence })
  }
}

function timeOf(at: number): string {
  return new Date(at).toISOString()
}

/** By document, of entries that were there then: in what is present, and in what was folded since. */
async function voidedSince(database: Database, pieces: Pieces): Promise<Map<number, Unvoided[]>> {
  const isSince = 'JOIN cut ON cut.id = entry.space AND entry.seq > cut.seq'
  const isVoid = `entry.type % 64 = ${numberOfEntryType('void')} AND length(entry.bytes) > 0`
  const cutBySpace = new Map((database.prepare('SELECT * FROM cut').all() as Cut[]).map(({ id, seq }) => [id, seq]))
  const unvoidedByDocument = new Map<number, Unvoided[]>()
  for (const rows of [ENTRY, PAST]) {
    for (const row of database.prepare(`${rows} ${isSince} WHERE ${isVoid}`).all() as EntryRow[]) {
      const name = nameIn(row)
      const bytes = name === undefined ? row.bytes : await pieces.load(name)
      // What is damaged stays so: the document is not worse than it was.
      if (entryOf(row) === undefined || typeof bytes === 'string') continue
      const voided = decodeVoided(bytesOf(bytes))
      if (voided.seq > (cutBySpace.get(row.space_id) ?? 0)) continue
      const known = unvoidedByDocument.get(row.document_id) ?? []
      unvoidedByDocument.set(row.document_id, [...known, { seq: voided.seq, bytes: voided.bytes }])
    }
  }
  return unvoidedByDocument
}

interface Parts {
  readonly database: Database
  readonly statements: Statements
  readonly pieces: Pieces
}

interface SpaceBack {
  readonly entries: number
  readonly unfolded: number
  readonly unmade: number
  readonly purged: readonly string[]
  readonly members: number
}

/** What there is by the number of a document. */
const BESIDE = ['folded', 'past', 'kept', 'version_name']

/** Inside of a transaction. */
function putBackSpace(
  { database, statements, pieces }: Parts,
  cut: Cut,
  at: number,
  voids: ReadonlyMap<number, readonly Unvoided[]>,
): SpaceBack {
  const run = (sql: string, ...values: unknown[]): number => database.prepare(sql).run(...values).changes
  const all = <T>(sql: string, ...values: unknown[]): T[] => database.prepare(sql).all(...values) as T[]
  const number = (sql: string, ...values: unknown[]): number =>
    Number(
      database
        .prepare(sql)
        .pluck()
        .get(...values) ?? 0,
    )
  const leaveAll = (from: string, ...values: unknown[]): void => {
    const named = `SELECT ${SIZES} FROM ${from} AND (entry.type >= 64 OR entry.authors LIKE '@%')`
    for (const row of all<SizeRow>(named, ...values)) pieces.leave(row)
  }
  const moved = all<DocumentRow>('SELECT * FROM document WHERE space = ? AND seq > ?', cut.id, cut.seq)

  const drop = ({ id }: DocumentRow): void => {
    leaveAll('past AS entry WHERE entry.document = ?', id)
    for (const table of BESIDE) run(`DELETE FROM ${table} WHERE document = ?`, id)
    run('DELETE FROM document WHERE id = ?', id)
  }

  /** Puts what was written back in the place of the snapshot at `base`. Gives the seq of the last of it; 0 when nothing is kept. */
  const unfold = ({ id }: DocumentRow, base: number): number => {
    const last = number('SELECT max(seq) FROM past WHERE document = ? AND seq <= ?', id, Math.min(base, cut.seq))
    // What is before a beginning was forgotten, but for versions with a name.
    const first = number('SELECT max(seq) FROM past WHERE document = ? AND seq <= ? AND prev = 0', id, last)
    if (last === 0) return 0
    leaveAll('entry WHERE entry.space = ? AND entry.seq = ?', cut.id, base)
    run('DELETE FROM entry WHERE space = ? AND seq = ?', cut.id, base)
    run('INSERT INTO entry SELECT * FROM past WHERE document = ? AND seq BETWEEN ? AND ?', id, first, last)
    leaveAll('past AS entry WHERE entry.document = ? AND entry.seq > ?', id, last)
    run('DELETE FROM past WHERE document = ? AND seq >= ?', id, first)
    run('DELETE FROM kept WHERE document = ? AND seq >= ?', id, first)
    // They stand again, and will be folded again.
    run('DELETE FROM folded WHERE document = ? AND seq >= ?', id, first)
    return last
  }

  const unvoid = (document: DocumentRow, { seq, bytes }: Unvoided): void => {
    const row = statements.entryAt.get(cut.id, seq) as EntryRow | undefined
    const type = row && plainType(row.type)
    const isPlace = type === numberOfEntryType('void') || type === numberOfEntryType('snapshot')
    if (row?.document_id !== document.id || !isPlace) return
    // Its authors stay as they are.
    pieces.leave({ ...row, authors: '' })
    const held = pieces.hold(numberOfEntryType('update'), bytes, new Map())
    statements.putInstead.run(held.type, checksumOf({ ...row, ...held }), held.bytes, cut.id, seq)
  }

  let unfolded = 0
  const putBack = (document: DocumentRow): void => {
    const { id } = document
    const chain = chainOf(statements, document)
    const base = chain[0]
    const unvoided = voids.get(id) ?? []
    const isKept = base !== undefined && statements.pastAt.get(id, base.seq) !== undefined
    const isNeeded = base !== undefined && (base.seq > cut.seq || unvoided.some(({ seq }) => seq <= base.seq))
    const lastUnfolded = isKept && isNeeded ? unfold(document, base.seq) : 0
    if (lastUnfolded > 0) unfolded += 1
    for (const one of unvoided) {
      // Of what a snapshot stands for that nothing is kept of, no part can be told from the rest.
      const isInside = base !== undefined && one.seq <= base.seq && base.seq !== document.first_seq
      if (lastUnfolded > 0 || !isInside) unvoid(document, one)
    }
    const last = chain.findLast(({ seq }) => seq <= cut.seq)?.seq ?? lastUnfolded
    const head = chain.length > 0 ? last : number(LAST_OF_DAMAGED, cut.id, id, cut.seq)
    if (head === 0) return drop(document)
    const rows = statements.chainSizes.all({ space: cut.id, document: id, last: head }) as SizeRow[]
    const bytes = rows.reduce((sum, row) => sum + (nameIn(row)?.length ?? row.length), 0)
    statements.moveDocument.run(head, rows.length, bytes, 0, id)
    statements.moveDigits.run(digitsOf(rows.length), id)
    run('DELETE FROM folded WHERE document = ? AND seq > ?', id, cut.seq)
    run('DELETE FROM version_name WHERE document = ? AND seq > ?', id, cut.seq)
  }

  const tombstones = moved.filter(({ gone }) => gone === 1)
  const unmade = moved.filter(({ gone, first_seq }) => gone === 0 && first_seq > cut.seq)
  for (const document of moved) if (document.gone === 0 && document.first_seq <= cut.seq) putBack(document)
  for (const document of unmade) drop(document)
  const carried = tombstones
    .map(document => {
      const row = statements.entryAt.get(cut.id, document.seq) as EntryRow | undefined
      const [log] = all<LogRow>('SELECT * FROM log WHERE space = ? AND seq = ?', cut.id, document.seq)
      return { document, at: row && entryOf(row) ? row.at : 0, log }
    })
    .toSorted((a, b) => a.document.seq - b.document.seq)

  leaveAll('entry WHERE entry.space = ? AND entry.seq > ?', cut.id, cut.seq)
  run('DELETE FROM entry WHERE space = ? AND seq > ?', cut.id, cut.seq)
  const entries = run('DELETE FROM log WHERE space = ? AND seq > ?', cut.id, cut.seq)

  // D6: a tombstone outlives what it is of, and whatever is put back.
  let seq = cut.seq
  let mark = markOf((statements.markAt.get(cut.id, seq) as { mark: Uint8Array } | undefined)?.mark ?? null)
  for (const { document, at: edited, log } of carried) {
    if (log === undefined) continue
    seq += 1
    mark = markAfter(mark, bytesOf(log.digest))
    statements.appendName.run(cut.id, seq, log.device, log.n, log.digest, mark, log.committed)
    const ids = { space_id: cut.id, document_id: document.id, device_id: log.device }
    const row = { ...ids, seq, type: numberOfEntryType('tombstone'), prev: 0, n: log.n, at: edited, authors: '[]', bytes: new Uint8Array(0) } // prettier-ignore
    const { type, authors, bytes } = row
    statements.appendEntry.run(
      cut.id,
      seq,
      type,
      document.id,
      0,
      log.device,
      log.n,
      edited,
      checksumOf(row),
      authors,
      bytes,
    )
    const firstSeq = Math.min(document.first_seq, seq)
    run('UPDATE document SET seq = ?, first_seq = ? WHERE id = ?', seq, firstSeq, document.id)
    run('DELETE FROM folded WHERE document = ? AND seq > ?', document.id, cut.seq)
  }

  const members = undoFormer(database, cut.id, at)
  run('DELETE FROM device WHERE space = ? AND NOT EXISTS (SELECT 1 FROM log WHERE log.device = device.id)', cut.id)
  // It was made since: nothing is in it, and nobody.
  run(
    'DELETE FROM space WHERE id = ? AND ? = 0 AND NOT EXISTS (SELECT 1 FROM member WHERE space = space.id)',
    cut.id,
    seq,
  )
  const purged = tombstones.filter(({ first_seq }) => first_seq <= cut.seq).map(({ name }) => name)
  return { entries: entries - (seq - cut.seq), unfolded, unmade: unmade.length, purged, members }
}

/** Oldest first; nothing of one that is damaged somewhere. */
function chainOf(statements: Statements, { id, space, seq }: DocumentRow): readonly SizeRow[] {
  const chain = (statements.chainSizes.all({ space, document: id, last: seq }) as SizeRow[]).toSorted(
    (a, b) => a.seq - b.seq,
  )
  const first = chain[0] && (statements.entryAt.get(space, chain[0].seq) as EntryRow | undefined)
  return first?.prev === 0 ? chain : []
}

interface FormerRow {
  readonly what: string
  readonly whose: string
  readonly value: string | null
}

/** Newest first, each as it was before, but for a hole. Gives how many members differ. */
function undoFormer(database: Database, space: number, at: number): number {
  const roles = (): Map<string, string> => {
    const rows = database.prepare('SELECT subject, role FROM member WHERE space = ?').all(space)
    return new Map((rows as { subject: string; role: string }[]).map(({ subject, role }) => [subject, role]))
  }
  const before = roles()
  const gaps = database.prepare(GAPS).pluck().all({ space, at }) as string[]
  const former = database.prepare(
    'SELECT what, whose, value FROM former WHERE space = ? AND until > ? ORDER BY id DESC',
  )
  for (const { what, whose, value } of former.all(space, at) as FormerRow[]) {
    if (what === 'quarantine') {
      database.prepare(QUARANTINE).run(value, space, whose)
    } else if (value === null) {
      database.prepare('DELETE FROM member WHERE space = ? AND subject = ?').run(space, whose)
    } else {
      const member = `
        INSERT INTO member (space, subject, role) VALUES (?, ?, ?) ON CONFLICT (space, subject) DO UPDATE SET role = excluded.role`
      database.prepare(member).run(space, whose, value)
    }
  }
  for (const name of gaps) database.prepare(QUARANTINE).run('GAP', space, name)
  database.prepare('DELETE FROM former WHERE space = ? AND until > ?').run(space, at)
  const after = roles()
  return [...new Set([...before.keys(), ...after.keys()])].filter(who => before.get(who) !== after.get(who)).length
}
