/**
 * Reads of logs and documents. Laws:
 * - Each is as of one moment, however many round trips it takes.
 * - Rows come some at a time, and what is large in pieces, so that no answer holds the thread for long.
 * - Each row is held against its checksum, and a document's against each other: one that is damaged or missing makes its document
 *   QUARANTINED.
 */
import { ENTRY_WEIGHT, JoineryError, NO_MARK, type AuthorHead, type Entry, type LogPage } from '@joinery/core'
import { setImmediate as turn } from 'node:timers/promises'
import { newestAuthors } from '../rows/authors-text.ts'
import type { Connections, Statement, Transaction } from './connections.ts'
import { entryOf } from './rows.ts'
import { STATEMENTS, type DocumentRow, type EntryRow, type SpaceRow } from './statements.ts'

/** As many are asked for at a time. */
export const ROWS = 256
const PIECE_BYTES = 524_288

interface Range {
  readonly after?: number | undefined
  readonly upTo?: number | undefined
}

export interface ChainLink {
  readonly row: EntryRow
  readonly entry: Entry
}

export async function readPage(
  connections: Connections,
  space: { readonly id: number; readonly name: string },
  after: number,
  maxBytes: number,
): Promise<LogPage> {
  return connections.transact({ ids: [space.id] }, 'snapshot', async transaction => {
    const asking = transaction.ask<SpaceRow>(STATEMENTS.space, [space.id])
    const entries: Entry[] = []
    const damaged = new Set<string>()
    let weight = 0
    for (let seq = after; ;) {
      const rows = await transaction.ask<EntryRow>(STATEMENTS.entriesAfter, [space.id, seq, ROWS])
      for (const row of rows) {
        if (entries.length > 0 && weight >= maxBytes) return cutAfter(transaction, await head(asking), entries, damaged)
        const entry = entryOf(row, await bytesOf(transaction, row))
        // Nothing is left of what was voided there.
        const isEmptyPlace = entry?.type === 'void' && entry.bytes.length === 0
        if (entry !== undefined && !isEmptyPlace) entries.push(entry)
        else if (entry === undefined && row.document !== null) damaged.add(row.document)
        weight += ENTRY_WEIGHT + row.length
        seq = row.seq
      }
      if (rows.length < ROWS) break
      await turn()
    }
    const { seq, mark, epoch } = await head(asking)
    return { entries, seq, mark, epoch, end: true, damaged: [...damaged] }
  })

  async function head(asking: Promise<readonly SpaceRow[]>): Promise<SpaceRow> {
    const [row] = await asking
    if (row === undefined) throw new JoineryError('NOT_FOUND', { space: space.name })
    return row
  }
}

async function cutAfter(
  transaction: Transaction,
  { id, epoch }: SpaceRow,
  entries: Entry[],
  damaged: ReadonlySet<string>,
): Promise<LogPage> {
  const seq = entries.at(-1)?.seq ?? 0
  const [found] = await transaction.ask<{ mark: Uint8Array }>(STATEMENTS.markAt, [id, seq])
  return { entries, seq, mark: found?.mark ?? NO_MARK, epoch, end: false, damaged: [...damaged] }
}

/**
 * The rows of a document, oldest first, or those of them behind a seq, or up to one; nothing of a document that is not there. A damaged row that
 * only claims to be one of them is passed over: those that are sound lead from one to the next up to the head, or not.
 */
export async function readChain(
  transaction: Transaction,
  space: number,
  document: string,
  range: Range = {},
): Promise<ChainLink[]> {
  const [head] = await transaction.ask<DocumentRow>(STATEMENTS.document, [space, document])
  return head === undefined ? [] : readRows(transaction, head, range)
}

function readRows(transaction: Transaction, head: DocumentRow, range: Range): Promise<ChainLink[]> {
  const { space, id } = head
  return follow(transaction, head, range, at => transaction.ask<EntryRow>(STATEMENTS.entriesOf, [space, id, at, ROWS]))
}

/** A document's head, and its rows, oldest first: of nearly every document in one round trip. */
export async function readHeadAndRows(
  connections: Connections,
  space: number,
  document: string,
): Promise<{ readonly head: DocumentRow; readonly links: readonly ChainLink[] } | undefined> {
  const quick = await connections.transact({ ids: [space] }, 'snapshot', async transaction => {
    const asking = transaction.ask<DocumentRow>(STATEMENTS.document, [space, document])
    const entries = transaction.ask<EntryRow>(STATEMENTS.entriesOfNamed, [space, document, ROWS])
    transaction.commit()
    const [[head], rows] = await Promise.all([asking, entries])
    if (head === undefined) return undefined
    const isAll = rows.length < ROWS && rows.every(({ bytes }) => bytes !== null)
    return isAll ? { head, links: await follow(transaction, head, {}, async () => rows) } : 'more'
  })
  if (quick !== 'more') return quick
  return connections.transact({ ids: [space] }, 'snapshot', async transaction => {
    const [head] = await transaction.ask<DocumentRow>(STATEMENTS.document, [space, document])
    return head && { head, links: await readRows(transaction, head, {}) }
  })
}

/** `rowsBehind` gives the next behind a seq, ROWS at most. */
async function follow(
  transaction: Transaction,
  { name: document, seq }: DocumentRow,
  { after = 0, upTo }: Range,
  rowsBehind: (at: number) => Promise<readonly EntryRow[]>,
): Promise<ChainLink[]> {
  const links: ChainLink[] = []
  const end = upTo ?? Infinity
  let last = after
  let isDamaged = false
  for (let at = after; at < end;) {
    const rows = await rowsBehind(at)
    for (const row of rows) {
      at = row.seq
      if (at > end) break
      const entry = entryOf(row, await bytesOf(transaction, row))
      if (entry === undefined) {
        isDamaged = true
        continue
      }
      // What was before `after` may have been folded, into one that stands behind it.
      const isNext = row.prev === last || (links.length === 0 && after > 0)
      if (!isNext) throw broken(document)
      links.push({ row, entry })
      last = at
    }
    if (rows.length < ROWS) break
    await turn()
  }
  if (last !== (upTo ?? seq) && (upTo === undefined || isDamaged)) throw broken(document)
  return links
}

function broken(document: string): JoineryError {
  return new JoineryError('QUARANTINED', { document })
}

export async function authorsIn(links: readonly ChainLink[]): Promise<Map<string, AuthorHead>> {
  return newestAuthors(
    links.toReversed().map(({ row }) => row.authors),
    turn,
  )
}

/** The bytes of a row, which came with it unless they are large. */
export async function bytesOf(
  transaction: Transaction,
  row: EntryRow,
  statement: Statement = STATEMENTS.bytesOf,
): Promise<Uint8Array> {
  if (row.bytes !== null) return row.bytes
  const whole = new Uint8Array(row.length)
  for (let at = 0; at < row.length; at += PIECE_BYTES) {
    const asked = [row.space_id, row.document_id, row.seq, at + 1, PIECE_BYTES]
    const [piece] = await transaction.ask<{ bytes: Uint8Array }>(statement, asked)
    if (piece !== undefined) whole.set(piece.bytes.subarray(0, row.length - at), at)
  }
  return whole
}
