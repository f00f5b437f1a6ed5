/**
 * The connection to one database: opened when first used, opened again when the browser dropped it. Laws:
 * - Given up when another tab deletes or upgrades the database, or when it is gone on reopening: CLOSED, and nothing is made in its place.
 * - Nothing here waits for ever: a database that does not open in time is STORAGE_UNAVAILABLE, and the next call finds it open if it did
 *   so later (CL-02).
 */
import { JoineryError, TABLES } from '@joinery/core'
import { failureOf } from './failures.ts'
import { answer } from './requests.ts'

const VERSION = 1
/** Another tab may be upgrading, or its old code may not let go. */
const OPEN_MS = 5_000
const DELETE_MS = 10_000

export interface Connection {
  database(): Promise<IDBDatabase>
  /** The next call opens another one. */
  forget(database: IDBDatabase): void
  close(): Promise<void>
  /** Closes it in other tabs and deletes it. This one is closed. */
  remove(): Promise<void>
}

export function connectionTo(factory: () => IDBFactory, name: string): Connection {
  let opening: Promise<IDBDatabase> | undefined
  let opened: IDBDatabase | undefined
  /** Another tab took the database away. */
  let lost = false

  async function open(): Promise<IDBDatabase> {
    const request = factory().open(name, VERSION)
    request.onupgradeneeded = () => {
      // It was there before: the person cleared the site's data. An empty one would look as if nothing had ever been.
      lost = opened !== undefined
      if (lost) request.transaction?.abort()
      // An index entry is its key: a second one inside would make the database twice as large.
      else
        for (const table of TABLES) request.result.createObjectStore(table, table === 'index' ? {} : { keyPath: 'key' })
    }
    const database = await answer(request)
    database.onversionchange = () => {
      lost = true
      database.close()
    }
    // The browser dropped it: a crash of its storage process, or the person cleared the site's data.
    database.onclose = () => forget(database)
    opened = database
    return database
  }

  function forget(database: IDBDatabase): void {
    if (opened === database) opening = undefined
    database.close()
  }

  return {
    database: () =>
      within(OPEN_MS, async () => {
        if (lost) throw new JoineryError('CLOSED')
        opening ??= open().catch((error: unknown) => {
          opening = undefined
          throw lost ? new JoineryError('CLOSED') : error
        })
        return opening
      }),
    forget,
    async close() {
      // One that is still waiting for another tab closes when it opens.
      await within(OPEN_MS, async () => (await opening)?.close()).catch(() => undefined)
    },
    async remove() {
      await within(DELETE_MS, async () => answer(factory().deleteDatabase(name)))
    },
  }
}

function within<T>(ms: number, work: () => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new JoineryError('STORAGE_UNAVAILABLE', { reason: 'blocked' })), ms)
    work()
      .then(resolve, (error: unknown) => reject(failureOf(error)))
      .finally(() => clearTimeout(timer))
  })
}
