/**
 * The relay's log on Postgres, for as many nodes as one likes. Laws: those of the port; and
 * - R1: a commit locks the heads of its spaces for as long as it takes, so nodes take turns within a space, and in no other.
 * - Nothing that another node may change is remembered here, but for the numbers of spaces, which never change: or it is another database.
 * - S1: what COMMIT answered is on the disk of a Postgres that waits for it; a role or a server that cannot promise that is refused.
 * - What is on its disk is Postgres' to know: nothing that it answers is fatal here, but that it is another one (MN-09).
 */
import {
  checkStorable,
  type HeadAndAuthors,
  hex,
  JoineryError,
  NO_MARK,
  type Member,
  type Role,
  type SpaceLine,
  type Store,
  type StoreSizes,
  type StoreUpkeep,
  type VersionName,
} from '@joinery/core'
import { randomBytes } from 'node:crypto'
import { commitAloneTo, commitTo } from './postgres/committing.ts'
import { applicationOf } from './postgres/application.ts'
import { createConnections, type Connections, type Statement, type Value } from './postgres/connections.ts'
import { gathered } from './postgres/gathered.ts'
import { FOLDABLE_INDEXED_FROM } from './postgres/migrations.ts'
import { prepareDatabase } from './postgres/opening.ts'
import { createNumbers } from './postgres/numbers.ts'
import { createOrigin } from './postgres/origin.ts'
import { forgetIn, lineageOf, nameIn, pastPage } from './postgres/past.ts'
import { authorsIn, readChain, readHeadAndRows, readPage } from './postgres/reading.ts'
import { foldIn, voidIn } from './postgres/replacing.ts'
import { headOf } from './postgres/rows.ts'
import { STATEMENTS, type DeviceRow, type DocumentRow, type SpaceRow } from './postgres/statements.ts'
import { postgresUpkeep } from './postgres/upkeep.ts'

export interface PostgresStoreOptions {
  /** `postgres://role:password@host:port/database`. The role owns the schema `joinery`, or may make it, and cannot bypass row-level security. */
  readonly url: string
  /** The most connections that commits use at a time: as many spaces are written to at once. 4 if absent. */
  readonly lanes?: number
  /** The most that all else uses. 8 if absent. */
  readonly readers?: number
  /** Makes the name of a space's log's life. Random if absent. */
  readonly epoch?: () => string
  /** Told once, when another Postgres is found in the place of the first: from then on everything is refused, and the process should end. */
  readonly onFatal?: (error: unknown) => void
  /** Opened by who serves nobody: it is in nobody's way, and makes no schema, but rejects with `empty` or `outdated`. */
  readonly isCommand?: boolean
}

const EPOCH_BYTES = 16
const NOTHING_STORED: HeadAndAuthors = { head: undefined, authors: [] }
/** As much as a batch of edits. */
const PROBE = new Uint8Array(32_768)

/**
 * Connects to a Postgres, and makes or migrates what a relay keeps there.
 *
 * Rejects with UNAVAILABLE and the details `reason` and `sentence` when it must not start: `unreachable`, `version`, `synchronous` (a commit
 * would not wait for the disk), `bypass` (the role reads over row-level security), `pooled` (by a pooler in transaction mode), `newer`.
 *
 * @example
 * ```ts no-run
 * import { postgresStore } from '@joinery/adapters/store/postgres'
 *
 * const store = await postgresStore({ url: 'postgres://relay:secret@127.0.0.1/joinery' })
 * await store.admit('garden', 'ann', 'owner')
 * await store.close()
 * ```
 */
export async function postgresStore(options: PostgresStoreOptions): Promise<Store & StoreUpkeep> {
  const { url, lanes = 4, readers = 8 } = options
  const application = applicationOf(options.isCommand)
  const version = await prepareDatabase(url, options.isCommand === true)
  const origin = createOrigin(options.onFatal ?? (() => undefined))
  const commits = createConnections({ url, connections: lanes, application, origin })
  const reads = createConnections({ url, connections: readers, application, origin })
  const freshEpoch = options.epoch ?? (() => hex(randomBytes(EPOCH_BYTES)))
  /** By which its probes are told from those of other nodes. */
  const node = hex(randomBytes(EPOCH_BYTES))
  const numbers = createNumbers(origin)
  const running = new Set<Promise<unknown>>()
  let closing: Promise<void> | undefined

  async function run<T>(work: () => Promise<T>): Promise<T> {
    if (closing !== undefined) throw new JoineryError('CLOSED')
    origin.refuse()
    const doing = work()
    running.add(doing)
    try {
      return await doing
    } finally {
      running.delete(doing)
    }
  }

  async function idOf(space: string): Promise<number | undefined> {
    const known = numbers.of(space)
    if (known !== undefined) return known
    const rows = await reads.look<SpaceRow>({ ids: [], names: [space] }, STATEMENTS.spaceByName, [space])
    numbers.remember(rows)
    return rows[0]?.id
  }

  /**
   * What must not be answered by another database, since who is nobody there would be sent away with all he has: the same round trip tells
   * whether this is the one where the space, or any, has the number that is known.
   */
  async function lookCompared<Row>(
    connections: Connections,
    space: string | undefined,
    statement: Statement,
    values: readonly Value[],
  ): Promise<readonly Row[]> {
    const { about, compareIn } = numbers.comparison(space)
    return connections.transact(about, 'write', async transaction => {
      const comparing = compareIn(transaction)
      const asking = transaction.ask<Row>(statement, values)
      transaction.commit()
      const [, rows] = await Promise.all([comparing, asking])
      return rows
    })
  }

  /** What `look` gives of a space, or `none` when it is not there. */
  async function within<T, N>(space: string, none: N, look: (id: number) => Promise<T>): Promise<T | N> {
    return run(async () => {
      const id = await idOf(space)
      return id === undefined ? none : look(id)
    })
  }

  async function documentRow(id: number, document: string): Promise<DocumentRow | undefined> {
    const [row] = await reads.look<DocumentRow>({ ids: [id] }, STATEMENTS.document, [id, document])
    return row
  }

  async function deviceRow(id: number, device: string): Promise<DeviceRow | undefined> {
    const [row] = await reads.look<DeviceRow>({ ids: [id] }, STATEMENTS.devicesNamed, [[id], [device]])
    return row
  }

  /** Who comes back pushes what may have been committed again, and it may be much. */
  const named = gathered(async (id: number, names: readonly { device: string; n: number }[]) => {
    const columns = [names.map(({ device }) => device), names.map(({ n }) => n)]
    const rows = await reads.look<{ at: number; seq: number; digest: Uint8Array }>(
      { ids: [id] },
      STATEMENTS.namedByDevice,
      [id, ...columns],
    )
    const found = new Map(rows.map(({ at, seq, digest }) => [at, { seq, digest }]))
    return names.map((_, at) => found.get(at + 1))
  })

  async function close(): Promise<void> {
    await Promise.allSettled(running)
    await Promise.all([commits.close(), reads.close()])
  }

  return {
    ...postgresUpkeep({ url, application, origin, version, run }),
    head: space =>
      within(space, undefined, async id => {
        const [row] = await lookCompared<SpaceRow>(reads, space, STATEMENTS.space, [id])
        return row && { epoch: row.epoch, seq: row.seq, mark: row.mark }
      }),
    commit: spaces => run(() => commitTo(commits, spaces, numbers, freshEpoch)),
    commitAlone: (spaces, decide) => run(() => commitAloneTo(commits, spaces, numbers, decide)),
    read: (space, after, maxBytes) =>
      run(async () => {
        const id = await idOf(space)
        if (id === undefined) throw new JoineryError('NOT_FOUND', { space })
        try {
          return await readPage(reads, { id, name: space }, after, maxBytes)
        } catch (error) {
          if (error instanceof JoineryError && error.code === 'NOT_FOUND') {
            await lookCompared(reads, space, STATEMENTS.space, [id])
          }
          throw error
        }
      }),
    markAt: (space, seq) =>
      within(space, undefined, async id => {
        if (seq === 0) return NO_MARK
        const [row] = await reads.look<{ mark: Uint8Array }>({ ids: [id] }, STATEMENTS.markAt, [id, seq])
        return row?.mark
      }),
    document: (space, document) =>
      within(space, undefined, async id => {
        const row = await documentRow(id, document)
        return row && headOf(row)
      }),
    authors: (space, document, after) =>
      within(space, [], async id => {
        const links = await reads.transact({ ids: [id] }, 'snapshot', transaction =>
          readChain(transaction, id, document, { after }),
        )
        return [...(await authorsIn(links)).values()]
      }),
    headAndAuthors: (space, document) =>
      within(space, NOTHING_STORED, async id => {
        const found = await readHeadAndRows(reads, id, document)
        if (found === undefined) return NOTHING_STORED
        return { head: headOf(found.head), authors: [...(await authorsIn(found.links)).values()] }
      }),
    body: (space, document) =>
      within(space, [], async id => {
        const links = await reads.transact({ ids: [id] }, 'snapshot', transaction =>
          readChain(transaction, id, document),
        )
        return links.map(({ entry }) => entry)
      }),
    documents: (space, before, limit) =>
      within(space, [], async id => {
        const upTo = Math.min(before, Number.MAX_SAFE_INTEGER)
        const rows = await reads.look<DocumentRow>({ ids: [id] }, STATEMENTS.documentsBefore, [id, upTo, limit])
        return rows.map(headOf)
      }),
    named: (space, device, n) => within(space, undefined, id => named(id, { device, n })),
    lastOf: (space, device) => within(space, 0, async id => (await deviceRow(id, device))?.last ?? 0),
    subjectOf: (space, device) => within(space, undefined, async id => (await deviceRow(id, device))?.subject),
    holds: (space, document, digest) =>
      within(space, undefined, async id => {
        const row = await documentRow(id, document)
        if (row === undefined) return undefined
        const [found] = await reads.look<{ seq: number | null }>({ ids: [id] }, STATEMENTS.holds, [id, row.id, digest])
        return found?.seq ?? undefined
      }),
    fold: folding => within(folding.space, false, id => foldIn(reads, id, folding)),
    foldable: (entries, limit) =>
      run(async () => {
        const isIndexed = 32 - Math.clz32(entries) >= FOLDABLE_INDEXED_FROM
        const statement = isIndexed ? STATEMENTS.foldableIndexed : STATEMENTS.foldable
        const found = await reads.look<{ space: string; document: string; engine: string; entries: number }>('everywhere', statement, [entries, limit]) // prettier-ignore
        return [...found]
      }),
    everyDocument: (after, limit) =>
      run(async () => {
        const found = await reads.look<{ at: number; space: string; document: string; engine: string }>('everywhere', STATEMENTS.everyDocument, [after, limit]) // prettier-ignore
        return [...found]
      }),
    void: voiding => within(voiding.space, undefined, id => voidIn(commits, id, voiding)),
    lineage: (space, document) => within(space, [], id => lineageOf(reads, id, document)),
    past: (space, document, after, maxBytes) => within(space, [], id => pastPage(reads, id, document, after, maxBytes)),
    aged: (before, after, limit) =>
      run(async () => {
        const found = await reads.look<{ at: number; space: string; document: string; engine: string; upTo: number }>('everywhere', STATEMENTS.aged, [Math.ceil(before), after, limit]) // prettier-ignore
        return [...found]
      }),
    forget: forgetting => within(forgetting.space, false, id => forgetIn(reads, id, forgetting)),
    nameVersion: (space, document, version) =>
      within(space, false, async id => {
        checkStorable('name', version.name)
        return nameIn(reads, id, document, version)
      }),
    versionNames: (space, document) =>
      within(space, [], async id => [
        ...(await reads.look<VersionName>({ ids: [id] }, STATEMENTS.versionNames, [id, document])),
      ]),
    quarantine: (space, document, code) =>
      within(space, undefined, async id => {
        await reads.look({ ids: [id] }, STATEMENTS.quarantine, [id, document, code ?? null])
      }),
    admit: (space, subject, role) =>
      run(async () => {
        checkStorable('subject', subject)
        if ((await idOf(space)) === undefined) await commitTo(commits, [{ space, entries: [] }], numbers, freshEpoch)
        const id = await idOf(space)
        if (id === undefined) return
        const { about, compareIn } = numbers.comparison(space)
        await reads.transact(about, 'write', async transaction => {
          await compareIn(transaction)
          await transaction.ask(STATEMENTS.admit, [id, subject, role])
        })
      }),
    roleOf: (space, subject) =>
      within(space, undefined, async id => {
        const [row] = await lookCompared<{ role: Role }>(reads, space, STATEMENTS.role, [id, subject])
        return row?.role
      }),
    setRole: (space, subject, role) =>
      within(space, false, async id => {
        const changed =
          role === undefined
            ? await reads.look({ ids: [id] }, STATEMENTS.dropMember, [id, subject])
            : await reads.look({ ids: [id] }, STATEMENTS.setRole, [id, subject, role])
        return changed.length > 0
      }),
    members: space =>
      within(space, [], async id => [...(await reads.look<Member>({ ids: [id] }, STATEMENTS.members, [id]))]),
    spaces: (after, limit) =>
      run(async () => [...(await reads.look<SpaceLine>('everywhere', STATEMENTS.spaces, [after, limit]))]),
    probe: () =>
      run(async () => {
        await lookCompared(commits, undefined, STATEMENTS.probe, [node, PROBE])
      }),
    sizes: () =>
      run(async () => {
        const [row] = await reads.look<StoreSizes>({ ids: [] }, STATEMENTS.sizes, [])
        return row ?? { database: 0, history: 0 }
      }),
    time: () =>
      run(async () => {
        const [row] = await lookCompared<{ now: number }>(reads, undefined, STATEMENTS.time, [])
        if (row === undefined) throw new JoineryError('UNAVAILABLE')
        return row.now
      }),
    close: () => (closing ??= close()),
  }
}

export { refuseUnlessFree, restorePostgres, type RestorePostgresOptions } from './postgres/restoring.ts'
export { withoutNodes } from './postgres/standstill.ts'
