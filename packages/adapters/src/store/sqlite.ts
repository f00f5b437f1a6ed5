/**
 * The relay's log in one SQLite file. Laws: those of the port; and
 * - S1: WAL with synchronous=FULL, so a commit that returned is on the disk; what cannot promise that is refused when it opens (DU-07).
 * - S5: a write or checkpoint that fails in the disk ends it: everything is refused with `fatal`, and `onFatal` is told.
 *
 * It runs on the thread that calls it. A commit holds that thread for its computing, which grows with its entries, and for one fsync, which
 * does not: so group commit is what keeps it short. Where an fsync takes many milliseconds (network block storage, spinning disks), a
 * thread of its own would pay; on a local SSD handing work over and back would cost more than it saves.
 */
import { randomBytes } from 'node:crypto'
import {
  ENTRY_WEIGHT,
  hex,
  JoineryError,
  NO_MARK,
  type Entry,
  type Fold,
  type LogPage,
  type Role,
  type Store,
  type Voided,
  type Voiding,
} from '@joinery/core'
import { appendAll } from './sqlite/append.ts'
import { readChain, type ChainReading } from './sqlite/chain.ts'
import { justRead } from './sqlite/just-read.ts'
import { knownRows } from './sqlite/known-rows.ts'
import { openDatabase } from './sqlite/opening.ts'
import { failureOf } from './sqlite/refusals.ts'
import {
  authorsOf,
  bytesOf,
  checksumOf,
  digitsOf,
  entryOf,
  headOf,
  markOf,
  newestAuthors,
  numberOfType,
  textOfAuthors,
} from './sqlite/rows.ts'
import { prepare, type DeviceRow, type DocumentRow, type EntryRow, type SpaceRow } from './sqlite/statements.ts'
import { FOLDABLE_INDEXED_FROM } from './sqlite/migrations.ts'

/** After about so many pages in the WAL they are moved into the database, which costs a few milliseconds. */
const CHECKPOINT_PAGES = 2_000

export interface SqliteStoreOptions {
  /** Where the database is, or is to be made, with its folder. On a local disk. */
  readonly file: string
  /** The most that the database may grow to; then commits reject with QUOTA. No limit but the disk's if absent. */
  readonly maxBytes?: number
  /** How long to wait for another process to let go of the database, in ms. 5,000 if absent. */
  readonly lockTimeout?: number
  /** Makes the name of a space's log's life. Random if absent. */
  readonly epoch?: () => string
  /** Told once when the disk failed and nothing is certain any more: end the process (S5). */
  readonly onFatal?: (error: JoineryError) => void
}

/**
 * Opens or makes a store in one SQLite file.
 *
 * Throws UNAVAILABLE with the details `reason` and `sentence` when it must not start: SQLite too old or not durable (`version`,
 * `synchronous`, `network`), another process has it open (`locked`), or the file is something else (`foreign`, `newer`).
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { mkdtempSync } from 'node:fs'
 * import { tmpdir } from 'node:os'
 * import { join } from 'node:path'
 * import { sqliteStore } from '@joinery/adapters/store/sqlite'
 *
 * const file = join(mkdtempSync(join(tmpdir(), 'joinery-')), 'log.db')
 * const store = sqliteStore({ file })
 * await store.admit('garden', 'ann', 'owner')
 * assert.equal((await store.head('garden'))?.seq, 0)
 * assert.throws(() => sqliteStore({ file, lockTimeout: 0 }), { code: 'UNAVAILABLE' })
 * await store.close()
 * ```
 */
export function sqliteStore(options: SqliteStoreOptions): Store {
  const database = openDatabase(options)
  const statements = prepare(database)
  const freshEpoch = options.epoch ?? (() => hex(randomBytes(16)))
  let closed = false
  let broken: JoineryError | undefined
  let pages = 0
  const rows = knownRows(statements)
  const bodies = justRead()
  let checkpointing: NodeJS.Immediate | undefined

  function fail(error: unknown, of: 'read' | 'write'): JoineryError {
    const failure = failureOf(error, of)
    if (failure.details['fatal'] === true && broken === undefined) {
      broken = failure
      options.onFatal?.(failure)
    }
    return failure
  }

  function refuseUnlessSound(): void {
    if (closed) throw new JoineryError('CLOSED')
    if (broken !== undefined) throw broken
  }

  async function read<T>(look: () => T): Promise<T> {
    refuseUnlessSound()
    try {
      return look()
    } catch (error) {
      throw fail(error, 'read')
    }
  }

  /** One transaction. `touched` is about how many pages it wrote. */
  async function write<T>(change: () => { readonly result: T; readonly touched: number }): Promise<T> {
    refuseUnlessSound()
    bodies.wrote()
    try {
      statements.begin.run()
      const { result, touched } = change()
      statements.commit.run()
      pages += touched
      if (pages >= CHECKPOINT_PAGES) checkpointSoon()
      return result
    } catch (error) {
      rollBack()
      rows.forgetAll()
      const failure = fail(error, 'write')
      // Where the database still has room, the WAL can then begin again from its start.
      if (failure.code === 'QUOTA') checkpointSoon()
      throw failure
    }
  }

  function rollBack(): void {
    // Some failures have rolled back already, and what a broken disk says to it changes nothing.
    try {
      if (database.inTransaction) statements.rollback.run()
    } catch (error) {
      fail(error, 'write')
    }
  }

  function checkpointSoon(): void {
    checkpointing ??= setImmediate(checkpoint)
  }

  function checkpoint(): void {
    checkpointing = undefined
    if (closed || broken !== undefined) return
    pages = 0
    try {
      statements.checkpoint.get()
    } catch (error) {
      // A full disk is no harm: the WAL keeps what could not be moved, and the next checkpoint tries again.
      fail(error, 'write')
    }
  }

  function spaceRow(space: string): SpaceRow | undefined {
    const row = rows.space(space)
    if (row !== undefined && !database.inTransaction) rows.keepSpace(space, row)
    return row
  }

  function madeSpaceRow(space: string): SpaceRow {
    const known = spaceRow(space)
    if (known !== undefined) return known
    const epoch = freshEpoch()
    const { lastInsertRowid } = statements.makeSpace.run(space, epoch)
    return { id: Number(lastInsertRowid), epoch, seq: 0, mark: null }
  }

  function documentRow(space: string, document: string): DocumentRow | undefined {
    const row = spaceRow(space)
    return row && (statements.document.get(row.id, document) as DocumentRow | undefined)
  }

  function deviceRow(space: string, device: string): DeviceRow | undefined {
    const row = spaceRow(space)
    return row && rows.device(row.id, device)
  }

  function chainOf(row: DocumentRow, last: number): { space: number; document: number; last: number } {
    return { space: row.space, document: row.id, last }
  }

  function page(space: string, after: number, maxBytes: number): LogPage {
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
      weight += ENTRY_WEIGHT + stored.bytes.length
    }
    return { entries, seq: row.seq, mark: markOf(row.mark), epoch: row.epoch, end: true, damaged: [...damaged] }
  }

  function cutAfter(row: SpaceRow, entries: Entry[], damaged: string[]): LogPage {
    const seq = entries.at(-1)?.seq ?? 0
    const { mark } = statements.markAt.get(row.id, seq) as { mark: Uint8Array }
    return { entries, seq, mark: bytesOf(mark), epoch: row.epoch, end: false, damaged }
  }

  const chain = (space: string, document: string): ChainReading => ({
    statements,
    document: () => documentRow(space, document),
    read,
  })

  function fold({ space, document, upTo, snapshot, entries }: Fold): boolean {
    const row = documentRow(space, document)
    const last = row && (statements.entryAt.get(row.space, upTo) as EntryRow | undefined)
    if (row === undefined || row.gone === 1 || last?.document_id !== row.id) return false
    rows.forgetDocument(row.space, document)
    const folded = statements.chainAuthors.all(chainOf(row, upTo)) as { authors: string; bytes: number }[]
    if (folded.length !== entries) return false
    statements.rememberDigests.run(chainOf(row, last.prev))
    statements.dropChain.run(chainOf(row, last.prev))
    const authors = textOfAuthors(authorsOf(folded).values())
    const type = numberOfType('snapshot')
    const checksum = checksumOf({ ...last, type, prev: 0, authors, bytes: snapshot })
    statements.putSnapshot.run(type, checksum, authors, snapshot, row.space, upTo)
    const bytes = row.bytes - folded.reduce((sum, one) => sum + one.bytes, 0) + snapshot.length
    const left = row.entries - entries + 1
    statements.moveDocument.run(row.seq, left, bytes, 0, row.id)
    statements.moveDigits.run(digitsOf(left), row.id)
    // Only what was read back replaces anything (S3).
    if (entryOf(statements.entryAt.get(row.space, upTo) as EntryRow) === undefined)
      throw new JoineryError('UNAVAILABLE', { document, reason: 'the snapshot did not read back' })
    return true
  }

  function voidOne({ space, seq, instead, entry }: Voiding): Voided | undefined {
    const row = documentRow(space, entry.document)
    const old = row && (statements.entryAt.get(row.space, seq) as EntryRow | undefined)
    if (row === undefined || row.gone === 1 || old?.document_id !== row.id) return undefined
    if (old.type !== numberOfType('update')) return undefined
    const type = numberOfType(instead === undefined ? 'void' : 'snapshot')
    const bytes = instead ?? new Uint8Array(0)
    // Both move, and are read anew.
    rows.forgetSpace(space)
    rows.forgetDocument(row.space, entry.document)
    statements.putInstead.run(type, checksumOf({ ...old, type, bytes }), bytes, row.space, seq)
    statements.moveDocument.run(row.seq, row.entries, row.bytes - old.bytes.length + bytes.length, 0, row.id)
    const { committed } = appendAll(
      statements,
      rows,
      [{ space, entries: [{ ...entry, basedOn: row.seq }] }],
      madeSpaceRow,
    )
    const written = statements.entryAt.get(row.space, committed[0]?.head.seq ?? 0) as EntryRow | undefined
    const appended = written && entryOf(written)
    // Its name was another's: nothing of this is written.
    if (committed[0] === undefined || appended?.type !== 'void') throw new JoineryError('UNAVAILABLE', { seq })
    return { head: committed[0].head, entry: appended, before: row.seq }
  }

  return {
    head: space =>
      read(() => {
        const row = spaceRow(space)
        return row && { epoch: row.epoch, seq: row.seq, mark: markOf(row.mark) }
      }),
    async commit(spaces) {
      const { committed, keep } = await write(() => {
        const appended = appendAll(statements, rows, spaces, madeSpaceRow)
        return { result: appended, touched: appended.pages }
      })
      keep()
      return committed
    },
    read: (space, after, maxBytes) => read(() => page(space, after, maxBytes)),
    markAt: (space, seq) =>
      read(() => {
        const row = spaceRow(space)
        if (row === undefined || seq === 0) return row && NO_MARK
        const found = statements.markAt.get(row.id, seq) as { mark: Uint8Array } | undefined
        return found && bytesOf(found.mark)
      }),
    document: (space, document) =>
      read(() => {
        const row = documentRow(space, document)
        return row && headOf(row)
      }),
    async authors(space, document) {
      const found = newestAuthors()
      const since = bodies.now()
      const entries = await readChain(chain(space, document), (row, entry) => {
        found.look(row)
        return entry
      })
      bodies.keep(space, document, entries, since)
      return found.all()
    },
    async body(space, document) {
      const known = await read(() => bodies.take(space, document))
      return known ?? readChain(chain(space, document), (_, entry) => entry)
    },
    documents: (space, before, limit) =>
      read(() => {
        const row = spaceRow(space)
        if (row === undefined) return []
        const upTo = Math.min(before, Number.MAX_SAFE_INTEGER)
        return (statements.documentsBefore.all(row.id, upTo, limit) as DocumentRow[]).map(headOf)
      }),
    named: (space, device, n) =>
      read(() => {
        const row = deviceRow(space, device)
        const found = row && (statements.named.get(row.id, n) as { seq: number; digest: Uint8Array } | undefined)
        return found && { seq: found.seq, digest: bytesOf(found.digest) }
      }),
    lastOf: (space, device) => read(() => deviceRow(space, device)?.last ?? 0),
    subjectOf: (space, device) => read(() => deviceRow(space, device)?.subject),
    holds: (space, document, digest) =>
      read(() => {
        const row = documentRow(space, document)
        const found = row && (statements.holds.get({ ...chainOf(row, row.seq), digest }) as { seq: number | null })
        return found?.seq ?? undefined
      }),
    fold: folding => write(() => ({ result: fold(folding), touched: 8 + folding.snapshot.length / 4096 })),
    everyDocument: (after, limit) =>
      read(
        () =>
          statements.everyDocument.all(after, limit) as {
            at: number
            space: string
            document: string
            engine: string
          }[],
      ),
    void: voiding => write(() => ({ result: voidOne(voiding), touched: 8 + voiding.entry.bytes.length / 4096 })),
    foldable: (entries, limit) =>
      read(() => {
        const digits = digitsOf(entries)
        const found =
          digits >= FOLDABLE_INDEXED_FROM
            ? statements.foldableIndexed.all(entries, digits, limit)
            : statements.foldable.all(entries, limit)
        return found as { space: string; document: string; engine: string; entries: number }[]
      }),
    quarantine: (space, document, code) =>
      write(() => {
        statements.quarantine.run(code ?? null, spaceRow(space)?.id ?? null, document)
        return { result: undefined, touched: 1 }
      }),
    admit: (space, subject, role) =>
      write(() => {
        statements.admit.run(madeSpaceRow(space).id, subject, role)
        return { result: undefined, touched: 2 }
      }),
    roleOf: (space, subject) => read(() => (statements.role.get(space, subject) as { role: Role } | undefined)?.role),
    async close() {
      if (closed) return
      closed = true
      clearImmediate(checkpointing)
      database.close()
    },
  }
}

export { inspectSqlite, sqliteVersion } from './sqlite/inspection.ts'
export type { DocumentPlace, InspectSqliteOptions, RowPlace, SqliteInspection } from './sqlite/inspection.ts'
