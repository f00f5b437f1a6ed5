/**
 * Damaged documents are put together anew, from rows that can be read here and in a copy. Laws:
 * - What is put back is what the log knows by its digest, at the seq where it stood; what was voided since is never put back.
 * - A chain is written anew as a whole, in one transaction, and whatever else claimed to be of the document goes.
 */
import { numberOfEntryType, sameBytes, type StandingEntry } from '@joinery/core'
import type { Database } from 'better-sqlite3'
import { authorsOfText, textOfAuthors } from '../rows/authors-text.ts'
import { chainOf } from '../rows/chain-of.ts'
import { checksumOf } from '../rows/checksum.ts'
import type { KnownRows } from './known-rows.ts'
import { authorsNameIn, nameIn, type Pieces, type PutBytes } from './pieces.ts'
import { bytesOf, digitsOf, entryOf } from './rows.ts'
import { ENTRY, type DocumentRow, type EntryRow } from './statements.ts'

export interface MendingOptions {
  readonly database: Database
  readonly rows: KnownRows
  readonly pieces: Pieces
  readonly read: <T>(look: () => T) => Promise<T>
  readonly write: <T>(change: () => { readonly result: T; readonly touched: number }) => Promise<T>
  readonly withPieces: <T>(
    large: readonly (Uint8Array | string)[],
    how: 'read' | undefined,
    change: (put: PutBytes) => Promise<T>,
  ) => Promise<T>
  readonly documentRow: (space: string, document: string) => DocumentRow | undefined
  readonly rememberQuarantine: (space: number, name: string, code: string | null) => void
}

type Standing = Pick<StandingEntry['entry'], 'type' | 'seq' | 'at' | 'bytes'>

interface LogRow {
  readonly device: number
  readonly n: number
  readonly digest: Uint8Array
}

const OF_DOCUMENT = `${ENTRY} WHERE entry.space = +? AND entry.document = +? ORDER BY entry.seq`
/** What else there is by the number of a document. */
const BESIDE = ['folded', 'past', 'kept', 'version_name']
/** Purged, and what says so is damaged: all of it is known, but when. */
const TOMBLESS = `
  SELECT document.* FROM document
  LEFT JOIN entry ON entry.space = document.space AND entry.seq = document.seq AND entry.document = document.id
  WHERE gone = 1 AND entry.seq IS NULL`
export const BEGIN_LIVES = 'UPDATE space SET epoch = lower(hex(randomblob(16)))'
/** Of one space, inside of the transaction that changes its log. */
export const BEGIN_LIFE = `${BEGIN_LIVES} WHERE id = ?`
const LOGGED = 'SELECT device, n, digest FROM log WHERE space = ? AND seq = ?'

export function mending(options: MendingOptions) {
  const { database, rows, pieces, read, write, withPieces, documentRow, rememberQuarantine } = options

  const logged = (space: number, seq: number): LogRow | undefined =>
    database.prepare(LOGGED).get(space, seq) as LogRow | undefined

  /** Of a row that fits its checksum, what it stands for; undefined when a piece of it does not. */
  async function standingOf(row: EntryRow): Promise<StandingEntry | undefined> {
    const entry = entryOf(row)
    const log = await read(() => logged(row.space_id, row.seq))
    if (entry === undefined || log === undefined) return undefined
    const [name, authorsName] = [nameIn(row), authorsNameIn(row.authors)]
    const bytes = name === undefined ? entry.bytes : await pieces.load(name)
    const text = authorsName === undefined ? row.authors : await pieces.load(authorsName)
    if (typeof bytes === 'string' || text === 'gone' || text === 'damaged') return undefined
    const authors = authorsOfText(typeof text === 'string' ? text : Buffer.from(text).toString())
    return { entry: { ...entry, bytes }, digest: bytesOf(log.digest), authors, before: row.prev }
  }

  async function standing(space: string, document: string): Promise<StandingEntry[]> {
    const found = await read(() => {
      const row = documentRow(space, document)
      return row === undefined ? [] : (database.prepare(OF_DOCUMENT).all(row.space, row.id) as EntryRow[])
    })
    const all: StandingEntry[] = []
    for (const row of found) {
      const one = await standingOf(row)
      if (one !== undefined) all.push(one)
    }
    return all
  }

  /** Writes the chain of a document anew. */
  async function relink(row: DocumentRow, chain: readonly StandingEntry[], quarantined: string | null): Promise<void> {
    const texts = chain.map(({ authors }) => textOfAuthors(authors))
    const large = [...chain.map(({ entry }) => entry.bytes), ...texts]
    await withPieces(large, 'read', put =>
      write(() => {
        rows.forgetAll()
        for (const old of database.prepare(OF_DOCUMENT).all(row.space, row.id) as EntryRow[])
          if (entryOf(old) !== undefined) pieces.leave(old)
        // Also what claims to be in another space.
        database.prepare('DELETE FROM entry WHERE document = ?').run(row.id)
        for (const [i, { entry, before }] of chain.entries())
          insert(row, entry, i === 0 ? 0 : (chain[i - 1]?.entry.seq ?? before), texts[i] ?? '[]', put)
        rememberQuarantine(row.space, row.name, quarantined)
        if (quarantined !== null) database.prepare(BEGIN_LIFE).run(row.space)
        const last = chain.at(-1)?.entry.seq ?? 0
        const bytes = chain.reduce((sum, { entry }) => sum + entry.bytes.length, 0)
        database
          .prepare('UPDATE document SET seq = ?, entries = ?, digits = ?, bytes = ?, quarantined = ? WHERE id = ?')
          .run(last, chain.length, digitsOf(chain.length), bytes, quarantined, row.id)
        return { result: undefined, touched: large.length * 2 }
      }),
    )
  }

  function insert(row: DocumentRow, entry: Standing, prev: number, text: string, put: PutBytes): void {
    const { seq, at } = entry
    const log = logged(row.space, seq)
    if (log === undefined) return
    const held = pieces.hold(numberOfEntryType(entry.type), entry.bytes, put)
    const authors = pieces.holdAuthors(text, put)
    const names = { space_id: row.space, document_id: row.id, device_id: log.device, n: log.n }
    const checksum = checksumOf({ ...names, ...held, seq, prev, at, authors })
    // What stands there says of itself that it is another document's, and is damaged.
    database.prepare('DELETE FROM entry WHERE space = ? AND seq = ?').run(row.space, seq)
    database
      .prepare(
        `INSERT INTO entry (space, seq, type, document, prev, device, n, at, checksum, authors, bytes)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(row.space, seq, held.type, row.id, prev, log.device, log.n, at, checksum, authors, held.bytes)
    // It stands again, and will be folded again.
    database.prepare('DELETE FROM folded WHERE document = ? AND seq = ?').run(row.id, seq)
  }

  return {
    standing,
    async mend(space: string, document: string, copy: readonly StandingEntry[]): Promise<'whole' | 'lacking'> {
      const row = await read(() => documentRow(space, document))
      if (row === undefined || row.gone === 1) return 'lacking'
      const known: StandingEntry[] = []
      for (const one of copy) {
        const log = await read(() => logged(row.space, one.entry.seq))
        if (log !== undefined && sameBytes(bytesOf(log.digest), one.digest)) known.push(one)
      }
      const chain = chainOf(await standing(space, document), known, row.seq)
      if (chain === undefined) return 'lacking'
      await relink(row, chain, null)
      return 'whole'
    },
    async leaveOut(space: string, document: string): Promise<number> {
      const row = await read(() => documentRow(space, document))
      if (row === undefined) return 0
      const left = await standing(space, document)
      if (left.length > 0) {
        await relink(row, left, 'GAP')
        return left.length
      }
      await write(() => {
        rows.forgetAll()
        for (const table of ['entry', ...BESIDE])
          database.prepare(`DELETE FROM ${table} WHERE document = ?`).run(row.id)
        database.prepare('DELETE FROM document WHERE id = ?').run(row.id)
        database.prepare(BEGIN_LIFE).run(row.space)
        return { result: undefined, touched: 5 }
      })
      return 0
    },
    sweep: () =>
      write(() => {
        rows.forgetAll()
        const spaces = new Set<string>()
        const lost: EntryRow[] = []
        for (const found of database.prepare(ENTRY).iterate()) {
          const row = found as EntryRow
          if (entryOf(row) === undefined) lost.push(row)
        }
        const named = database.prepare('SELECT name FROM space WHERE id = ?').pluck()
        for (const { space_id, seq } of lost) {
          database.prepare('DELETE FROM entry WHERE space = ? AND seq = ?').run(space_id, seq)
          const space = named.get(space_id) as string | undefined
          if (space === undefined || spaces.has(space)) continue
          spaces.add(space)
          database.prepare(BEGIN_LIFE).run(space_id)
        }
        // A number is given again once nothing has it: nobody inherits what was another's.
        for (const table of BESIDE)
          database.prepare(`DELETE FROM ${table} WHERE document NOT IN (SELECT id FROM document)`).run()
        for (const row of database.prepare(TOMBLESS).all() as DocumentRow[]) {
          insert(row, { type: 'tombstone', seq: row.seq, at: 0, bytes: new Uint8Array(0) }, 0, '[]', new Map())
        }
        return { result: [...spaces], touched: lost.length }
      }),
  }
}
