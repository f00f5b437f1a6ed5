/** Makes the marks of logs follow again: the law is that of `remark` in the port `StoreUpkeep`, and that of `rows/remarked.ts`. */
import { entryDigest, type StoreUpkeep } from '@joinery/core'
import { createRemarking, type MarkedRow } from '../rows/remarked.ts'
import { BEGIN_LIFE, type MendingOptions } from './mending.ts'
import { nameIn } from './pieces.ts'
import { bytesOf, entryOf } from './rows.ts'
import { ENTRY, PAST, type EntryRow } from './statements.ts'

/** A few milliseconds' worth. */
const ROWS = 1_000
const WHOLE_LOGS = `
  SELECT id, name FROM space WHERE (SELECT count(*) FROM log WHERE log.space = space.id)
    = (SELECT coalesce(max(seq), 0) FROM log WHERE log.space = space.id) ORDER BY id`
const LOG_AFTER = 'SELECT seq, digest, mark FROM log WHERE space = ? AND seq > ? ORDER BY seq LIMIT ?'
const FOLDED_AT = 'SELECT digest FROM folded WHERE seq = ? AND document IN (SELECT id FROM document WHERE space = ?)'
const PUT = 'UPDATE log SET digest = ?, mark = ? WHERE space = ? AND seq = ?'

export function remarking({ database, rows, pieces, read, write }: MendingOptions): Pick<StoreUpkeep, 'remark'> {
  /** By what stands there or stood there once, and by what was remembered as it was folded. */
  async function digestsOf(space: number, seq: number): Promise<Uint8Array[]> {
    const found = await read(() => ({
      digests: (database.prepare(FOLDED_AT).pluck().all(seq, space) as Uint8Array[]).map(bytesOf),
      stored: [ENTRY, PAST].flatMap(
        all => database.prepare(`${all} WHERE entry.space = +? AND entry.seq = +?`).all(space, seq) as EntryRow[],
      ),
    }))
    const digests = [...found.digests]
    for (const row of found.stored) {
      const entry = entryOf(row)
      const name = nameIn(row)
      const bytes = name === undefined ? entry?.bytes : await pieces.load(name)
      if (entry !== undefined && typeof bytes === 'object') digests.push(entryDigest({ ...entry, bytes }))
    }
    return digests
  }

  async function remarkOne(space: number): Promise<number> {
    const { page } = createRemarking(seq => digestsOf(space, seq))
    let changes = 0
    for (let after = 0; ;) {
      const found = await read(() => database.prepare(LOG_AFTER).all(space, after, ROWS) as MarkedRow[])
      const last = found.at(-1)
      if (last === undefined) return changes
      after = last.seq
      const own = found.map(({ seq, digest, mark }) => ({ seq, digest: bytesOf(digest), mark: bytesOf(mark) }))
      const changed = await page(own)
      const isFirst = changes === 0
      changes += changed.length
      if (changed.length > 0)
        await write(() => {
          rows.forgetAll()
          if (isFirst) database.prepare(BEGIN_LIFE).run(space)
          for (const { seq, digest, mark } of changed) database.prepare(PUT).run(digest, mark, space, seq)
          return { result: undefined, touched: changed.length }
        })
    }
  }

  return {
    async remark() {
      const logs = await read(() => database.prepare(WHOLE_LOGS).all() as { id: number; name: string }[])
      const remarked: string[] = []
      for (const { id, name } of logs) if ((await remarkOne(id)) > 0) remarked.push(name)
      return remarked
    },
  }
}
