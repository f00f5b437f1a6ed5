/**
 * A database of y-indexeddb 9: one document, as updates in the object store `updates`. Laws:
 * - Looking for one makes none, and reading changes nothing: the app that wrote it may still have it open.
 * - It is removed only when that is asked for; connections that are still open close by themselves, as y-indexeddb's do.
 */
import { JoineryError } from '@joinery/core'
import { failureOf } from '../storage/indexeddb/failures.ts'
import { answer } from '../storage/indexeddb/requests.ts'

const UPDATES = 'updates'

export interface YIndexedDbOptions {
  /** What y-indexeddb was given as its name. */
  readonly database: string
  /** The browser's own unless given. */
  readonly platform?: { readonly indexedDB?: IDBFactory }
}

export interface YIndexedDb {
  /** Its updates, in order, V1; undefined when there is no such database. STORAGE_UNAVAILABLE; BAD_INPUT for another program's. */
  read(): Promise<readonly Uint8Array[] | undefined>
  /** Resolves when it is gone. */
  remove(): Promise<void>
}

/**
 * A database of y-indexeddb in this browser. Nothing is opened before it is used.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { yIndexedDb } from '@joinery/adapters/import/y-indexeddb'
 *
 * // Where there is no IndexedDB, as here.
 * await assert.rejects(yIndexedDb({ database: 'my-doc', platform: {} }).read(), { code: 'STORAGE_UNAVAILABLE' })
 * ```
 */
export function yIndexedDb({ database, platform = globalThis }: YIndexedDbOptions): YIndexedDb {
  const factory = (): IDBFactory => {
    const { indexedDB } = platform
    if (indexedDB === undefined) throw new JoineryError('STORAGE_UNAVAILABLE', { reason: 'no IndexedDB' })
    return indexedDB
  }
  return {
    read: () =>
      told(async () => {
        const opened = await openExisting(factory(), database)
        if (opened === undefined) return undefined
        try {
          if (!opened.objectStoreNames.contains(UPDATES)) throw foreign(database)
          const rows: unknown[] = await answer(opened.transaction(UPDATES).objectStore(UPDATES).getAll())
          return rows.map(row => {
            if (!(row instanceof Uint8Array)) throw foreign(database)
            return row
          })
        } finally {
          opened.close()
        }
      }),
    remove: () => told(async () => void (await answer(factory().deleteDatabase(database)))),
  }
}

async function openExisting(factory: IDBFactory, name: string): Promise<IDBDatabase | undefined> {
  const request = factory.open(name)
  let isNew = false
  request.onupgradeneeded = () => {
    isNew = true
    request.transaction?.abort()
  }
  try {
    const database = await answer(request)
    database.onversionchange = () => database.close()
    return database
  } catch (error) {
    if (isNew) return undefined
    throw error
  }
}

function foreign(database: string): JoineryError {
  return new JoineryError('BAD_INPUT', { database, rule: 'a database of y-indexeddb' })
}

async function told<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw failureOf(error)
  }
}
