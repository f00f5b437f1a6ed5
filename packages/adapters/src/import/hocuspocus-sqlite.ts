/**
 * Documents in the SQLite file of Hocuspocus (@hocuspocus/extension-sqlite): one row each, as its server last saved it. Law: the file is
 * opened to read.
 */
import { JoineryError, type OldDocument, type OldDocuments } from '@joinery/core'
import { existsSync } from 'node:fs'
import { Database } from '../better-sqlite3.ts'

/** In the order in which they were made; what the columns hold is looked at here. */
const SELECT = 'SELECT rowid, name, data FROM documents ORDER BY rowid'
const COLUMNS = 'SELECT name, data FROM documents LIMIT 0'

export interface HocuspocusSqliteOptions {
  /** What the extension calls `database`. */
  readonly file: string
}

/**
 * Opens such a file. BAD_INPUT, with a sentence in its details, when there is none, or it holds no such table.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { hocuspocusSqlite } from '@joinery/adapters/import/hocuspocus-sqlite'
 *
 * assert.throws(() => hocuspocusSqlite({ file: 'no-such.sqlite' }), { code: 'BAD_INPUT' })
 * ```
 */
export function hocuspocusSqlite({ file }: HocuspocusSqliteOptions): OldDocuments {
  if (!existsSync(file)) throw foreign(`There is no file ${file}.`)
  const database = openToRead(file)
  return {
    async *documents() {
      const rows = database.prepare(SELECT).iterate() as IterableIterator<Row>
      try {
        for (const row of rows) yield documentOf(row)
      } catch (error) {
        // What comes behind a damaged page cannot be found.
        yield { name: undefined, updates: [], damaged: [{ row: 'the rest of the file', reason: reasonOf(error) }] }
      }
    },
    async close() {
      database.close()
    },
  }
}

interface Row {
  readonly rowid: number
  readonly name: unknown
  readonly data: unknown
}

function documentOf({ rowid, name, data }: Row): OldDocument {
  const row = `row ${rowid}`
  if (typeof name !== 'string') {
    return { name: undefined, updates: [], damaged: [{ row, reason: 'its name is no text' }] }
  }
  if (!(data instanceof Uint8Array)) return { name, updates: [], damaged: [{ row, reason: 'its data are no bytes' }] }
  return { name, updates: [{ row, bytes: new Uint8Array(data) }], damaged: [] }
}

function openToRead(file: string): Database.Database {
  let database: Database.Database | undefined
  try {
    database = new Database(file, { readonly: true, fileMustExist: true })
    database.prepare(COLUMNS).all()
    return database
  } catch (error) {
    database?.close()
    throw foreign(`${file} is not what Hocuspocus' SQLite extension writes: ${reasonOf(error)}.`)
  }
}

function foreign(sentence: string): JoineryError {
  return new JoineryError('BAD_INPUT', { what: 'file', sentence })
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : 'it cannot be read'
}
