/**
 * Storage in a SQLite file, for devices that run Node. Laws: those of the port; a write is on the disk when it resolves (WAL,
 * synchronous=FULL); several processes may have the file open.
 */
import { statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { JoineryError, type Storage } from '@joinery/core'
import { askedWork } from '../asked-work.ts'
import { runBody, type TableAccess } from '../transaction-over.ts'
import { turns } from '../turns.ts'
import { told } from './sqlite/failure.ts'
import { bytesOf, isDestroyed, markDestroyed, openFile, removeFile, type OpenFile } from './sqlite/file.ts'
import { sqliteTables } from './sqlite/tables.ts'
import { writersOf } from './sqlite/writers.ts'

export interface SqliteStorageOptions {
  /** The file's path. It and its folder are made when the storage is first used. */
  readonly file: string
  /** The most bytes that the file may grow to: as far as the disk goes, if not given. */
  readonly maxBytes?: number
}

interface Opened extends OpenFile {
  readonly access: TableAccess
}

/**
 * The data of one person in one app, in a file. Opened when it is first used.
 *
 * Transactions reject with STORAGE_FULL, STORAGE_UNAVAILABLE (the file cannot be opened, is not ours, or another process held it for over
 * 5 s), VERSION (a newer app wrote it) or CLOSED (closed here, or destroyed by anyone).
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { mkdtemp } from 'node:fs/promises'
 * import { tmpdir } from 'node:os'
 * import { join } from 'node:path'
 * import { sqliteStorage } from '@joinery/adapters/storage/sqlite'
 *
 * const storage = sqliteStorage({ file: join(await mkdtemp(join(tmpdir(), 'joinery-')), 'notes.db') })
 * await storage.write(['meta'], tx => tx.put('meta', ['device'], 'd1'))
 * assert.equal(await storage.read(['meta'], tx => tx.get('meta', ['device'])), 'd1')
 * await storage.destroy()
 * ```
 */
export function sqliteStorage({ file, maxBytes }: SqliteStorageOptions): Storage {
  const work = askedWork()
  const writers = writersOf(file)
  // A connection has one transaction at a time.
  const connection = turns()
  let opened: Opened | undefined
  let destroyed = false

  function open(): Opened {
    if (destroyed) throw new JoineryError('CLOSED')
    if (opened !== undefined) return opened
    const made = told(() => openFile(file, maxBytes))
    opened = { ...made, access: sqliteTables(made.database) }
    return opened
  }

  function shut(): void {
    opened?.database.close()
    opened = undefined
  }

  async function inTurn<T>(writing: boolean, body: () => Promise<T>): Promise<T> {
    // To open the file may mean to write to it.
    const doneWriting = writing || opened === undefined ? await writers.take() : undefined
    const done = await connection.take()
    try {
      return await body()
    } finally {
      done()
      doneWriting?.()
    }
  }

  function transact<T>(writing: boolean, body: (access: TableAccess) => Promise<T>): Promise<T> {
    return work.ask(() =>
      inTurn(writing, async () => {
        const { database, access } = open()
        told(() => database.exec(writing ? 'BEGIN IMMEDIATE' : 'BEGIN'))
        try {
          if (told(() => isDestroyed(database))) {
            destroyed = true
            throw new JoineryError('CLOSED')
          }
          const result = await body(access)
          told(() => database.exec('COMMIT'))
          return result
        } catch (error) {
          // Some failures have ended it already.
          if (database.inTransaction) told(() => database.exec('ROLLBACK'))
          if (destroyed) shut()
          throw error
        }
      }),
    )
  }

  async function close(): Promise<void> {
    await work.close()
    shut()
  }

  return {
    read: (names, body) => transact(false, access => runBody(names, access, body)),
    write: (names, body) => transact(true, access => runBody(names, access, body)),
    async estimate() {
      const usage = bytesOf(file)
      const free = await statfs(dirname(file)).then(
        ({ bavail, bsize }) => bavail * bsize,
        () => undefined,
      )
      const room = free === undefined ? undefined : free + usage
      return { usage, quota: maxBytes ?? room, persisted: true }
    },
    // Nobody evicts a file.
    persist: async () => true,
    close,
    async destroy() {
      await work.close()
      await inTurn(true, async () => {
        if (destroyed) return
        const here = open()
        told(() => markDestroyed(here.database))
        opened = undefined
        told(() => removeFile(file, here))
        destroyed = true
      })
    },
  }
}
