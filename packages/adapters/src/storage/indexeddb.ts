/**
 * Storage in the browser's IndexedDB: one database for each (app, user), one object store for each table, keys as they are. Laws: those of
 * the port; writes are strict: reported when they are on the disk, not when the browser has taken them.
 */
import type { Storage, Table, WriteTransaction } from '@joinery/core'
import { askedWork } from '../asked-work.ts'
import { connectionTo } from './indexeddb/connection.ts'
import { failureOf, isConnectionLost } from './indexeddb/failures.ts'
import { operationsOn } from './indexeddb/transaction.ts'

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
  const connection = connectionTo(() => platform.indexedDB, databaseName(app, user))
  const work = askedWork()

  /** Begins a transaction, on a new connection if the browser has dropped the one there was. */
  async function begin(mode: IDBTransactionMode, tables: readonly Table[]): Promise<IDBTransaction> {
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

  async function run<T>(
    mode: IDBTransactionMode,
    tables: readonly Table[],
    body: (tx: WriteTransaction) => Promise<T>,
  ): Promise<T> {
    const transaction = await begin(mode, tables)
    const done = new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve()
      transaction.onabort = () => {
        if (isConnectionLost(transaction.error)) connection.forget(transaction.db)
        reject(failureOf(transaction.error))
      }
    })
    // Awaited below; until then a failure is not an unhandled one.
    done.catch(() => undefined)
    const operations = operationsOn(transaction, tables, platform as Required<IndexedDbPlatform>)
    try {
      const result = await body(operations.face)
      await operations.end()
      commit(transaction)
      await done
      return result
    } catch (error) {
      await operations.end().catch(() => undefined)
      abort(transaction)
      await done.catch(() => undefined)
      throw error
    }
  }

  const storage: Storage = {
    read: (tables, body) => work.ask(() => run('readonly', tables, body)),
    write: (tables, body) => work.ask(() => run('readwrite', tables, body)),
    async estimate() {
      const { usage, quota } = (await attempt(() => platform.navigator?.storage?.estimate?.())) ?? {}
      const persisted = (await attempt(() => platform.navigator?.storage?.persisted?.())) ?? false
      return { usage, quota, persisted }
    },
    persist: async () => (await attempt(() => platform.navigator?.storage?.persist?.())) ?? false,
    async close() {
      await work.close()
      await connection.close()
    },
    async destroy() {
      await storage.close()
      await connection.remove()
    },
  }
  return storage
}

/** `joinery:<app>:<user>`, each part as in a URL, so that no two people's names run into one. */
function databaseName(app: string, user: string): string {
  return ['joinery', app, user].map(encodeURIComponent).join(':')
}

/** Without it the browser commits by itself, a turn later. */
function commit(transaction: IDBTransaction): void {
  try {
    transaction.commit()
  } catch {
    // It has begun to commit by itself.
  }
}

function abort(transaction: IDBTransaction): void {
  try {
    transaction.abort()
  } catch {
    // It is over already.
  }
}

async function attempt<T>(ask: () => Promise<T> | undefined): Promise<T | undefined> {
  try {
    return await ask()
  } catch {
    return undefined
  }
}
