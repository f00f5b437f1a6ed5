/**
 * Opens the database of a store: alone, durable, and of the newest version. Laws:
 * - DU-08: one process at a time. The lock is the database's own (`locking_mode=EXCLUSIVE`): it needs no file beside, ends with the process
 *   however that ends, and keeps out other programs too, whose older SQLite could damage a log that is being written.
 * - BK-07, BK-08, MN-12: migrations run to the end or not at all; a database of a newer version is refused, unless it says that this one
 *   may write to it.
 */
import { mkdirSync, statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import { Database } from '../../better-sqlite3.ts'
import { stepsFrom, type Standing } from '../rows/migration.ts'
import { APPLICATION_ID, MIGRATED, MIGRATIONS } from './migrations.ts'
import { refusal, refuseUnlessDurable } from './refusals.ts'

export const PAGE_BYTES = 4096
/** A log that grew while the disk was slow is cut to this when it starts over. */
const WAL_BYTES = 16 * 1024 * 1024

export interface Opening {
  readonly file: string
  readonly maxBytes?: number
  readonly lockTimeout?: number
}

export function openDatabase({ file, maxBytes, lockTimeout = 5_000 }: Opening): Database.Database {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const database = new Database(file, { timeout: lockTimeout })
  try {
    database.pragma(`page_size = ${PAGE_BYTES}`)
    database.pragma('locking_mode = EXCLUSIVE')
    takeLock(database, file)
    database.pragma('synchronous = FULL')
    // Eight times what it is by itself: a chain is followed through the whole tree, and what is not here is a call of the system each time
    // and a copy. As much is taken only by a database that is larger; the rest of it is in the system's cache.
    database.pragma('cache_size = -16000')
    // The store checkpoints by itself: SQLite would not tell when the fsync of a checkpoint fails.
    database.pragma('wal_autocheckpoint = 0')
    database.pragma(`journal_size_limit = ${WAL_BYTES}`)
    // What is purged is overwritten, where that costs no extra write.
    database.pragma('secure_delete = FAST')
    refuseUnlessDurable({
      sqlite: String(database.prepare('SELECT sqlite_version()').pluck().get()),
      synchronous: Number(database.pragma('synchronous', { simple: true })),
      journal: String(database.pragma('journal_mode', { simple: true })),
      fileSystem: statfsSync(dirname(file)).type,
    })
    migrate(database)
    if (maxBytes !== undefined) database.pragma(`max_page_count = ${Math.max(1, Math.floor(maxBytes / PAGE_BYTES))}`)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

function takeLock(database: Database.Database, file: string): void {
  try {
    database.pragma('journal_mode = WAL')
    // In exclusive mode the lock is taken by the first write and kept.
    database.exec('BEGIN IMMEDIATE; COMMIT')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    if (code.startsWith('SQLITE_BUSY'))
      throw refusal('locked', `Another process has ${file} open: one relay at a time. Stop it first.`, error)
    if (code === 'SQLITE_NOTADB') throw refusal('foreign', `${file} is not a database.`, error)
    throw error
  }
}

export function migrate(database: Database.Database): void {
  const application = Number(database.pragma('application_id', { simple: true }))
  const isEmpty = database.prepare('SELECT count(*) FROM sqlite_schema').pluck().get() === 0
  if (!isEmpty && application !== APPLICATION_ID) throw refusal('foreign', 'This database belongs to another program.')
  const standing = standingOf(database)
  const steps = stepsFrom(standing, MIGRATIONS)
  if (steps === undefined)
    throw refusal(
      'newer',
      `This database was written by a newer version (${standing.version}): it cannot be opened by this one.`,
    )
  for (const { version, least, sql } of steps) {
    database.transaction(() => {
      database.exec(sql)
      database.exec(MIGRATED)
      database.prepare('INSERT INTO migration (version, least) VALUES (?, ?)').run(version, least)
      database.pragma(`application_id = ${APPLICATION_ID}`)
      database.pragma(`user_version = ${version}`)
    })()
  }
}

/** Of a version about which nothing is said no older relay knows enough. */
function standingOf(database: Database.Database): Standing {
  const version = Number(database.pragma('user_version', { simple: true }))
  const isSaid = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'migration'").get() !== undefined
  const least = isSaid && database.prepare('SELECT least FROM migration WHERE version = ?').pluck().get(version)
  return { version, least: typeof least === 'number' ? least : version }
}
