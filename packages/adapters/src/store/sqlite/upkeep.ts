/** What is done to the store as a whole: the laws are those of the port `StoreUpkeep`. */
import { JoineryError, type StoreUpkeep } from '@joinery/core'
import { aligning } from './aligning.ts'
import { copyDatabase } from './copy-to.ts'
import { BEGIN_LIVES, mending, type MendingOptions } from './mending.ts'
import { MIGRATIONS } from './migrations.ts'
import { remarking } from './remarking.ts'
import { markOf } from './rows.ts'
import type { SpaceRow } from './statements.ts'

const SPACES = `
  SELECT id, name, epoch, coalesce(log.seq, 0) AS seq, log.mark FROM space
  LEFT JOIN log ON log.space = space.id AND log.seq = (SELECT max(seq) FROM log WHERE log.space = space.id)
  WHERE id > +? ORDER BY id LIMIT +?`

export function storeUpkeep(options: MendingOptions): StoreUpkeep {
  const { database, rows, read, write } = options
  return {
    ...mending(options),
    ...remarking(options),
    database: `SQLite ${String(database.prepare('SELECT sqlite_version()').pluck().get())}`,
    ...aligning(options),
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
    logs: (after, limit) =>
      read(() => {
        const found = database.prepare(SPACES).all(after, limit) as (SpaceRow & { readonly name: string })[]
        return found.map(({ id, name, epoch, seq, mark }) => ({
          at: id,
          space: name,
          head: { epoch, seq, mark: markOf(mark) },
        }))
      }),
    beginLives: spaces =>
      write(() => {
        const begun =
          spaces === undefined
            ? [database.prepare(BEGIN_LIVES).run()]
            : spaces.map(space => database.prepare(`${BEGIN_LIVES} WHERE name = ?`).run(space))
        rows.forgetAll()
        return { result: undefined, touched: begun.reduce((sum, { changes }) => sum + changes, 0) }
      }),
  }
}
