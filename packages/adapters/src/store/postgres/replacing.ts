/** What puts something else in the place of entries: a fold its snapshot, a void what is left of one. Laws S3 and D2 of the port. */
import { entryTypeOf, JoineryError, numberOfEntryType, type Fold, type Voided, type Voiding } from '@joinery/core'
import { setImmediate as turn } from 'node:timers/promises'
import { textOfAuthorsInTurns } from '../rows/authors-text.ts'
import { checksumOf } from '../rows/checksum.ts'
import { appendTo } from './committing.ts'
import type { Connections, Transaction } from './connections.ts'
import { keepPast } from './past.ts'
import { authorsIn, bytesOf, readChain } from './reading.ts'
import { entryOf } from './rows.ts'
import { STATEMENTS, type DocumentRow, type EntryRow, type SpaceRow } from './statements.ts'

/** Locks the document, so that no commit moves it and no other fold takes the same entries. */
export async function foldIn(connections: Connections, space: number, folding: Fold): Promise<boolean> {
  const { document, upTo, snapshot, entries, head, keptAt } = folding
  const authors = await connections.transact({ ids: [space] }, 'snapshot', async transaction => {
    const links = await readChain(transaction, space, document, { upTo })
    return textOfAuthorsInTurns((await authorsIn(links)).values(), turn)
  })
  return connections.transact({ ids: [space] }, 'write', async transaction => {
    const [[row], [last]] = await Promise.all([
      transaction.ask<DocumentRow>(STATEMENTS.lockDocument, [space, document]),
      transaction.ask<EntryRow>(STATEMENTS.entryAt, [space, upTo]),
    ])
    if (row === undefined || row.gone || last?.document_id !== row.id) return false
    const [[size], voided] = await Promise.all([
      transaction.ask<{ entries: number; bytes: number }>(STATEMENTS.foldSize, [space, row.id, upTo]),
      head === undefined ? [] : transaction.ask(STATEMENTS.voidedAfter, [space, row.id, head]),
    ])
    if (size?.entries !== entries || voided.length > 0) return false
    if (keptAt !== undefined) await keepPast(transaction, row, upTo, keptAt)
    const type = numberOfEntryType('snapshot')
    const checksum = checksumOf({ ...last, type, prev: 0, authors, bytes: snapshot })
    await Promise.all([
      transaction.ask(STATEMENTS.rememberDigests, [space, row.id, upTo]),
      transaction.ask(STATEMENTS.dropEntries, [space, row.id, upTo]),
      transaction.ask(STATEMENTS.putSnapshot, [space, upTo, type, checksum, authors, snapshot]),
      transaction.ask(STATEMENTS.growDocument, [space, row.id, 1 - entries, snapshot.length - size.bytes]),
    ])
    await readBack(transaction, space, upTo, document)
    return true
  })
}

/** Only what was read back replaces anything (S3). */
async function readBack(transaction: Transaction, space: number, seq: number, document: string): Promise<void> {
  const [stored] = await transaction.ask<EntryRow>(STATEMENTS.entryAt, [space, seq])
  if (stored === undefined || entryOf(stored, await bytesOf(transaction, stored)) === undefined)
    throw new JoineryError('UNAVAILABLE', { document, reason: 'the snapshot did not read back' })
}

export async function voidIn(
  connections: Connections,
  space: number,
  { space: name, seq, instead, entry }: Voiding,
): Promise<Voided | undefined> {
  return connections.transact({ ids: [space], names: [name] }, 'write', async transaction => {
    const [locked, [row], [old]] = await Promise.all([
      transaction.ask<SpaceRow>(STATEMENTS.lockSpaces, [[name]]),
      transaction.ask<DocumentRow>(STATEMENTS.lockDocument, [space, entry.document]),
      transaction.ask<EntryRow>(STATEMENTS.entryAt, [space, seq]),
    ])
    if (row === undefined || row.gone || old?.document_id !== row.id) return undefined
    if (entryTypeOf(old.type) !== 'update') return undefined
    const bytes = instead ?? new Uint8Array(0)
    const type = numberOfEntryType(instead === undefined ? 'void' : 'snapshot')
    const replaced = Promise.all([
      transaction.ask(STATEMENTS.putInstead, [space, seq, type, checksumOf({ ...old, type, bytes }), bytes]),
      transaction.ask(STATEMENTS.growDocument, [space, row.id, 0, bytes.length - old.length]),
    ])
    const [committed] = await appendTo(
      transaction,
      [{ space: name, entries: [{ ...entry, basedOn: row.seq }] }],
      locked,
    )
    await replaced
    const [outcome] = committed?.outcomes ?? []
    // Its name was another's: nothing of this is written.
    if (committed === undefined || outcome?.outcome !== 'written') throw new JoineryError('UNAVAILABLE', { seq })
    const { type: voids, document, kind, engine, at, device, n, subject } = { ...entry, ...row, at: entry.at }
    const appended = {
      seq: outcome.seq,
      type: voids,
      document,
      kind,
      engine,
      at,
      device,
      n,
      subject,
      bytes: entry.bytes,
    }
    return { head: committed.head, entry: appended, before: row.seq }
  })
}
