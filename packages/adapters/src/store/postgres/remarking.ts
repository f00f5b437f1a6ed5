/** Makes the marks of logs follow again: the law is that of `remark` in the port `StoreUpkeep`, and that of `rows/remarked.ts`. */
import { entryDigest, type StoreUpkeep } from '@joinery/core'
import { createRemarking, type MarkedRow } from '../rows/remarked.ts'
import type { Transaction } from './connections.ts'
import { spacesIn } from './giving.ts'
import { MENDING, type Patiently } from './mending.ts'
import { bytesOf } from './reading.ts'
import { entryOf } from './rows.ts'
import { PAST, STATEMENTS, type EntryRow } from './statements.ts'
import { named } from './named.ts'

/** A few milliseconds' worth. */
const ROWS = 1_000

const SQL = {
  size: 'SELECT count(*) AS rows, coalesce(max(seq), 0) AS seq FROM joinery.log WHERE space = $1',
  logAfter: 'SELECT seq, digest, mark FROM joinery.log WHERE space = $1 AND seq > $2 ORDER BY seq LIMIT $3',
  foldedAt: 'SELECT digest FROM joinery.folded WHERE space = $1 AND seq = $2',
  pastOfAnyAt: `${PAST} WHERE entry.space = $1 AND entry.seq = $2`,
  put: `
    UPDATE joinery.log SET digest = new.digest, mark = new.mark
    FROM unnest($2::bigint[], $3::bytea[], $4::bytea[]) AS new (seq, digest, mark)
    WHERE log.space = $1 AND log.seq = new.seq`,
  // The mark of its head is that of its last row.
  moveHead: `
    UPDATE joinery.space SET mark = log.mark FROM joinery.log
    WHERE space.id = $1 AND log.space = space.id AND log.seq = space.seq`,
} as const

const REMARKING = named('joinery_remarking', SQL)

export function remarking(patiently: Patiently): Pick<StoreUpkeep, 'remark'> {
  return {
    remark: () =>
      patiently(async connections => {
        const spaces = await connections.transact('everywhere', 'snapshot', async transaction => {
          const all: { id: number; name: string }[] = []
          for await (const { id, name } of spacesIn(transaction)) all.push({ id, name })
          return all
        })
        const remarked: string[] = []
        for (const { id, name } of spaces) {
          const about = { ids: [id], names: [name] }
          const changes = await connections.transact(about, 'write', transaction => remarkOne(transaction, id, name))
          if (changes > 0) remarked.push(name)
        }
        return remarked
      }),
  }
}

/** How many rows changed. */
async function remarkOne(transaction: Transaction, space: number, name: string): Promise<number> {
  await transaction.ask(STATEMENTS.lockSpaces, [[name]])
  const [size] = await transaction.ask<{ rows: number; seq: number }>(REMARKING.size, [space])
  if (size?.rows !== size?.seq) return 0
  const { page } = createRemarking(seq => digestsOf(transaction, space, seq))
  let changes = 0
  for (let after = 0; ;) {
    const found = await transaction.ask<MarkedRow>(REMARKING.logAfter, [space, after, ROWS])
    const last = found.at(-1)
    if (last === undefined) break
    after = last.seq
    const changed = await page(found)
    changes += changed.length
    const columns = [changed.map(one => one.seq), changed.map(one => one.digest), changed.map(one => one.mark)]
    if (changed.length > 0) await transaction.ask(REMARKING.put, [space, ...columns])
  }
  if (changes > 0) {
    await transaction.ask(REMARKING.moveHead, [space])
    await transaction.ask(MENDING.beginLife, [space])
  }
  return changes
}

/** By what stands there or stood there once, and by what was remembered as it was folded. */
async function digestsOf(transaction: Transaction, space: number, seq: number): Promise<Uint8Array[]> {
  const folded = await transaction.ask<{ digest: Uint8Array }>(REMARKING.foldedAt, [space, seq])
  const digests = folded.map(({ digest }) => digest)
  for (const [statement, pieces] of [
    [STATEMENTS.entryAt, STATEMENTS.bytesOf],
    [REMARKING.pastOfAnyAt, STATEMENTS.pastBytesOf],
  ] as const) {
    for (const row of await transaction.ask<EntryRow>(statement, [space, seq])) {
      const entry = entryOf(row, await bytesOf(transaction, row, pieces))
      if (entry !== undefined) digests.push(entryDigest(entry))
    }
  }
  return digests
}
