/** Reads of what may be in pieces: pages of a log, bodies, authors. Their law is that of `wholeEntries`. */
import { ENTRY_WEIGHT, JoineryError, type AuthorHead, type Entry, type LogPage } from '@joinery/core'
import { readChain, type ChainReading } from './chain.ts'
import { authorsNameIn, lengthOf, nameIn, type PieceName, type Pieces } from './pieces.ts'
import { newestAuthors } from '../rows/authors-text.ts'
import { bytesOf, entryOf, markOf } from './rows.ts'
import type { DocumentRow, EntryRow, SpaceRow, Statements } from './statements.ts'
import { turn } from './turn.ts'
import { foundEntry, wholeEntries } from './whole-entries.ts'

export interface WholeReading {
  /** For whoever reads a document's rows in another way. */
  chain(space: string, document: string): ChainReading
  page(space: string, after: number, maxBytes: number): Promise<LogPage>
  body(space: string, document: string): Promise<Entry[]>
  /** With `after`, those at least that entries behind it moved. */
  authors(space: string, document: string, after?: number): Promise<AuthorHead[]>
  /** Of rows, oldest first. */
  authorsIn(rows: readonly string[]): Promise<Map<string, AuthorHead> | 'gone' | 'damaged'>
}

export function wholeReading(options: {
  readonly statements: Statements
  readonly pieces: Pick<Pieces, 'load'>
  readonly read: <T>(look: () => T) => Promise<T>
  readonly spaceRow: (space: string) => SpaceRow | undefined
  readonly documentRow: (space: string, document: string) => DocumentRow | undefined
}): WholeReading {
  const { statements, pieces, read, spaceRow, documentRow } = options

  const chain = (space: string, document: string): ChainReading => ({
    statements,
    document: () => documentRow(space, document),
    read,
  })

  /** With the names of what is in pieces, by entry. */
  function page(space: string, after: number, maxBytes: number, names: Map<Entry, PieceName>): LogPage {
    const row = spaceRow(space)
    if (row === undefined) throw new JoineryError('NOT_FOUND', { space })
    const entries: Entry[] = []
    const damaged = new Set<string>()
    let weight = 0
    for (const found of statements.entriesAfter.iterate(row.id, after)) {
      if (entries.length > 0 && weight >= maxBytes) return cutAfter(row, entries, [...damaged])
      const stored = found as EntryRow
      const entry = entryOf(stored)
      // Nothing is left of what was voided there.
      const isEmptyPlace = entry?.type === 'void' && entry.bytes.length === 0
      if (entry !== undefined && !isEmptyPlace) entries.push(entry)
      else if (entry === undefined && stored.document !== null) damaged.add(stored.document)
      const name = nameIn(stored)
      if (entry !== undefined && name !== undefined) names.set(entry, name)
      weight += ENTRY_WEIGHT + lengthOf(stored)
    }
    return { entries, seq: row.seq, mark: markOf(row.mark), epoch: row.epoch, end: true, damaged: [...damaged] }
  }

  /** What is in pieces is read behind the page, and with it the page anew when it was folded away meanwhile. */
  async function wholePage(space: string, after: number, maxBytes: number): Promise<LogPage> {
    const missed = new Set<number>()
    for (;;) {
      const names = new Map<Entry, PieceName>()
      const found = await read(() => page(space, after, maxBytes, names))
      if (names.size === 0) return found
      const entries: Entry[] = []
      const damaged = new Set(found.damaged)
      let isGone = false
      for (const entry of found.entries) {
        const name = names.get(entry)
        const bytes = name === undefined ? entry.bytes : await pieces.load(name)
        if (bytes === 'gone' && name !== undefined && !missed.has(name.first)) {
          missed.add(name.first)
          isGone = true
        } else if (typeof bytes === 'string') damaged.add(entry.document)
        else entries.push({ ...entry, bytes })
      }
      if (!isGone) return { ...found, entries, damaged: [...damaged] }
    }
  }

  const body = (space: string, document: string): Promise<Entry[]> =>
    wholeEntries(pieces, document, () => readChain(chain(space, document), foundEntry))

  function cutAfter(row: SpaceRow, entries: Entry[], damaged: string[]): LogPage {
    const seq = entries.at(-1)?.seq ?? 0
    const { mark } = statements.markAt.get(row.id, seq) as { mark: Uint8Array }
    return { entries, seq, mark: bytesOf(mark), epoch: row.epoch, end: false, damaged }
  }

  async function authorsIn(rows: readonly string[]): Promise<Map<string, AuthorHead> | 'gone' | 'damaged'> {
    const newestFirst: string[] = []
    for (const authors of rows.toReversed()) {
      const name = authorsNameIn(authors)
      const bytes = name && (await pieces.load(name))
      if (typeof bytes === 'string') return bytes
      newestFirst.push(bytes === undefined ? authors : Buffer.from(bytes).toString())
    }
    return newestAuthors(newestFirst, turn)
  }

  return {
    chain,
    page: wholePage,
    body,
    authorsIn,
    async authors(space, document, after) {
      for (let before: ReadonlySet<string> | undefined; ;) {
        const rows = await readChain(chain(space, document), ({ authors }) => authors, after)
        const found = await authorsIn(rows)
        if (typeof found !== 'string') return [...found.values()]
        const inPieces = new Set(rows.filter(row => authorsNameIn(row) !== undefined))
        const isLost = before !== undefined && [...inPieces].every(row => before?.has(row))
        if (found === 'damaged' || isLost) throw new JoineryError('QUARANTINED', { document })
        before = inPieces
      }
    },
  }
}
