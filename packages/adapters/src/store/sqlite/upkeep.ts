/** What is done to the store as a whole: the laws are those of the port `StoreUpkeep`. */
import { JoineryError, type StoreUpkeep } from '@joinery/core'
import type { Database } from 'better-sqlite3'
import { copyDatabase } from './copy-to.ts'
import type { KnownRows } from './known-rows.ts'
import { MIGRATIONS } from './migrations.ts'
import { markOf } from './rows.ts'
import type { SpaceRow } from './statements.ts'

const SPACES = `
  SELECT id, name, epoch, coalesce(log.seq, 0) AS seq, log.mark FROM space
  LEFT JOIN log ON log.space = space.id AND log.seq = (SELECT max(seq) FROM log WHERE log.space = space.id)
  WHERE id > +? ORDER BY id LIMIT +?`

const BEGIN_LIVES = 'UPDATE space SET epoch = lower(hex(randomblob(16)))'

export function storeUpkeep(options: {
  readonly database: Database
  readonly rows: Pick<KnownRows, 'forgetAll'>
  readonly read: <T>(look: () => T) => Promise<T>
  readonly write: <T>(change: () => { readonly result: T; readonly touched: number }) => Promise<T>
}): StoreUpkeep {
  const { database, rows, read, write } = options
  return {
    schema: MIGRATIONS.length,
    async copyTo(file) {
      // As a read is refused once the store is closed, or its disk has failed.
      await read(() => undefined)
      try {
        await copyDatabase(database, file)
      } catch (error) {
        if (error instanceof JoineryError) throw error
        const code = error instanceof Error && 'code' in error ? String(error.code) : ''
        throw new JoineryError(
          'UNAVAILABLE',
          { reason: code, sentence: `No copy could be written to ${file}: ${code}.` },
          { cause: error },
        )
      }
    },
    spaces: (after, limit) =>
      read(() => {
        const found = database.prepare(SPACES).all(after, limit) as (SpaceRow & { readonly name: string })[]
        return found.map(({ id, name, epoch, seq, mark }) => ({
          at: id,
          space: name,
          head: { epoch, seq, mark: markOf(mark) },
        }))
      }),
    beginLives: () =>
      write(() => {
        const { changes } = database.prepare(BEGIN_LIVES).run()
        rows.forgetAll()
        return { result: undefined, touched: changes }
      }),
  }
}
