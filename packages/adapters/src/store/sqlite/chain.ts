/**
 * Reads the rows of one document, which are a chain from its head backwards. Laws:
 * - A long chain is read a piece at a time, and between two pieces others have their turn: nobody waits longer than for one piece.
 * - Each row is held against its checksum. One that is damaged or missing makes the whole chain QUARANTINED.
 * - What comes out is the document as it was when the reading began, or since then folded; one that was folded, or purged, under the
 *   reader's feet is read anew.
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

interface Piece<T> {
  /** Newest first. */
  readonly found: readonly T[]
  /** The seq of the row before these: 0 when there is none. */
  readonly before: number
}

/** Oldest first; nothing of a document that is not there. */
export async function readChain<T>(reading: ChainReading, ofRow: OfRow<T>): Promise<T[]> {
  for (let tries = 1; ; tries++) {
    const found = await attempt(reading, ofRow)
    if (found !== undefined) return found.toReversed()
    const row = await reading.read(reading.document)
    if (row === undefined) return []
    if (tries === TRIES) throw broken(row)
  }
}

/** Newest first; undefined when the chain ends where it should not. */
async function attempt<T>({ statements, document, read }: ChainReading, ofRow: OfRow<T>): Promise<T[] | undefined> {
  const first = await read(() => {
    const row = document()
    return row && { row, piece: pieceOf(statements, row, row.seq, ofRow) }
  })
  if (first === undefined) return []
  const { row } = first
  let { piece } = first
  // Nobody came between it and its head.
  if (piece.found.length === 0) throw broken(row)
  const all = [...piece.found]
  while (piece.before > 0) {
    await turn()
    const last = piece.before
    piece = await read(() => pieceOf(statements, row, last, ofRow))
    if (piece.found.length === 0) return undefined
    for (const one of piece.found) all.push(one)
  }
  return all
}

function pieceOf<T>(statements: ChainReading['statements'], row: DocumentRow, last: number, ofRow: OfRow<T>): Piece<T> {
  const found: T[] = []
  let before = last
  let bytes = 0
  for (const stored of rowsBack(statements, row, last)) {
    const entry = entryOf(stored)
    if (entry === undefined || stored.document_id !== row.id) throw broken(row)
    found.push(ofRow(stored, entry))
    before = stored.prev
    bytes += stored.bytes.length + stored.authors.length
    if (found.length >= PIECE_ROWS || bytes >= PIECE_BYTES) break
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
