/**
 * The connection to one database. Laws: opened when first needed; given up when another tab deletes or upgrades the database, and CLOSED
 * from then on; opened again when the browser cut it (a crashed storage process, a mobile browser in the background), unless the data
 * is gone too: then it is CLOSED and nothing is created. A failed opening may be tried again.
 */
import { JoineryError, TABLES, type Table } from '@joinery/core'
import { storageError } from './request.ts'

/** The tables are fixed, so there is no second version. */
const VERSION = 1

export interface Connection {
  /** A transaction that is active until the caller awaits something else. */
  begin(tables: readonly Table[], mode: 'readonly' | 'readwrite'): Promise<IDBTransaction>
  close(): void
}

export function connection(name: string): Connection {
  let opening: Promise<IDBDatabase> | undefined
  let opened: IDBDatabase | undefined
  let wasOpen = false
  let lost = false

  function forget(): void {
    opening = undefined
    opened = undefined
  }

  function watch(database: IDBDatabase): IDBDatabase {
    opened = database
    wasOpen = true
    database.onversionchange = () => {
      lost = true
      database.close()
      forget()
    }
    database.onclose = forget
    return database
  }

  async function open(): Promise<IDBDatabase> {
    opening ??= openDatabase(name, wasOpen).then(watch)
    try {
      return await opening
    } catch (error) {
      forget()
      lost ||= error instanceof JoineryError && error.code === 'CLOSED'
      throw error
    }
  }

  async function begin(tables: readonly Table[], mode: IDBTransactionMode): Promise<IDBTransaction> {
    if (lost) throw new JoineryError('CLOSED')
    const database = opened ?? (await open())
    if (lost) throw new JoineryError('CLOSED')
    return database.transaction([...tables], mode, { durability: mode === 'readwrite' ? 'strict' : 'default' })
  }

  return {
    async begin(tables, mode) {
      try {
        return await begin(tables, mode).catch((error: unknown) => {
          // The browser cut the connection and has not said so yet.
          if (!(error instanceof DOMException) || error.name !== 'InvalidStateError') throw error
          forget()
          return begin(tables, mode)
        })
      } catch (cause) {
        throw storageError(cause)
      }
    },
    close() {
      opened?.close()
      forget()
    },
  }
}

/** Opens the database, and makes it unless it `mustExist`. Rejects at once if another tab keeps it from being opened. */
function openDatabase(name: string, mustExist: boolean): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = databases().open(name, VERSION)
    let refused = false
    const refuse = (error: unknown): void => {
      refused = true
      reject(storageError(error))
    }
    request.onupgradeneeded = () => {
      if (mustExist) {
        refuse(new JoineryError('CLOSED'))
        request.transaction?.abort()
        return
      }
      for (const table of TABLES) request.result.createObjectStore(table)
    }
    request.onblocked = () => refuse(new JoineryError('STORAGE_UNAVAILABLE', { name: 'blocked' }))
    request.onerror = () => refuse(request.error)
    request.onsuccess = () => {
      // Too late for whoever asked: the next attempt opens its own.
      if (refused) request.result.close()
      else resolve(request.result)
    }
  })
}

/** Deletes the database, and resolves when every tab has let go of it and nothing is left. */
export function deleteDatabase(name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = databases().deleteDatabase(name)
    request.onsuccess = () => resolve()
    request.onerror = () => reject(storageError(request.error))
  })
}

/** Looked up when used: a server has none, and where a browser denies it even to look throws. */
function databases(): IDBFactory {
  let found: IDBFactory | undefined
  try {
    found = globalThis.indexedDB
  } catch (cause) {
    throw storageError(cause)
  }
  if (found === undefined) throw new JoineryError('STORAGE_UNAVAILABLE', { name: 'no IndexedDB' })
  return found
}
