/**
 * Storage in the browser's IndexedDB: one database for each (app, user), one object store for each table, rows as they are. Laws: those of
 * the port; writes are strict: reported when they are on the disk, not when the browser has taken them.
 */
import type { JoineryError, Storage, Table } from '@joinery/core'
import { storageOver } from '../storage-over.ts'
import { connectionTo, type Connection } from './indexeddb/connection.ts'
import { failureOf, isConnectionLost } from './indexeddb/failures.ts'
import type { KeyMaker } from './indexeddb/key-span.ts'
import { requestsOn } from './indexeddb/requests.ts'

export interface IndexedDbOptions {
  /** Names the library on this origin. */
  readonly app: string
  /** Whose library it is. */
  readonly user: string
  /** The browser's own unless given. */
  readonly platform?: IndexedDbPlatform
}

/** The parts of a browser that this uses. */
export interface IndexedDbPlatform {
  readonly indexedDB?: IDBFactory
  readonly IDBKeyRange?: typeof IDBKeyRange
  readonly navigator?: { readonly storage?: Partial<Pick<StorageManager, 'estimate' | 'persist' | 'persisted'>> }
}

interface Browser extends KeyMaker {
  readonly indexedDB: IDBFactory
  readonly navigator: { readonly storage: Pick<StorageManager, 'estimate' | 'persist' | 'persisted'> }
}

/**
 * The storage of one person's library in this browser. Nothing is opened before it is used; where there is no IndexedDB, or none is let in,
 * everything rejects with STORAGE_UNAVAILABLE.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { indexedDbStorage } from '@joinery/adapters/storage/indexeddb'
 *
 * // In a browser this keeps the value; Node has no IndexedDB.
 * const storage = indexedDbStorage({ app: 'notes', user: 'ann' })
 * const put = storage.write(['meta'], tx => tx.put('meta', ['device'], 'd1'))
 * await assert.rejects(put, { code: 'STORAGE_UNAVAILABLE' })
 * ```
 */
export function indexedDbStorage({ app, user, platform = globalThis }: IndexedDbOptions): Storage {
  // What is missing throws where it is used, which is a failure of the platform like any other.
  const browser = platform as Browser
  const connection = connectionTo(() => browser.indexedDB, databaseName(app, user))

  return storageOver({
    async begin(tables, mode) {
      const transaction = await transactionOn(connection, tables, mode)
      const ended = new Promise<JoineryError | undefined>(resolve => {
        transaction.oncomplete = () => resolve(undefined)
        transaction.onabort = () => {
          if (isConnectionLost(transaction.error)) connection.forget(transaction.db)
          resolve(failureOf(transaction.error))
        }
      })
      return {
        access: requestsOn(transaction, browser),
        async commit() {
          // Without it the browser commits by itself, a turn later; it may have begun to.
          void attempt(() => transaction.commit())
          const failure = await ended
          if (failure !== undefined) throw failure
        },
        async abort() {
          // It may be over already.
          void attempt(() => transaction.abort())
          await ended
        },
      }
    },
    async estimate() {
      const estimate = await attempt(() => browser.navigator.storage.estimate())
      const persisted = await attempt(() => browser.navigator.storage.persisted())
      return { usage: estimate?.usage, quota: estimate?.quota, persisted: persisted ?? false }
    },
    persist: async () => (await attempt(() => browser.navigator.storage.persist())) ?? false,
    close: connection.close,
    remove: connection.remove,
  })
}

/** A transaction, on a new connection if the browser has dropped the one there was. */
async function transactionOn(
  connection: Connection,
  tables: readonly Table[],
  mode: IDBTransactionMode,
): Promise<IDBTransaction> {
  for (let attempt = 1; ; attempt++) {
    const database = await connection.database()
    try {
      return database.transaction([...tables], mode, { durability: 'strict' })
    } catch (error) {
      if (attempt > 1 || !isConnectionLost(error)) throw failureOf(error)
      connection.forget(database)
    }
  }
}

/** `joinery:<app>:<user>`, each part as in a URL, so that no two people's names run into one. */
function databaseName(app: string, user: string): string {
  return ['joinery', app, user].map(encodeURIComponent).join(':')
}

/** What a browser lacks or refuses is undefined. */
async function attempt<T>(ask: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await ask()
  } catch {
    return undefined
  }
}
