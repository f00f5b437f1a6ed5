/**
 * Reads the rows of one document, which are a chain from its head backwards. Laws:
 * - A long chain is read a piece at a time, and between two pieces others have their turn: nobody waits longer than for one piece.
 * - Each row that is read is held against its checksum. One that is damaged or missing makes the whole chain QUARANTINED.
 * - What comes out is the document as it was when the reading began, or since then folded. What is folded under the reader's feet is read on
 *   from the snapshot, however often that happens: a fold takes a long chain slice by slice, and is no damage. What is purged, or folded from
 *   its head on, is read anew.
 */
import { JoineryError, type Entry } from '@joinery/core'
import { entryOf } from './rows.ts'
import type { DocumentRow, EntryRow, Statements } from './statements.ts'
import { turn } from './turn.ts'

/** A few milliseconds' worth. */
const PIECE_ROWS = 256
const PIECE_BYTES = 1_048_576
const TRIES = 3

/** What one row gives, and what an entry of it is. */
export type OfRow<T> = (row: EntryRow, entry: Entry) => T

export interface ChainReading {
  readonly statements: Pick<Statements, 'chainBack' | 'entryAt'>
  /** The document as it is now; undefined when there is none. */
  readonly document: () => DocumentRow | undefined
  /** Runs one piece: rejects when the store cannot be read. */
  readonly read: <R>(look: () => R) => Promise<R>
}

interface Found<T> {
  readonly seq: number
  readonly given: T
}

interface Piece<T> {
  /** Newest first. */
  readonly found: readonly Found<T>[]
  /** The seq of the row before these: 0 when there is none. */
  readonly before: number
}

/** Oldest first, those behind `after` at least; nothing of a document that is not there. */
export async function readChain<T>(reading: ChainReading, ofRow: OfRow<T>, after = 0): Promise<T[]> {
  for (let tries = 1; ; tries++) {
    const found = await attempt(reading, ofRow, after)
    if (found !== undefined) return found.toReversed()
    const row = await reading.read(reading.document)
    if (row === undefined) return []
    if (tries === TRIES) throw broken(row)
  }
}

/** Newest first; undefined when nothing is left of what was read. */
async function attempt<T>(
  { statements, document, read }: ChainReading,
  ofRow: OfRow<T>,
  after: number,
): Promise<T[] | undefined> {
  const first = await read(() => {
    const row = document()
    return row && { row, piece: pieceOf(statements, row, row.seq, ofRow, after) }
  })
  if (first === undefined) return []
  const { row } = first
  let { piece } = first
  // Nobody came between it and its head.
  if (piece.found.length === 0) throw broken(row)
  const all = [...piece.found]
  while (piece.before > after) {
    await turn()
    const last = piece.before
    const next = await read(() => {
      const piece = pieceOf(statements, row, last, ofRow, after)
      if (piece.found.length > 0) return { kept: all.length, piece }
      const kept = keptOf(statements, row, all, last)
      const from = all[kept]?.seq
      return from === undefined ? undefined : { kept, piece: pieceOf(statements, row, from, ofRow, after) }
    })
    if (next === undefined) return undefined
    ;({ piece } = next)
    all.length = next.kept
    for (const one of piece.found) all.push(one)
  }
  return all.map(({ given }) => given)
}

/**
 * How many of the rows that were read stand in front of the snapshot that took the place of the others, and of the row at `missing`; all when
 * none is left.
 */
function keptOf(
  statements: ChainReading['statements'],
  row: DocumentRow,
  read: readonly Found<unknown>[],
  missing: number,
): number {
  const at = (index: number): EntryRow | undefined =>
    statements.entryAt.get(row.space, read[index]?.seq ?? 0) as EntryRow | undefined
  if (at(0) === undefined) return read.length
  // A fold takes rows from the oldest on: those that are left are the newest.
  let kept = 0
  for (let end = read.length; end - kept > 1;) {
    const middle = Math.floor((kept + end) / 2)
    if (at(middle) === undefined) end = middle
    else kept = middle
  }
  // It was not folded: it is lost.
  if (at(kept)?.prev === missing) throw broken(row)
  return kept
}

function pieceOf<T>(
  statements: ChainReading['statements'],
  row: DocumentRow,
  last: number,
  ofRow: OfRow<T>,
  after: number,
): Piece<T> {
  const found: Found<T>[] = []
  let before = last
  let bytes = 0
  for (const stored of rowsBack(statements, row, last)) {
    const entry = entryOf(stored)
    if (entry === undefined || stored.document_id !== row.id) throw broken(row)
    found.push({ seq: stored.seq, given: ofRow(stored, entry) })
    before = stored.prev
    bytes += stored.bytes.length + stored.authors.length
    if (before <= after || found.length >= PIECE_ROWS || bytes >= PIECE_BYTES) break
  }
  return { found, before }
}

/** From `last` backwards, at least as many as make a piece. */
function rowsBack(statements: ChainReading['statements'], row: DocumentRow, last: number): Iterable<EntryRow> {
  // Most documents are one snapshot, or one edit, and to follow that costs more than to read it.
  if (row.entries === 1 && last === row.seq) return statements.entryAt.all(row.space, last) as EntryRow[]
  const place = { space: row.space, document: row.id, last }
  const isOnePiece = row.entries <= PIECE_ROWS && row.bytes <= PIECE_BYTES
  const rows = isOnePiece ? statements.chainBack.all(place) : statements.chainBack.iterate(place)
  return rows as Iterable<EntryRow>
}

function broken({ name }: DocumentRow): JoineryError {
  return new JoineryError('QUARANTINED', { document: name })
}
