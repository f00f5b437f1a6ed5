/**
 * Damaged documents are put together anew, from rows that can be read here and in a copy. Laws:
 * - What is put back is what the log knows by its digest, at the seq where it stood; what was voided since is never put back.
 * - A chain is written anew as a whole, in one transaction behind the locks of its space and its document, and whatever else claimed to be of
 *   the document goes.
 */
import { numberOfEntryType, sameBytes, type StandingEntry, type StoreUpkeep } from '@joinery/core'
import { authorsOfText, textOfAuthors } from '../rows/authors-text.ts'
import { chainOf } from '../rows/chain-of.ts'
import { checksumOf } from '../rows/checksum.ts'
import type { Connections, Transaction } from './connections.ts'
import { spacesIn } from './giving.ts'
import { bytesOf, ROWS } from './reading.ts'
import { entryOf } from './rows.ts'
import { DIGITS, STATEMENTS, type DocumentRow, type EntryRow } from './statements.ts'
import { named } from './named.ts'

interface LogRow {
  readonly seq: number
  readonly device: number
  readonly n: number
  readonly digest: Uint8Array
}

const SQL = {
  logged: 'SELECT seq, device, n, digest FROM joinery.log WHERE space = $1 AND seq = ANY ($2::bigint[])',
  // What stands where the chain is to stand says of itself that it is another document's, and is damaged.
  dropChain: 'DELETE FROM joinery.entry WHERE space = $1 AND (document = $2 OR seq = ANY ($3::bigint[]))',
  put: `
    INSERT INTO joinery.entry (space, seq, type, document, prev, device, n, at, checksum, authors, bytes)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
  // They stand again, and will be folded again.
  dropFolded: 'DELETE FROM joinery.folded WHERE space = $1 AND document = $2 AND seq = ANY ($3::bigint[])',
  // What it was is kept, for whoever puts a copy back to a moment.
  moveDocument: `
    WITH former AS (
      INSERT INTO joinery.former (space, what, whose, value) SELECT space, 'quarantine', name, quarantined FROM joinery.document
      WHERE space = $1 AND id = $2 AND quarantined IS DISTINCT FROM $6
    )
    UPDATE joinery.document SET seq = $3, entries = $4, digits = ${DIGITS('$4')}, bytes = $5, quarantined = $6
    WHERE space = $1 AND id = $2`,
  beginLife: "UPDATE joinery.space SET epoch = replace(gen_random_uuid()::text, '-', '') WHERE id = $1",
  dropDocument: 'DELETE FROM joinery.document WHERE space = $1 AND id = $2',
  dropEntry: 'DELETE FROM joinery.entry WHERE space = $1 AND seq = $2',
  dropAllFolded: 'DELETE FROM joinery.folded WHERE space = $1 AND document = $2',
  // Purged, and what says so is damaged: all of it is known, but when.
  tombless: `
    SELECT document.space, document.id, document.name, document.kind, document.engine, document.seq, document.entries, document.bytes,
      document.gone, document.quarantined
    FROM joinery.document LEFT JOIN joinery.entry
      ON entry.space = document.space AND entry.seq = document.seq AND entry.document = document.id
    WHERE document.space = $1 AND document.gone AND entry.seq IS NULL`,
} as const

export const MENDING = named('joinery_mending', SQL)

const ALL = Number.MAX_SAFE_INTEGER

export type Patiently = <T>(work: (connections: Connections) => Promise<T>) => Promise<T>

/** Behind the locks of a space and of a document in it; `none` when it is not there. */
export function behindLocks<T>(
  patiently: Patiently,
  space: string,
  document: string,
  none: T,
  change: (transaction: Transaction, row: DocumentRow) => Promise<T>,
): Promise<T> {
  return patiently(connections =>
    connections.transact('everywhere', 'write', async transaction => {
      const [found] = await transaction.ask<{ id: number }>(STATEMENTS.lockSpaces, [[space]])
      if (found === undefined) return none
      const [row] = await transaction.ask<DocumentRow>(STATEMENTS.lockDocument, [found.id, document])
      return row === undefined ? none : change(transaction, row)
    }),
  )
}

export function mending(patiently: Patiently): Pick<StoreUpkeep, 'standing' | 'mend' | 'leaveOut' | 'sweep'> {
  return {
    standing: (space, document) =>
      patiently(connections =>
        connections.transact('everywhere', 'snapshot', async transaction => {
          const [found] = await transaction.ask<{ id: number }>(STATEMENTS.spaceByName, [space])
          const [row] = found ? await transaction.ask<DocumentRow>(STATEMENTS.document, [found.id, document]) : []
          return row === undefined ? [] : standingOf(transaction, row)
        }),
      ),
    mend: (space, document, copy) =>
      behindLocks<'whole' | 'lacking'>(patiently, space, document, 'lacking', async (transaction, row) => {
        if (row.gone) return 'lacking'
        const seqs = copy.map(({ entry }) => entry.seq)
        const logged = await logOf(transaction, row.space, seqs)
        const known = copy.filter(({ entry, digest }) => {
          const log = logged.get(entry.seq)
          return log !== undefined && sameBytes(log.digest, digest)
        })
        const chain = chainOf(await standingOf(transaction, row), known, row.seq)
        if (chain === undefined) return 'lacking'
        await relink(transaction, row, chain, null)
        return 'whole'
      }),
    leaveOut: (space, document) =>
      behindLocks(patiently, space, document, 0, async (transaction, row) => {
        const left = await standingOf(transaction, row)
        if (left.length > 0) await relink(transaction, row, left, 'GAP')
        else await drop(transaction, row)
        await transaction.ask(MENDING.beginLife, [row.space])
        return left.length
      }),
    sweep: () =>
      patiently(async connections => {
        const spaces = await connections.transact('everywhere', 'snapshot', async transaction => {
          const all: { id: number; name: string }[] = []
          for await (const { id, name } of spacesIn(transaction)) all.push({ id, name })
          return all
        })
        const swept: string[] = []
        for (const { id, name } of spaces) {
          const about = { ids: [id], names: [name] }
          const found = await connections.transact(about, 'write', transaction => sweepSpace(transaction, id, name))
          if (found > 0) swept.push(name)
        }
        return swept
      }),
  }
}

/** In order of seq; nothing of what is damaged. */
async function standingOf(transaction: Transaction, row: DocumentRow): Promise<StandingEntry[]> {
  const standing: StandingEntry[] = []
  for (let seq = 0; ;) {
    const rows = await transaction.ask<EntryRow>(STATEMENTS.entriesOf, [row.space, row.id, seq, ROWS])
    const logged = await logOf(
      transaction,
      row.space,
      rows.map(one => one.seq),
    )
    for (const one of rows) {
      seq = one.seq
      const entry = entryOf(one, await bytesOf(transaction, one))
      const log = logged.get(seq)
      if (entry === undefined || log === undefined) continue
      standing.push({ entry, digest: log.digest, authors: authorsOfText(one.authors), before: one.prev })
    }
    if (rows.length < ROWS) return standing
  }
}

async function logOf(transaction: Transaction, space: number, seqs: readonly number[]): Promise<Map<number, LogRow>> {
  const rows = await transaction.ask<LogRow>(MENDING.logged, [space, seqs])
  return new Map(rows.map(row => [row.seq, row]))
}

/** Writes the chain of a document anew. */
async function relink(
  transaction: Transaction,
  row: DocumentRow,
  chain: readonly StandingEntry[],
  quarantined: string | null,
): Promise<void> {
  const { space, id } = row
  const seqs = chain.map(({ entry }) => entry.seq)
  const logged = await logOf(transaction, space, seqs)
  await transaction.ask(MENDING.dropChain, [space, id, seqs])
  let prev = 0
  for (const { entry, authors } of chain) {
    const log = logged.get(entry.seq)
    if (log !== undefined) await put(transaction, row, { ...entry, prev, log, authors: textOfAuthors(authors) })
    prev = entry.seq
  }
  const bytes = chain.reduce((sum, { entry }) => sum + entry.bytes.length, 0)
  await transaction.ask(MENDING.dropFolded, [space, id, seqs])
  await transaction.ask(MENDING.moveDocument, [space, id, prev, chain.length, bytes, quarantined])
}

interface Placed extends Pick<StandingEntry['entry'], 'type' | 'seq' | 'at' | 'bytes'> {
  readonly prev: number
  readonly authors: string
  readonly log: LogRow
}

async function put(transaction: Transaction, { space, id }: DocumentRow, placed: Placed): Promise<void> {
  const { seq, prev, at, authors, bytes, log } = placed
  const type = numberOfEntryType(placed.type)
  const names = { space_id: space, document_id: id, device_id: log.device, n: log.n }
  const checksum = checksumOf({ ...names, seq, type, prev, at, authors, bytes })
  await transaction.ask(MENDING.put, [space, seq, type, id, prev, log.device, log.n, at, checksum, authors, bytes])
}

async function drop(transaction: Transaction, { space, id }: DocumentRow): Promise<void> {
  await transaction.ask(STATEMENTS.dropEntries, [space, id, ALL])
  await transaction.ask(STATEMENTS.dropPast, [space, id, 0, ALL])
  await transaction.ask(STATEMENTS.dropKept, [space, id, ALL])
  await transaction.ask(STATEMENTS.dropNames, [space, id])
  await transaction.ask(MENDING.dropAllFolded, [space, id])
  await transaction.ask(MENDING.dropDocument, [space, id])
}

/** How many rows went. */
async function sweepSpace(transaction: Transaction, space: number, name: string): Promise<number> {
  await transaction.ask(STATEMENTS.lockSpaces, [[name]])
  let swept = 0
  for (let seq = 0; ;) {
    const rows = await transaction.ask<EntryRow>(STATEMENTS.entriesAfter, [space, seq, ROWS])
    for (const row of rows) {
      seq = row.seq
      if (entryOf(row, await bytesOf(transaction, row)) !== undefined) continue
      await transaction.ask(MENDING.dropEntry, [space, seq])
      swept += 1
    }
    if (rows.length < ROWS) break
  }
  for (const row of await transaction.ask<DocumentRow>(MENDING.tombless, [space])) {
    const log = (await logOf(transaction, space, [row.seq])).get(row.seq)
    const bytes = new Uint8Array(0)
    if (log !== undefined)
      await put(transaction, row, { type: 'tombstone', seq: row.seq, at: 0, bytes, prev: 0, authors: '[]', log })
  }
  if (swept > 0) await transaction.ask(MENDING.beginLife, [space])
  return swept
}
