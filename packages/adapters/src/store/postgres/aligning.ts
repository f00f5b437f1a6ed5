/** Puts right what is told of a document beside its entries: the law is that of `align` in the port `StoreUpkeep`. */
import type { StoreUpkeep } from '@joinery/core'
import { isTombstoneOf } from '../rows/tombstone.ts'
import type { Transaction } from './connections.ts'
import { behindLocks, type Patiently } from './mending.ts'
import { bytesOf } from './reading.ts'
import { entryOf } from './rows.ts'
import { ENTRY, PAST, STATEMENTS, type DocumentRow, type EntryRow } from './statements.ts'
import { named } from './named.ts'

const MISNAMED = `
  JOIN joinery.log ON log.space = entry.space AND log.seq = entry.seq
  WHERE entry.space = $1 AND entry.document = $2 AND (log.device <> entry.device OR log.n <> entry.n) ORDER BY entry.seq`

const SQL = {
  misnamed: `${ENTRY} ${MISNAMED}`,
  misnamedPast: `${PAST} ${MISNAMED}`,
  // Another entry may be known by that name by mistake: then its own is to be put right first.
  rename: `
    UPDATE joinery.log SET device = $3, n = $4 WHERE space = $1 AND seq = $2
    AND NOT EXISTS (SELECT 1 FROM joinery.log AS other WHERE other.space = $1 AND other.device = $3 AND other.n = $4)`,
  digest: 'SELECT digest FROM joinery.log WHERE space = $1 AND seq = $2',
  setGone: 'UPDATE joinery.document SET gone = $3 WHERE space = $1 AND id = $2',
} as const

const ALIGNING = named('joinery_aligning', SQL)

export function aligning(patiently: Patiently): Pick<StoreUpkeep, 'align'> {
  return {
    align: (space, document) =>
      behindLocks(patiently, space, document, undefined, async (transaction, row) => {
        await transaction.ask(ALIGNING.setGone, [row.space, row.id, await goneByEntries(transaction, row)])
        for (const [statement, pieces] of [
          [ALIGNING.misnamed, STATEMENTS.bytesOf],
          [ALIGNING.misnamedPast, STATEMENTS.pastBytesOf],
        ] as const) {
          for (const one of await transaction.ask<EntryRow>(statement, [row.space, row.id])) {
            if (entryOf(one, await bytesOf(transaction, one, pieces)) === undefined) continue
            await transaction.ask(ALIGNING.rename, [row.space, one.seq, one.device_id, one.n])
          }
        }
        return undefined
      }),
  }
}

/** As its last entry says or, where that cannot be read, the digest by which the log knows it. */
async function goneByEntries(transaction: Transaction, row: DocumentRow): Promise<boolean> {
  const [head] = await transaction.ask<EntryRow>(STATEMENTS.entryAt, [row.space, row.seq])
  const entry = head?.document_id === row.id ? entryOf(head, await bytesOf(transaction, head)) : undefined
  if (entry !== undefined) return entry.type === 'tombstone'
  const [log] = await transaction.ask<{ digest: Uint8Array }>(ALIGNING.digest, [row.space, row.seq])
  return log !== undefined && isTombstoneOf(row, log.digest)
}
