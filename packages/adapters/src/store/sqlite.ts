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
import { statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import {
  checkStorable,
  hex,
  JoineryError,
  NO_MARK,
  numberOfEntryType,
  type CommittedSpace,
  type Fold,
  type Forgetting,
  type Member,
  type Role,
  type SpaceCommit,
  type SpaceLine,
  type Store,
  type VersionName,
  type StoreUpkeep,
  type Voided,
  type Voiding,
} from '@joinery/core'
import { textOfAuthorsInTurns } from './rows/authors-text.ts'
import { checksumOf } from './rows/checksum.ts'
import { appendAll } from './sqlite/append.ts'
import { knownRows } from './sqlite/known-rows.ts'
import { openDatabase } from './sqlite/opening.ts'
import { pastOf } from './sqlite/past.ts'
import {
  createPieces,
  lengthOf,
  nameIn,
  PIECE_BYTES,
  PROBE_PAGES,
  plainType,
  type PieceName,
  type PutBytes,
} from './sqlite/pieces.ts'
import { failureOf } from './sqlite/refusals.ts'
import { storeUpkeep } from './sqlite/upkeep.ts'
import { wholeReading } from './sqlite/whole-reading.ts'
import { turn } from './sqlite/turn.ts'
import { bytesOf, digitsOf, entryOf, headOf, markOf } from './sqlite/rows.ts'
import {
  prepare,
  type AgedRow,
  type DeviceRow,
  type DocumentRow,
  type EntryRow,
  type SizeRow,
  type SpaceRow,
} from './sqlite/statements.ts'
import { FOLDABLE_INDEXED_FROM } from './sqlite/migrations.ts'

/** After about so many pages in the WAL they are moved into the database, which costs a few milliseconds. */
const CHECKPOINT_PAGES = 2_000

/** A batch of edits, in the log and in the database. */
const ROOM_BYTES = 4_194_304

export interface SqliteStoreOptions {
  /** Where the database is, or is to be made, with its folder. On a local disk. */
  readonly file: string
  /** The most that the database may grow to; then commits reject with QUOTA. No limit but the disk's if absent. */
  readonly maxBytes?: number
  /** How long to wait for another process to let go of the database, in ms. 5,000 if absent. */
  readonly lockTimeout?: number
  /** Makes the name of a space's log's life. Random if absent. */
  readonly epoch?: () => string
  /** When it is, in ms since 1970: by it a store can be put back to a moment. The machine's wall clock if absent. */
  readonly now?: () => number
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
export function sqliteStore(options: SqliteStoreOptions): Store & StoreUpkeep {
  const database = openDatabase(options)
  const statements = prepare(database)
  const freshEpoch = options.epoch ?? (() => hex(randomBytes(16)))
  const now = (): number => Math.round((options.now ?? Date.now)())
  let closed = false
  let broken: JoineryError | undefined
  let pages = 0
  const rows = knownRows(statements)
  let checkpointing: NodeJS.Immediate | undefined
  const pieces = createPieces({ statements, read, write })
  const whole = wholeReading({ statements, pieces, read, spaceRow, documentRow })
  const past = pastOf({ statements, pieces, read, documentRow, chain: whole.chain })

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

  async function write<T>(change: () => Change<T>): Promise<T> {
    refuseUnlessSound()
    try {
      statements.begin.run()
      const { result, touched, keep } = change()
      statements.commit.run()
      // At once: whatever is written next begins with it.
      keep?.()
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

  /** Inside of the transaction that changes it. */
  function rememberQuarantine(space: number | null, name: string, code: string | null): void {
    statements.rememberQuarantine.run({ until: now(), space, name, code })
  }

  function chainOf(row: DocumentRow, last: number): { space: number; document: number; last: number } {
    return { space: row.space, document: row.id, last }
  }

  /** Puts what is large in pieces before the transaction that writes it, and looks after them behind it. */
  async function withPieces<T>(
    large: readonly (Uint8Array | string)[],
    how: 'read' | undefined,
    change: (put: PutBytes) => Promise<T>,
  ): Promise<T> {
    const put: PutBytes = new Map()
    const names: PieceName[] = []
    try {
      for (const one of large) {
        const name = await pieces.put(typeof one === 'string' ? Buffer.from(one) : one, how)
        if (name === undefined) continue
        put.set(one, name)
        names.push(name)
      }
      return await change(put)
    } finally {
      pieces.done(names)
    }
  }

  /** The authors of these entries, as the snapshot in their place will name them. */
  async function foldedAuthors({ space, document, upTo }: Fold): Promise<string> {
    const rows = await read(() => {
      const row = documentRow(space, document)
      return row === undefined ? [] : (statements.chainAuthors.all(chainOf(row, upTo)) as { authors: string }[])
    })
    const authors = await whole.authorsIn(rows.map(one => one.authors))
    // Under our feet, or damaged: whoever folds reads everything anew.
    if (typeof authors === 'string') throw new JoineryError('UNAVAILABLE', { document, reason: authors })
    return textOfAuthorsInTurns(authors.values(), turn)
  }

  /** The authors of all that is kept up to the end of what is forgotten, as the snapshot in its place will name them. */
  async function forgottenAuthors({ space, document, upTo, instead }: Forgetting): Promise<string> {
    if (instead === undefined) return '[]'
    const rows = await read(() => {
      const row = documentRow(space, document)
      return row === undefined ? [] : (statements.pastAuthors.all(row.id, upTo) as { authors: string }[])
    })
    const authors = await whole.authorsIn(rows.map(one => one.authors))
    if (typeof authors === 'string') throw new JoineryError('UNAVAILABLE', { document, reason: authors })
    return textOfAuthorsInTurns(authors.values(), turn)
  }

  function fold(
    { space, document, upTo, snapshot, entries, head, keptAt }: Fold,
    text: string,
    put: PutBytes,
  ): boolean {
    const row = documentRow(space, document)
    const last = row && (statements.entryAt.get(row.space, upTo) as EntryRow | undefined)
    if (row === undefined || row.gone === 1 || last?.document_id !== row.id) return false
    rows.forgetDocument(row.space, document)
    const folded = statements.chainSizes.all(chainOf(row, upTo)) as SizeRow[]
    if (folded.length !== entries) return false
    const isVoided = head !== undefined && statements.voidedAfter.get({ ...chainOf(row, row.seq), head }) !== undefined
    if (isVoided) return false
    const lastKept = keptAt === undefined ? Infinity : past.keep(row, upTo, keptAt)
    // What was kept has its pieces still.
    for (const one of folded) if (one.seq <= lastKept) pieces.leave(one)
    statements.rememberDigests.run(chainOf(row, last.prev))
    statements.dropChain.run(chainOf(row, last.prev))
    const held = pieces.hold(numberOfEntryType('snapshot'), snapshot, put)
    const authors = pieces.holdAuthors(text, put)
    const checksum = checksumOf({ ...last, ...held, prev: 0, authors })
    statements.putSnapshot.run(held.type, checksum, authors, held.bytes, row.space, upTo)
    const bytes = row.bytes - folded.reduce((sum, one) => sum + (nameIn(one)?.length ?? one.length), 0)
    const left = row.entries - entries + 1
    statements.moveDocument.run(row.seq, left, bytes + snapshot.length, 0, row.id)
    statements.moveDigits.run(digitsOf(left), row.id)
    // Only what was read back replaces anything (S3).
    const stored = statements.entryAt.get(row.space, upTo) as EntryRow
    if (entryOf(stored) === undefined || !pieces.isSound(stored))
      throw new JoineryError('UNAVAILABLE', { document, reason: 'the snapshot did not read back' })
    return true
  }

  const append = (put: PutBytes, spaces: readonly SpaceCommit[]): ReturnType<typeof appendAll> =>
    appendAll(statements, rows, pieces, put, spaces, now(), madeSpaceRow)

  function voidOne({ space, seq, instead, entry }: Voiding, put: PutBytes): Voided | undefined {
    const row = documentRow(space, entry.document)
    const old = row && (statements.entryAt.get(row.space, seq) as EntryRow | undefined)
    if (row === undefined || row.gone === 1 || old?.document_id !== row.id) return undefined
    if (plainType(old.type) !== numberOfEntryType('update')) return undefined
    const bytes = instead ?? new Uint8Array(0)
    // All of them move, and are read anew.
    rows.forgetSpace(space)
    rows.forgetDocument(row.space, entry.document)
    rows.forgetDevice(row.space, entry.device)
    // What becomes of its authors does not change.
    pieces.leave({ ...old, authors: '' })
    const held = pieces.hold(numberOfEntryType(instead === undefined ? 'void' : 'snapshot'), bytes, put)
    statements.putInstead.run(held.type, checksumOf({ ...old, ...held }), held.bytes, row.space, seq)
    statements.moveDocument.run(row.seq, row.entries, row.bytes - lengthOf(old) + bytes.length, 0, row.id)
    const { committed } = append(put, [{ space, entries: [{ ...entry, basedOn: row.seq }] }])
    const written = statements.entryAt.get(row.space, committed[0]?.head.seq ?? 0) as EntryRow | undefined
    const appended = written && entryOf(written)
    // Its name was another's: nothing of this is written.
    if (committed[0] === undefined || appended?.type !== 'void') throw new JoineryError('UNAVAILABLE', { seq })
    return { head: committed[0].head, entry: { ...appended, bytes: entry.bytes }, before: row.seq }
  }

  return {
    ...storeUpkeep({ database, rows, pieces, read, write, withPieces, documentRow, rememberQuarantine }),
    head: space =>
      read(() => {
        const row = spaceRow(space)
        return row && { epoch: row.epoch, seq: row.seq, mark: markOf(row.mark) }
      }),
    async commit(spaces) {
      const commit = (put: PutBytes): Promise<CommittedSpace[]> =>
        write(() => {
          const { committed, pages, keep } = append(put, spaces)
          return { result: committed, touched: pages, keep }
        })
      const large = largeOf(spaces)
      return large.length === 0 ? commit(new Map()) : withPieces(large, undefined, commit)
    },
    read: whole.page,
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
    authors: whole.authors,
    body: whole.body,
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
    async fold(folding) {
      const authors = await foldedAuthors(folding)
      return withPieces([folding.snapshot, authors], 'read', put =>
        write(() => ({ result: fold(folding, authors, put), touched: 264 + authors.length / 4096 })),
      )
    },
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
    void: voiding =>
      withPieces([voiding.entry.bytes, ...(voiding.instead === undefined ? [] : [voiding.instead])], undefined, put =>
        write(() => ({ result: voidOne(voiding, put), touched: 520 })),
      ),
    foldable: (entries, limit) =>
      read(() => {
        const digits = digitsOf(entries)
        const found =
          digits >= FOLDABLE_INDEXED_FROM
            ? statements.foldableIndexed.all(entries, digits, limit)
            : statements.foldable.all(entries, limit)
        return found as { space: string; document: string; engine: string; entries: number }[]
      }),
    lineage: past.lineage,
    past: past.page,
    aged: (before, after, limit) => read(() => statements.aged.all(before, after, limit) as AgedRow[]),
    async forget(forgetting) {
      const authors = await forgottenAuthors(forgetting)
      return withPieces(forgetting.instead === undefined ? [] : [forgetting.instead, authors], 'read', put =>
        write(() => ({ result: past.forget(forgetting, authors, put), touched: 4 + forgetting.entries / 8 })),
      )
    },
    async nameVersion(space, document, version) {
      checkStorable('name', version.name)
      return write(() => ({ result: past.name(space, document, version), touched: 2 }))
    },
    versionNames: (space, document) =>
      read(() => {
        const row = documentRow(space, document)
        return row === undefined ? [] : (statements.versionNames.all(row.id) as VersionName[])
      }),
    quarantine: (space, document, code) =>
      write(() => {
        const id = spaceRow(space)?.id ?? null
        rememberQuarantine(id, document, code ?? null)
        statements.quarantine.run(code ?? null, id, document)
        return { result: undefined, touched: 1 }
      }),
    async admit(space, subject, role) {
      checkStorable('subject', subject)
      return write(() => {
        const { id } = madeSpaceRow(space)
        const { changes } = statements.admit.run(id, subject, role)
        if (changes > 0) statements.rememberAdmission.run(now(), id, subject)
        return { result: undefined, touched: 2 }
      })
    },
    roleOf: (space, subject) => read(() => (statements.role.get(space, subject) as { role: Role } | undefined)?.role),
    setRole: (space, subject, role) =>
      write(() => {
        const id = spaceRow(space)?.id ?? null
        statements.rememberRole.run({ until: now(), space: id, subject, role: role ?? null })
        const { changes } =
          role === undefined ? statements.dropMember.run(id, subject) : statements.setRole.run(role, id, subject)
        return { result: changes > 0, touched: 1 }
      }),
    members: space => read(() => statements.members.all(spaceRow(space)?.id ?? null) as Member[]),
    spaces: (after, limit) => read(() => statements.spaces.all(after, limit) as SpaceLine[]),
    async probe() {
      // A log that begins again from its start has room for a short edit on a disk where nothing else has any.
      const { bavail, bsize } = await read(() => statfsSync(dirname(options.file)))
      if (bavail * bsize < ROOM_BYTES) throw new JoineryError('QUOTA')
      await write(() => ({ result: pieces.probe(), touched: PROBE_PAGES }))
    },
    async close() {
      if (closed) return
      closed = true
      clearImmediate(checkpointing)
      database.close()
    },
  }
}

/** What one transaction does. */
interface Change<T> {
  readonly result: T
  /** About how many pages it wrote. */
  readonly touched: number
  /** Called once it is committed. */
  readonly keep?: () => void
}

const NONE: readonly Uint8Array[] = []

function largeOf(spaces: readonly SpaceCommit[]): readonly Uint8Array[] {
  let large: Uint8Array[] | undefined
  for (const { entries } of spaces) {
    for (const { bytes } of entries) if (bytes.length > PIECE_BYTES) (large ??= []).push(bytes)
  }
  return large ?? NONE
}

export { copySqlite } from './sqlite/copy.ts'
export { putBackSqlite } from './sqlite/putting-back.ts'
export { inspectSqlite, sqliteVersion } from './sqlite/inspection.ts'
export type { InspectSqliteOptions } from './sqlite/inspection.ts'
