/**
 * The connection to one database: opened when first used, opened again when the browser dropped it. Laws:
 * - Given up when another tab deletes or upgrades the database, or when it is gone on reopening: CLOSED, and nothing is made in its place.
 * - Nothing here waits for ever: a database that does not open in time is STORAGE_UNAVAILABLE, and the next call finds it open if it did
 *   so later (CL-02).
 */
import { JoineryError, TABLES } from '@joinery/core'
import { failureOf } from './failures.ts'

const VERSION = 1
/** Another tab may be upgrading, or its old code may not let go. */
const OPEN_MS = 5_000
const DELETE_MS = 10_000

export interface Connection {
  database(): Promise<IDBDatabase>
  /** The next call opens another one. */
  forget(database: IDBDatabase): void
  close(): Promise<void>
  /** Closes, in other tabs too, and deletes the database. */
  remove(): Promise<void>
}

export function connectionTo(factory: () => IDBFactory | undefined, name: string): Connection {
  let opening: Promise<IDBDatabase> | undefined
  let opened: IDBDatabase | undefined
  /** Another tab took the database away. */
  let lost = false

  function open(): Promise<IDBDatabase> {
    return new Promise((resolve, reject) => {
      const request = required(factory).open(name, VERSION)
      request.onupgradeneeded = () => {
        if (opened !== undefined) {
          // It was there before: the person cleared the site's data. An empty one would look as if nothing had ever been.
          lost = true
          request.transaction?.abort()
          return
        }
        for (const table of TABLES)
          if (!request.result.objectStoreNames.contains(table)) request.result.createObjectStore(table)
      }
      request.onerror = () => reject(request.error)
      request.onsuccess = () => {
        const database = request.result
        database.onversionchange = () => {
          lost = true
          database.close()
        }
        // The browser dropped it: a crash of its storage process, or the person cleared the site's data.
        database.onclose = () => forget(database)
        opened = database
        resolve(database)
      }
    })
  }

  function forget(database: IDBDatabase): void {
    if (opened === database) opening = undefined
    database.close()
  }

  const connection: Connection = {
    async database() {
      if (lost) throw new JoineryError('CLOSED')
      if (opening === undefined) {
        const attempt = open().catch((error: unknown) => {
          if (opening === attempt) opening = undefined
          throw lost ? new JoineryError('CLOSED') : failureOf(error)
        })
        opening = attempt
      }
      return within(OPEN_MS, opening)
    },
    forget,
    async close() {
      const last = opening
      opening = undefined
      // One that is still waiting for another tab closes when it opens.
      const closing = last?.then(database => database.close())
      if (closing !== undefined) await within(OPEN_MS, closing).catch(() => undefined)
    },
    async remove() {
      await connection.close()
      await within(
        DELETE_MS,
        new Promise<void>((resolve, reject) => {
          const request = required(factory).deleteDatabase(name)
          request.onsuccess = () => resolve()
          request.onerror = () => reject(failureOf(request.error))
        }),
      )
    },
  }
  return connection
}

/** Some browsers have none, some throw when it is touched. */
function required(factory: () => IDBFactory | undefined): IDBFactory {
  try {
    const found = factory()
    if (found !== undefined) return found
  } catch (error) {
    throw failureOf(error)
  }
  throw new JoineryError('STORAGE_UNAVAILABLE', { reason: 'none' })
}

function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new JoineryError('STORAGE_UNAVAILABLE', { reason: 'blocked' })), ms)
    promise.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
