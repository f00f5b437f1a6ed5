/**
 * What folds replaced and kept, by document. Laws:
 * - Rows move as they are, names of pieces and checksum included: nothing is read to keep it, and what was damaged stays damaged.
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
import { readChain, type ChainReading } from './chain.ts'
import { lengthOf, type Pieces, type PutBytes } from './pieces.ts'
import { checksumOf } from '../rows/checksum.ts'
import { entryOf } from './rows.ts'
import type { DocumentRow, EntryRow, SizeRow, Statements } from './statements.ts'
import { turn } from './turn.ts'
import { foundEntry, wholeEntries } from './whole-entries.ts'

/** A few milliseconds' worth. */
const PIECE_ROWS = 256

export interface Past {
  /** Inside of the transaction that folds. Gives the last seq that was kept before: rows up to it are not kept. */
  keep(row: DocumentRow, upTo: number, since: number): number
  lineage(space: string, document: string): Promise<Lineal[]>
  page(space: string, document: string, after: number, maxBytes: number): Promise<Entry[]>
  /** Inside of a transaction. */
  forget(forgetting: Forgetting, authors: string, put: PutBytes): boolean
  /** Inside of a transaction. */
  name(space: string, document: string, version: VersionName): boolean
}

export function pastOf(options: {
  readonly statements: Statements
  readonly pieces: Pick<Pieces, 'hold' | 'holdAuthors' | 'leave' | 'load' | 'isSound'>
  readonly read: <T>(look: () => T) => Promise<T>
  readonly documentRow: (space: string, document: string) => DocumentRow | undefined
  readonly chain: (space: string, document: string) => ChainReading
}): Past {
  const { statements, pieces, read, documentRow, chain } = options

  /** Rows behind `after`, until `isEnough` of what was found. */
  const rowsAfter = (
    document: number,
    after: number,
    isEnough: (row: EntryRow, found: number) => boolean,
  ): EntryRow[] => {
    const rows: EntryRow[] = []
    for (const found of statements.pastAfter.iterate(document, after)) {
      const row = found as EntryRow
      rows.push(row)
      if (isEnough(row, rows.length)) break
    }
    return rows
  }

  const sound = (row: EntryRow, document: string): Entry => {
    const entry = entryOf(row)
    if (entry === undefined) throw new JoineryError('QUARANTINED', { document })
    return entry
  }

  async function pastLineage(space: string, document: string): Promise<Lineal[]> {
    const all: Lineal[] = []
    for (;;) {
      const after = all.at(-1)?.seq ?? 0
      const page = await read(() => {
        const row = documentRow(space, document)
        const rows = row === undefined ? [] : rowsAfter(row.id, after, (_, found) => found >= PIECE_ROWS)
        return rows.map(one => linealOf(one, sound(one, document)))
      })
      all.push(...page)
      if (page.length < PIECE_ROWS) return all
      await turn()
    }
  }

  return {
    keep(row, upTo, since) {
      const { seq: lastPast } = statements.lastPast.get(row.id) as { seq: number }
      const chained = { space: row.space, document: row.id, last: upTo, lastPast }
      const { changes } = statements.keepChain.run(chained)
      if (changes > 0) statements.keepSince.run(row.id, upTo, since)
      return lastPast
    },
    async lineage(space, document) {
      // The present first: what is folded meanwhile is in both, and counts as past.
      const present = await readChain(chain(space, document), linealOf)
      const past = await pastLineage(space, document)
      const last = past.at(-1)?.seq ?? 0
      return [...past, ...present.filter(({ seq }) => seq > last)]
    },
    page: (space, document, after, maxBytes) =>
      wholeEntries(pieces, document, () =>
        read(() => {
          const row = documentRow(space, document)
          let weight = 0
          const isEnough = (one: EntryRow): boolean => (weight += ENTRY_WEIGHT + lengthOf(one)) >= maxBytes
          const rows = row === undefined ? [] : rowsAfter(row.id, after, isEnough)
          return rows.map(one => foundEntry(one, sound(one, document)))
        }),
      ),
    forget({ space, document, after, upTo, entries, instead }, text, put) {
      const row = documentRow(space, document)
      const last = row && (statements.pastAt.get(row.id, upTo) as EntryRow | undefined)
      const old = row === undefined ? [] : (statements.pastSizes.all(row.id, after, upTo) as SizeRow[])
      if (row === undefined || last === undefined || old.length !== entries) return false
      if (instead !== undefined && statements.namedBetween.get(row.id, after, upTo) !== undefined) return false
      for (const one of old) pieces.leave(one)
      statements.dropPast.run(row.id, after, upTo)
      statements.dropKept.run(row.id, upTo)
      if (instead === undefined) return true
      const held = pieces.hold(numberOfEntryType('snapshot'), instead, put)
      const { space_id, seq, document_id, device_id, n, at } = last
      const authors = pieces.holdAuthors(text, put)
      const checksum = checksumOf({ ...last, ...held, prev: 0, authors })
      statements.putPast.run(space_id, seq, held.type, document_id, 0, device_id, n, at, checksum, authors, held.bytes)
      // Only what was read back replaces anything (S3).
      const stored = statements.pastAt.get(row.id, upTo) as EntryRow
      if (entryOf(stored) === undefined || !pieces.isSound(stored))
        throw new JoineryError('UNAVAILABLE', { document, reason: 'the snapshot did not read back' })
      return true
    },
    name(space, document, { seq, name, subject, at }) {
      const row = documentRow(space, document)
      if (row === undefined || row.gone === 1) return false
      if (statements.version.get({ space: row.space, document: row.id, seq }) === undefined) return false
      if (name === '') statements.dropName.run(row.id, seq)
      else statements.nameVersion.run(row.id, seq, name, subject, at)
      return true
    },
  }
}

function linealOf(row: EntryRow, { seq, type, at, device, n, subject }: Entry): Lineal {
  return { seq, type, at, device, n, subject, bytes: lengthOf(row) }
}
