/**
 * The file of a storage. Laws: it is private to its owner; a commit that returned is on the disk (WAL, synchronous=FULL); a file that is
 * not ours is left alone; and data that is to be destroyed is marked first, so that whoever has the file open, in this process or another,
 * sees it in the next transaction, and a removal that was cut short is finished by the next opening.
 */
import { closeSync, mkdirSync, openSync, rmSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { JoineryError } from '@joinery/core'
import type { Database as Connection } from 'better-sqlite3'
import { Database } from '../../better-sqlite3.ts'
import { CREATE_TABLES } from './tables.ts'

/** Says that a file is ours, in SQLite's header: "JNRY". */
const APPLICATION = 0x4a4e5259
const FORMAT = 1
const DESTROYED = 0x7fff_ffff

/** How long a transaction waits for another process's, in ms. */
const PATIENCE_MS = 5_000

const ATTEMPTS = 10

export interface OpenFile {
  readonly database: Connection
  /** Which file it is, among those that had or will have its path. */
  readonly identity: bigint | undefined
}

/** Opens the file, and makes it if there is none. Nobody else in this process may be writing to it. */
export function openFile(file: string, maxBytes: number | undefined): OpenFile {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    makePrivate(file)
    const database = new Database(file, { timeout: PATIENCE_MS })
    const opened = { database, identity: identityOf(file) }
    try {
      if (prepared(database)) {
        if (maxBytes !== undefined) limit(database, maxBytes)
        return opened
      }
    } catch (error) {
      database.close()
      throw error
    }
    removeFile(file, opened)
  }
  throw new JoineryError('STORAGE_UNAVAILABLE', { name: 'destroyed' })
}

/** Whether the data has been destroyed, as the current transaction sees it. */
export function isDestroyed(database: Connection): boolean {
  return versionOf(database) === DESTROYED
}

export function markDestroyed(database: Connection): void {
  database.pragma(`user_version = ${DESTROYED}`)
  // So that also who opens the file without its log sees the mark.
  database.pragma('wal_checkpoint(PASSIVE)')
}

/** Closes the connection and removes the file that it was to, but not another that has taken its place. */
export function removeFile(file: string, { database, identity }: OpenFile): void {
  // Compared while the file is open, since a number is free to be used again after.
  const same = identity !== undefined && identityOf(file) === identity
  database.close()
  if (!same) return
  // The log first: the file without it still shows the mark.
  for (const path of [`${file}-wal`, `${file}-shm`, file]) rmSync(path, { force: true })
}

export function bytesOf(file: string): number {
  return [file, `${file}-wal`].reduce((sum, path) => sum + (statSync(path, { throwIfNoEntry: false })?.size ?? 0), 0)
}

/** Whether it can be used. Throws if it is not ours. */
function prepared(database: Connection): boolean {
  const application = database.pragma('application_id', { simple: true })
  const isNew = application === 0 && tableCount(database) === 0
  if (!isNew && application !== APPLICATION) throw new JoineryError('STORAGE_UNAVAILABLE', { name: 'not a storage' })
  const mode = database.pragma('journal_mode = WAL', { simple: true })
  if (mode !== 'wal') throw new JoineryError('STORAGE_UNAVAILABLE', { name: 'no write-ahead log' })
  database.pragma('synchronous = FULL')
  if (isNew) database.transaction(() => create(database)).immediate()
  const version = versionOf(database)
  if (version !== FORMAT && version !== DESTROYED) throw new JoineryError('VERSION', { version })
  return version === FORMAT
}

/** Another process may have been first. */
function create(database: Connection): void {
  if (tableCount(database) > 0) return
  database.exec(CREATE_TABLES)
  database.pragma(`application_id = ${APPLICATION}`)
  database.pragma(`user_version = ${FORMAT}`)
}

function limit(database: Connection, maxBytes: number): void {
  const pageBytes = Number(database.pragma('page_size', { simple: true }))
  database.pragma(`max_page_count = ${Math.max(1, Math.floor(maxBytes / pageBytes))}`)
}

function versionOf(database: Connection): unknown {
  return database.pragma('user_version', { simple: true })
}

function tableCount(database: Connection): number {
  return Number(database.prepare('SELECT count(*) FROM sqlite_schema').pluck().get())
}

/** Only ever makes a file: opening one that SQLite has open here and closing it again would drop SQLite's locks. */
function makePrivate(file: string): void {
  mkdirSync(dirname(file), { recursive: true })
  try {
    closeSync(openSync(file, 'ax', 0o600))
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  }
}

function identityOf(file: string): bigint | undefined {
  return statSync(file, { throwIfNoEntry: false, bigint: true })?.ino
}
