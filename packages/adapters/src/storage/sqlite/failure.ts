/** SQLite's failures as the port's. */
import { JoineryError, type Code } from '@joinery/core'
import { Database } from '../../better-sqlite3.ts'

/** The disk is full, or the file has reached the size that it may have; and a value longer than SQLite can hold. */
const CODE_BY_SQLITE: ReadonlyMap<string, Code> = new Map([
  ['SQLITE_FULL', 'STORAGE_FULL'],
  ['SQLITE_TOOBIG', 'BAD_INPUT'],
])

export function storageError(cause: unknown): JoineryError {
  if (cause instanceof JoineryError) return cause
  const name = cause instanceof Database.SqliteError ? cause.code : cause instanceof Error ? cause.name : 'unknown'
  return new JoineryError(CODE_BY_SQLITE.get(name) ?? 'STORAGE_UNAVAILABLE', { name }, { cause })
}

/** Runs it, and throws what it throws as the port's. */
export function told<T>(run: () => T): T {
  try {
    return run()
  } catch (cause) {
    throw storageError(cause)
  }
}
