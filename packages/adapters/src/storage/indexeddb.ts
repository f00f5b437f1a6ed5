/**
 * Storage in the browser: one IndexedDB database for each (app, user). Laws: those of the port; nothing is touched before the first
 * transaction, so a server may import it; writes ask for strict durability; other tabs' storages end when one destroys the data.
 */
import type { ReadTransaction, Storage, StorageEstimate, Table, WriteTransaction } from '@joinery/core'
import { askedWork } from '../asked-work.ts'
import { connection, deleteDatabase } from './indexeddb/connection.ts'
import { runIn } from './indexeddb/transaction.ts'

export interface IndexedDbOptions {
  /** What the app calls itself. Apps of one origin must not share a name. */
  readonly app: string
  /** Whose data it is. Each person on a device has a database of their own. */
  readonly user: string
}

/**
 * The database of one person in one app, opened when it is first used. Its name is `joinery:<app>:<user>`, each part as in a URL.
 *
 * Transactions reject with STORAGE_FULL, STORAGE_UNAVAILABLE (no IndexedDB here, or it is denied or blocked) or CLOSED (closed here, or
 * destroyed or upgraded by another tab).
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { indexedDbStorage } from '@joinery/adapters/storage/indexeddb'
 *
 * const storage = indexedDbStorage({ app: 'notes', user: 'ada' })
 * // Node has no IndexedDB: in a browser this resolves.
 * await assert.rejects(
 *   storage.write(['meta'], tx => tx.put('meta', ['device'], 'd1')),
 *   { code: 'STORAGE_UNAVAILABLE' },
 * )
 * ```
 */
export function indexedDbStorage({ app, user }: IndexedDbOptions): Storage {
  const name = ['joinery', app, user].map(part => encodeURIComponent(part)).join(':')
  const database = connection(name)
  const work = askedWork()

  function transact<T>(
    mode: 'readonly' | 'readwrite',
    tables: readonly Table[],
    body: (tx: WriteTransaction) => Promise<T>,
  ): Promise<T> {
    return work.ask(async () => runIn(await database.begin(tables, mode), body))
  }

  async function close(): Promise<void> {
    await work.close()
    database.close()
  }

  return {
    read: <T>(tables: readonly Table[], body: (tx: ReadTransaction) => Promise<T>) => transact('readonly', tables, body),
    write: (tables, body) => transact('readwrite', tables, body),
    estimate,
    async persist() {
      try {
        return (await platform()?.persist()) ?? false
      } catch {
        return false
      }
    },
    close,
    async destroy() {
      await close()
      await deleteDatabase(name)
    },
  }
}

async function estimate(): Promise<StorageEstimate> {
  try {
    const { usage, quota } = (await platform()?.estimate()) ?? {}
    return { usage, quota, persisted: (await platform()?.persisted()) ?? false }
  } catch {
    return { usage: undefined, quota: undefined, persisted: false }
  }
}

/** Absent on a server and on pages that are not encrypted. */
function platform(): Partial<StorageManager> | undefined {
  return (globalThis.navigator as Partial<Navigator> | undefined)?.storage
}
