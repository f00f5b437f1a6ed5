/**
 * A look at a relay's log from outside. Laws:
 * - Nothing of it is touched, and a relay may be running on it: what is looked at is a copy, made elsewhere and removed afterwards. Without
 *   `scratch` it is looked at where it is, which brings it to the newest version, and nobody may have it open.
 * - What is damaged is named, as far as it can be, and nothing is mended.
 */
import { JoineryError, markAfter, NO_MARK, sameBytes, type RowPlace, type StoreLook } from '@joinery/core'
import type { Database } from 'better-sqlite3'
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Database as Sqlite } from '../../better-sqlite3.ts'
import { disagreeing } from './agreement.ts'
import { copyOfOneMoment } from './copy.ts'
import { MIGRATIONS } from './migrations.ts'
import { openDatabase } from './opening.ts'
import { authorsNameIn, checksumOfPiece, nameIn } from './pieces.ts'
import { refusal } from './refusals.ts'
import { bytesOf, entryOf } from './rows.ts'
import { ENTRY, PAST, type EntryRow } from './statements.ts'

/** Rows that are looked at unless all are. */
const SAMPLE = 5_000
/** Logs whose end is looked at, and how much of an end. */
const ENDS = 1_000
const END_ROWS = 50
const LISTED = 20
const LARGEST = 5
/** As many unfolded entries are worth folding, and a relay does it within a minute. */
const UNFOLDED = 500

export interface InspectSqliteOptions {
  /** The database of a store. */
  readonly file: string
  /** Where the copy goes for as long as it is looked at; it takes as much room as the database. Without it, none is made. */
  readonly scratch?: string
  /** Looks at every row, and at every page of every index. */
  readonly deep?: boolean
}

/**
 * The version of SQLite that stores run on here.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { sqliteVersion } from '@joinery/adapters/store/sqlite'
 *
 * assert.match(sqliteVersion(), /^3\.\d+\.\d+$/)
 * ```
 */
export function sqliteVersion(): string {
  const memory = new Sqlite(':memory:')
  try {
    return String(memory.prepare('SELECT sqlite_version()').pluck().get())
  } finally {
    memory.close()
  }
}

/**
 * Looks at the database of a store, which may be in use, and changes nothing of it.
 *
 * Rejects with UNAVAILABLE and the details `reason` and `sentence` when it cannot be looked at: `foreign`, `newer`, `malformed`, or
 * `restless` when no copy could be made that is of one moment; and as the file system does when it is not there.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { mkdtempSync } from 'node:fs'
 * import { tmpdir } from 'node:os'
 * import { join } from 'node:path'
 * import { inspectSqlite, sqliteStore } from '@joinery/adapters/store/sqlite'
 *
 * const folder = mkdtempSync(join(tmpdir(), 'joinery-'))
 * const file = join(folder, 'log.db')
 * const store = sqliteStore({ file })
 * await store.admit('garden', 'ann', 'owner')
 * const { spaces, rows, integrity } = await inspectSqlite({ file, scratch: folder, deep: true })
 * assert.deepEqual([spaces, rows.damaged, integrity], [1, 0, []])
 * await store.close()
 * ```
 */
export async function inspectSqlite({ file, scratch, deep = false }: InspectSqliteOptions): Promise<StoreLook> {
  const folder = scratch === undefined ? undefined : await mkdtemp(join(scratch, 'joinery-look-'))
  try {
    const copy = folder === undefined ? file : join(folder, 'copy.db')
    if (folder !== undefined) await copyOfOneMoment(file, copy)
    const { version, journal } = asFound(copy)
    const database = openDatabase({ file: copy })
    try {
      return { version, newest: MIGRATIONS.length, journal, ...lookAt(database, deep) }
    } finally {
      database.close()
    }
  } catch (error) {
    if (error instanceof JoineryError) throw error
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    if (code === 'SQLITE_NOTADB') throw refusal('foreign', `${file} is not a database.`, error)
    if (code.startsWith('SQLITE_CORRUPT')) throw refusal('malformed', 'SQLite cannot read the database at all.', error)
    throw new JoineryError('UNAVAILABLE', { reason: code, sentence: 'It could not be looked at.' }, { cause: error })
  } finally {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true })
  }
}

/** Before it is brought to the newest version. */
function asFound(copy: string): { version: number; journal: string } {
  const database = new Sqlite(copy)
  try {
    return {
      version: Number(database.pragma('user_version', { simple: true })),
      journal: String(database.pragma('journal_mode', { simple: true })),
    }
  } finally {
    database.close()
  }
}

type Look = Omit<StoreLook, 'version' | 'newest' | 'journal'>

function lookAt(database: Database, deep: boolean): Look {
  const count = (sql: string): number => Number(database.prepare(sql).pluck().get())
  const all = <T>(sql: string, ...values: unknown[]): T[] => database.prepare(sql).all(...values) as T[]
  const entries = count('SELECT count(*) FROM entry')
  return {
    synchronous: Number(database.pragma('synchronous', { simple: true })),
    spaces: count('SELECT count(*) FROM space'),
    documents: count('SELECT count(*) FROM document'),
    entries,
    integrity: integrityOf(database, deep),
    rows: rowsOf(database, deep ? 1 : Math.max(1, Math.ceil(entries / SAMPLE))),
    marks: marksOf(database, deep),
    headless: all(HEADLESS, LISTED),
    disagreeing: disagreeing(database),
    quarantined: all(QUARANTINED, LISTED),
    largestDocuments: all(LARGEST_DOCUMENTS, LARGEST),
    largestSpaces: all(LARGEST_SPACES, LARGEST),
    unfolded: database.prepare(BACKLOG).get(UNFOLDED) as Look['unfolded'],
    newestAt: (database.prepare('SELECT max(at) FROM entry').pluck().get() as number | null) ?? undefined,
  }
}

const HEADLESS = `
  SELECT space.name AS space, document.name AS document FROM document
  JOIN space ON space.id = document.space
  LEFT JOIN entry ON entry.space = document.space AND entry.seq = document.seq AND entry.document = document.id
  WHERE entry.seq IS NULL LIMIT ?`

/** Those first that wait for a device: however many others there are, one of them shows that there are any. */
const QUARANTINED = `
  SELECT space.name AS space, document.name AS document, document.quarantined AS code FROM document
  JOIN space ON space.id = document.space WHERE document.quarantined IS NOT NULL
  ORDER BY document.quarantined <> 'GAP' LIMIT ?`

const LARGEST_DOCUMENTS = `
  SELECT space.name AS space, document.name AS document, document.bytes, document.entries FROM document
  JOIN space ON space.id = document.space ORDER BY document.bytes DESC LIMIT ?`

const LARGEST_SPACES = `
  SELECT space.name AS space, sum(document.bytes) AS bytes, count(*) AS documents FROM document
  JOIN space ON space.id = document.space GROUP BY document.space ORDER BY bytes DESC LIMIT ?`

const BACKLOG = `
  SELECT count(*) AS documents, coalesce(sum(entries), 0) AS entries FROM document
  WHERE gone = 0 AND quarantined IS NULL AND entries >= ?`

function integrityOf(database: Database, deep: boolean): string[] {
  const found = database.pragma(`${deep ? 'integrity_check' : 'quick_check'}(${LISTED})`) as object[]
  const said = found.map(row => String(Object.values(row)[0]))
  return said.length === 1 && said[0] === 'ok' ? [] : said
}

/** One row of `every`, spread over all logs and what is kept of them. */
function rowsOf(database: Database, every: number): StoreLook['rows'] {
  const spaces = new Map(
    (database.prepare('SELECT id, name FROM space').all() as { id: number; name: string }[]).map(row => [
      row.id,
      row.name,
    ]),
  )
  const listed: RowPlace[] = []
  let looked = 0
  let damaged = 0
  for (const rows of [ENTRY, PAST]) {
    for (const found of database.prepare(`${rows} WHERE (entry.space + entry.seq) % ? = 0`).iterate(every)) {
      const row = found as EntryRow
      looked += 1
      if (entryOf(row) !== undefined && arePiecesSound(database, row)) continue
      damaged += 1
      const { space_id, seq, document } = row
      if (listed.length < LISTED)
        listed.push({ space: spaces.get(space_id) ?? `number ${space_id}`, seq, document: document ?? undefined })
    }
  }
  return { looked, damaged, listed }
}

function arePiecesSound(database: Database, row: EntryRow): boolean {
  const pieces = database.prepare('SELECT id, checksum, bytes FROM piece WHERE id >= ? AND id < ?')
  return [nameIn(row), authorsNameIn(row.authors)].every(name => {
    if (name === undefined) return true
    let sound = 0
    let length = 0
    for (const found of pieces.iterate(name.first, name.first + name.count)) {
      const { id, checksum, bytes } = found as { id: number; checksum: number; bytes: Uint8Array }
      if (checksumOfPiece(id, bytes) === checksum) sound += 1
      length += bytes.length
    }
    return sound === name.count && length === name.length
  })
}

interface LogRow {
  readonly seq: number
  readonly digest: Uint8Array
  readonly mark: Uint8Array
}

/** Every mark follows from the one before it and the digest beside it. Without `deep`, the ends of the newest logs. */
function marksOf(database: Database, deep: boolean): StoreLook['marks'] {
  const spaces = database.prepare(`SELECT id, name FROM space ORDER BY id DESC ${deep ? '' : `LIMIT ${ENDS}`}`)
  const logAfter = database.prepare('SELECT seq, digest, mark FROM log WHERE space = ? AND seq > ? ORDER BY seq')
  const head = database.prepare('SELECT coalesce(max(seq), 0) FROM log WHERE space = ?').pluck()
  const listed: RowPlace[] = []
  let wrong = 0
  let looked = 0
  for (const { id, name } of spaces.all() as { id: number; name: string }[]) {
    const from = deep ? 0 : Math.max(0, Number(head.get(id)) - END_ROWS)
    let before: LogRow | undefined
    for (const found of logAfter.iterate(id, from)) {
      const row = found as LogRow
      const mark = before === undefined && from === 0 ? NO_MARK : before?.mark
      const isNext = row.seq === (before?.seq ?? from) + 1
      before = row
      if (mark !== undefined) looked += 1
      const fits = mark === undefined || sameBytes(markAfter(bytesOf(mark), bytesOf(row.digest)), bytesOf(row.mark))
      if (isNext && fits) continue
      wrong += 1
      if (listed.length < LISTED) listed.push({ space: name, seq: row.seq })
    }
  }
  return { looked, wrong, listed }
}
