/**
 * What folds replaced and kept, by document. Laws:
 * - Rows move as they are, checksum included: nothing is read to keep it, and what was damaged stays damaged.
 * - A past is in the order of its seqs, and nothing is put before its end: what a fold finds there already, it does not keep again.
 */
import {
  ENTRY_WEIGHT,
  JoineryError,
  numberOfEntryType,
  type Entry,
  type Forgetting,
  type Lineal,
  type VersionName,
} from '@joinery/core'
import { setImmediate as turn } from 'node:timers/promises'
import { newestAuthors, textOfAuthorsInTurns } from '../rows/authors-text.ts'
import { checksumOf } from '../rows/checksum.ts'
import type { Connections, Transaction } from './connections.ts'
import { bytesOf, readChain, ROWS } from './reading.ts'
import { entryOf } from './rows.ts'
import { STATEMENTS, type DocumentRow, type EntryRow } from './statements.ts'

/** Inside of the transaction that folds the rows up to a seq, before they go. */
export async function keepPast(
  transaction: Transaction,
  { space, id }: DocumentRow,
  upTo: number,
  since: number,
): Promise<void> {
  const kept = await transaction.ask(STATEMENTS.keepPast, [space, id, upTo])
  if (kept.length > 0) await transaction.ask(STATEMENTS.keepSince, [space, id, upTo, since])
}

/** Past and present, oldest first, as of one moment. */
export async function lineageOf(connections: Connections, space: number, document: string): Promise<Lineal[]> {
  return connections.transact({ ids: [space] }, 'snapshot', async transaction => {
    const past: Lineal[] = []
    await eachPast(transaction, space, document, 0, (row, entry) => {
      past.push(linealOf(row, entry))
      return true
    })
    const last = past.at(-1)?.seq ?? 0
    const present = await readChain(transaction, space, document)
    return [...past, ...present.map(({ row, entry }) => linealOf(row, entry)).filter(({ seq }) => seq > last)]
  })
}

export async function pastPage(
  connections: Connections,
  space: number,
  document: string,
  after: number,
  maxBytes: number,
): Promise<Entry[]> {
  return connections.transact({ ids: [space] }, 'snapshot', async transaction => {
    const entries: Entry[] = []
    let weight = 0
    await eachPast(transaction, space, document, after, (row, entry) => {
      entries.push(entry)
      weight += ENTRY_WEIGHT + row.length
      return weight < maxBytes
    })
    return entries
  })
}

/** Each row behind `after`, until `take` has enough. */
async function eachPast(
  transaction: Transaction,
  space: number,
  document: string,
  after: number,
  take: (row: EntryRow, entry: Entry) => boolean,
): Promise<void> {
  const [head] = await transaction.ask<DocumentRow>(STATEMENTS.document, [space, document])
  if (head === undefined) return
  for (let seq = after; ;) {
    const rows = await transaction.ask<EntryRow>(STATEMENTS.pastAfter, [space, head.id, seq, ROWS])
    for (const row of rows) {
      const entry = entryOf(row, await bytesOf(transaction, row, STATEMENTS.pastBytesOf))
      if (entry === undefined) throw new JoineryError('QUARANTINED', { document })
      if (!take(row, entry)) return
      seq = row.seq
    }
    if (rows.length < ROWS) return
    await turn()
  }
}

export async function forgetIn(
  connections: Connections,
  space: number,
  { document, after, upTo, entries, instead }: Forgetting,
): Promise<boolean> {
  return connections.transact({ ids: [space] }, 'decide', async transaction => {
    const [row] = await transaction.ask<DocumentRow>(STATEMENTS.lockDocument, [space, document])
    if (row === undefined) return false
    const [[last], [size], named] = await Promise.all([
      transaction.ask<EntryRow>(STATEMENTS.pastAt, [space, row.id, upTo]),
      transaction.ask<{ entries: number }>(STATEMENTS.pastSize, [space, row.id, after, upTo]),
      transaction.ask(STATEMENTS.namedBetween, [space, row.id, after, upTo]),
    ])
    if (last === undefined || size?.entries !== entries || (instead !== undefined && named.length > 0)) return false
    const told = instead && (await transaction.ask<{ authors: string }>(STATEMENTS.pastAuthors, [space, row.id, upTo]))
    await Promise.all([
      transaction.ask(STATEMENTS.dropPast, [space, row.id, after, upTo]),
      transaction.ask(STATEMENTS.dropKept, [space, row.id, upTo]),
    ])
    if (instead === undefined || told === undefined) return true
    const newest = await newestAuthors(
      told.map(one => one.authors),
      turn,
    )
    const authors = await textOfAuthorsInTurns(newest.values(), turn)
    const type = numberOfEntryType('snapshot')
    const { seq, device_id: device, n, at } = last
    const checksum = checksumOf({ ...last, type, prev: 0, authors, bytes: instead })
    await transaction.ask(STATEMENTS.putPast, [space, seq, type, row.id, device, n, at, checksum, authors, instead])
    // Only what was read back replaces anything (S3).
    const [stored] = await transaction.ask<EntryRow>(STATEMENTS.pastAt, [space, row.id, upTo])
    const bytes = stored && (await bytesOf(transaction, stored, STATEMENTS.pastBytesOf))
    if (stored === undefined || bytes === undefined || entryOf(stored, bytes) === undefined)
      throw new JoineryError('UNAVAILABLE', { document, reason: 'the snapshot did not read back' })
    return true
  })
}

/** Behind the same lock: what is forgotten meanwhile gets no name, and what has one by then is not forgotten. */
export async function nameIn(
  connections: Connections,
  space: number,
  document: string,
  { seq, name, subject, at }: VersionName,
): Promise<boolean> {
  return connections.transact({ ids: [space] }, 'decide', async transaction => {
    const [row] = await transaction.ask<DocumentRow>(STATEMENTS.lockDocument, [space, document])
    if (row === undefined || row.gone) return false
    const [found] = await transaction.ask(STATEMENTS.version, [space, row.id, seq])
    if (found === undefined) return false
    if (name === '') await transaction.ask(STATEMENTS.dropName, [space, row.id, seq])
    else await transaction.ask(STATEMENTS.nameVersion, [space, row.id, seq, name, subject, at])
    return true
  })
}

function linealOf(row: EntryRow, { seq, type, at, device, n, subject }: Entry): Lineal {
  return { seq, type, at, device, n, subject, bytes: row.length }
}
