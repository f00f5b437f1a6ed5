/**
 * A database that many nodes have open at a time, as a model: the Store port as a Postgres has it. Laws:
 * - Those of the port, for each node's store and for all of them together (R1): a transaction that writes into a space waits for those that
 *   have its head, and what it answers is what it was given inside.
 * - A call is one way there and one back for each of its steps, and each way takes its time and may fail. What fails before the commit
 *   was written by nobody; what fails behind it was written, and the node does not know.
 * - A commit that has begun ends, whatever becomes of the node. A transaction that has a space and says nothing is rolled back after a while.
 * - A copy follows some time behind; a failover goes on from there, and what it had not heard of is lost. What a node knows of the log may be
 *   of the one that is gone, so its store rejects everything from then on (S5), and says so once: such a node begins anew.
 */
import { JoineryError } from '../errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { SpaceCommit, Store } from '../ports/store.ts'
import { diskBroke } from './disk-broke.ts'
import { rememberedBySpace } from './epochs.ts'
import {
  admitTo,
  agedIn,
  authorsIn,
  bodyOf,
  commitTo,
  copyLog,
  damageIn,
  deviceIn,
  documentIn,
  documentsIn,
  emptyLog,
  everyDocumentIn,
  foldableIn,
  foldIn,
  forgetIn,
  headOf,
  lineageOf,
  markIn,
  membersIn,
  namedIn,
  nameVersionIn,
  pageOf,
  pastOf,
  quarantineIn,
  renewed,
  seqOfDigest,
  setRoleIn,
  spacesIn,
  versionNamesIn,
  voidIn,
  type EpochOf,
  type MemoryLog,
} from './memory-log.ts'
import { spaceLocks } from './space-locks.ts'

export type Way = 'there' | 'back'

export interface SharedDatabaseOptions {
  readonly clock?: Clock
  /** Waited for when a commit is being made durable. */
  readonly flush?: () => Promise<void>
  /** A transaction that has a space and does not go on is rolled back after so many ms; one second if absent. */
  readonly idleMs?: number
  /** What a commit throws here it rejects with, and nothing was written: a deadlock, a full disk. */
  readonly refuse?: () => void
  /** Asked for each commit: how many ms later the copy has it. Without it there is no copy. */
  readonly lagMs?: () => number
  /** Names the life of a space's log when it is made. */
  readonly epoch?: () => string
}

export interface SharedNodeOptions {
  /** Called on each way of each call, and waited for; what it throws breaks the call there. */
  readonly way?: (way: Way, method: keyof Store) => void | Promise<void>
  /** Called once, when the node finds another database in the place of the one it came to. */
  readonly onFatal?: (error: unknown) => void
}

export interface SharedNode {
  readonly store: Store
  /** The database hears that the node is gone: what it has open is rolled back. */
  gone(): void
}

export interface SharedDatabase {
  /** One more node. */
  connect(options?: SharedNodeOptions): SharedNode
  /** It restarts: all that is open is rolled back, and of commits under way the first `keep` are kept. */
  crash(keep?: number): void
  /** Whether it takes anybody. */
  accept(on: boolean): void
  /** The copy takes its place. How many commits it had not heard of, and since when. */
  failover(): { readonly lost: number; readonly since: number }
  /** Commits that are being made durable. */
  committing(): number
  /** Another database with what is durable now: a backup. */
  copy(): SharedDatabase
  /** It becomes what another one holds, under a new life of each log. */
  restore(backup: SharedDatabase): void
  /** Bits of this document's last entry flip. */
  damage(space: string, document: string): void
}

type Change = (log: MemoryLog) => unknown

interface Transaction {
  over: boolean
  /** Rolls it back, if it has not begun to commit. */
  readonly end: () => void
}

const IDLE_MS = 1_000
const logOf = new WeakMap<SharedDatabase, () => MemoryLog>()

/**
 * An empty database.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { sharedDatabase } from '@joinery/core/testing'
 *
 * const database = sharedDatabase()
 * const [a, b] = [database.connect().store, database.connect().store]
 * await a.admit('garden', 'ann', 'owner')
 * assert.equal(await b.roleOf('garden', 'ann'), 'owner')
 * ```
 */
export function sharedDatabase(options: SharedDatabaseOptions = {}): SharedDatabase {
  return databaseHolding(emptyLog(), options)
}

function databaseHolding(initial: MemoryLog, options: SharedDatabaseOptions): SharedDatabase {
  const { clock, idleMs = IDLE_MS, lagMs } = options
  let log = initial
  let replica = lagMs === undefined ? undefined : copyLog(log)
  /** What the copy has not heard of, oldest first. */
  let unheard: { readonly change: Change; readonly at: number }[] = []
  let locks = spaceLocks()
  let accepting = true
  let epochs = 0
  /** Another one after each crash: what was open before is not. */
  let life = {}
  /** Another one after each failover. */
  let timeline = {}
  let flushing: { readonly apply: () => void }[] = []
  const freshEpoch = options.epoch ?? ((): string => `epoch-${++epochs}`)

  const apply = (change: Change): unknown => {
    const result = change(log)
    if (replica !== undefined && lagMs !== undefined) {
      const written = { change, at: clock?.monotonic() ?? 0 }
      unheard.push(written)
      // In order: the copy hears of nothing before it has heard of all before it.
      const heard = (): void => {
        while (replica !== undefined && unheard.includes(written)) unheard.shift()?.change(replica)
      }
      if (clock === undefined) heard()
      else clock.after(lagMs(), heard)
    }
    return result
  }

  const openByAll = new Set<Transaction>()

  /** From now on all that is open is over, but for what `apply` was called for. */
  const breakAll = (): void => {
    life = {}
    for (const transaction of openByAll) transaction.end()
    locks = spaceLocks()
    flushing = []
  }

  const connect: SharedDatabase['connect'] = ({ way, onFatal } = {}) => {
    const cameTo = timeline
    let isLost = false
    const open = new Set<Transaction>()
    const running = new Set<Promise<void>>()
    let closed = false

    const go = async (leg: Way, method: keyof Store): Promise<void> => {
      try {
        await way?.(leg, method)
      } catch (cause) {
        throw cause instanceof JoineryError ? cause : new JoineryError('UNAVAILABLE', {}, { cause })
      }
      if (leg === 'back') return
      if (!accepting) throw new JoineryError('UNAVAILABLE', { reason: 'refused', away: true })
      if (timeline === cameTo) return
      const error = diskBroke()
      if (!isLost) onFatal?.(error)
      isLost = true
      throw error
    }

    function ask<T>(work: () => Promise<T>): Promise<T> {
      if (closed) return Promise.reject(new JoineryError('CLOSED'))
      const outcome = work()
      const settled: Promise<void> = outcome.then(
        () => void running.delete(settled),
        () => void running.delete(settled),
      )
      running.add(settled)
      return outcome
    }

    const read = <T>(method: keyof Store, look: (log: MemoryLog) => T): Promise<T> =>
      ask(async () => {
        await go('there', method)
        const seen = look(log)
        await go('back', method)
        return seen
      })

    const write = <T>(
      method: keyof Store,
      spaces: readonly string[],
      change: (log: MemoryLog, epochOf: EpochOf) => T,
      /** What is done while the spaces are had. */
      meanwhile?: () => Promise<void>,
    ): Promise<T> =>
      ask(async () => {
        await go('there', method)
        const born = life
        const transaction = begin(spaces)
        await transaction.locked
        // The node hears that it has the spaces, and sends the rest.
        await go('back', method)
        try {
          await meanwhile?.()
        } catch (error) {
          transaction.end()
          throw error
        }
        await go('there', method)
        if (transaction.over || born !== life) throw new JoineryError('UNAVAILABLE', { reason: 'rolled back' })
        try {
          options.refuse?.()
        } catch (error) {
          transaction.end()
          throw error
        }
        const epochOf = rememberedBySpace(freshEpoch)
        const result = await transaction.commit(current => change(current, epochOf))
        await go('back', method)
        return result as T
      })

    const begin = (
      spaces: readonly string[],
    ): Transaction & { readonly locked: Promise<void>; commit(change: Change): Promise<unknown> } => {
      let over = false
      let stopIdle = (): void => undefined
      let fail = (_error: JoineryError): void => undefined
      const end = (): void => {
        if (over) return
        over = true
        stopIdle()
        open.delete(transaction)
        openByAll.delete(transaction)
        lock.release()
        fail(new JoineryError('UNAVAILABLE', { reason: 'rolled back' }))
      }
      const lock = locks.take([...spaces].sort())
      const transaction: Transaction = {
        get over() {
          return over
        },
        end,
      }
      open.add(transaction)
      openByAll.add(transaction)
      const locked = new Promise<void>((resolve, reject) => {
        fail = reject
        void lock.held.then(() => {
          if (clock !== undefined && !over) stopIdle = clock.after(idleMs, end)
          resolve()
        })
      })
      return {
        get over() {
          return over
        },
        end,
        locked,
        commit(change) {
          over = true
          stopIdle()
          open.delete(transaction)
          openByAll.delete(transaction)
          return new Promise((resolve, reject) => {
            const born = life
            const mine = { apply: () => apply(change) }
            flushing.push(mine)
            void (options.flush?.() ?? Promise.resolve()).then(() => {
              if (born !== life) return reject(new JoineryError('UNAVAILABLE', { reason: 'it restarted' }))
              flushing = flushing.filter(one => one !== mine)
              try {
                resolve(apply(change))
              } catch (error) {
                reject(error)
              }
              lock.release()
            })
          })
        },
      }
    }

    const store: Store = {
      head: space => read('head', log => headOf(log, space)),
      commit: spaces =>
        write(
          'commit',
          spaces.map(({ space }) => space),
          (log, epochOf) => commitTo(log, spaces, epochOf),
        ),
      commitAlone(spaces, decide) {
        let decided: readonly SpaceCommit[] = []
        return write(
          'commitAlone',
          spaces,
          (log, epochOf) => commitTo(log, decided, epochOf),
          async () => void (decided = await decide()),
        )
      },
      read: (space, after, maxBytes) => read('read', log => pageOf(log, space, after, maxBytes)),
      markAt: (space, seq) => read('markAt', log => markIn(log, space, seq)),
      document: (space, document) => read('document', log => documentIn(log, space, document)),
      authors: (space, document) => read('authors', log => authorsIn(log, space, document)),
      body: (space, document) => read('body', log => bodyOf(log, space, document)),
      documents: (space, before, limit) => read('documents', log => documentsIn(log, space, before, limit)),
      named: (space, device, n) => read('named', log => namedIn(log, space, device, n)),
      lastOf: (space, device) => read('lastOf', log => deviceIn(log, space, device)?.last ?? 0),
      subjectOf: (space, device) => read('subjectOf', log => deviceIn(log, space, device)?.subject),
      holds: (space, document, digest) => read('holds', log => seqOfDigest(log, space, document, digest)),
      fold: fold => write('fold', [fold.space], log => foldIn(log, fold)),
      everyDocument: (after, limit) => read('everyDocument', log => everyDocumentIn(log, after, limit)),
      void: voiding => write('void', [voiding.space], (log, epochOf) => voidIn(log, voiding, epochOf)),
      foldable: (entries, limit) => read('foldable', log => foldableIn(log, entries, limit)),
      lineage: (space, document) => read('lineage', log => lineageOf(log, space, document)),
      past: (space, document, after, maxBytes) => read('past', log => pastOf(log, space, document, after, maxBytes)),
      aged: (before, after, limit) => read('aged', log => agedIn(log, before, after, limit)),
      forget: forgetting => write('forget', [forgetting.space], log => forgetIn(log, forgetting)),
      nameVersion: (space, document, version) =>
        write('nameVersion', [space], log => nameVersionIn(log, space, document, version)),
      versionNames: (space, document) => read('versionNames', log => versionNamesIn(log, space, document)),
      quarantine: (space, document, code) =>
        write('quarantine', [space], log => quarantineIn(log, space, document, code)),
      admit: (space, subject, role) =>
        write('admit', [space], (log, epochOf) => admitTo(log, space, subject, role, epochOf)),
      roleOf: (space, subject) => read('roleOf', log => log.spaces.get(space)?.members.get(subject)),
      setRole: (space, subject, role) => write('setRole', [space], log => setRoleIn(log, space, subject, role)),
      members: space => read('members', log => membersIn(log, space)),
      spaces: (after, limit) => read('spaces', log => spacesIn(log, after, limit)),
      probe: () => write('probe', [], () => undefined),
      ...(clock && { time: () => read('time', () => clock.now()) }),
      async close() {
        closed = true
        await Promise.all(running)
      },
    }
    return {
      store,
      gone() {
        for (const transaction of open) transaction.end()
      },
    }
  }

  const database: SharedDatabase = {
    connect,
    committing: () => flushing.length,
    crash(keep = 0) {
      for (const { apply: written } of flushing.slice(0, keep)) written()
      breakAll()
    },
    accept(on) {
      accepting = on
    },
    failover() {
      const [first] = unheard
      const lost = unheard.length
      breakAll()
      timeline = {}
      unheard = []
      if (replica !== undefined) {
        log = replica
        replica = copyLog(log)
      }
      return { lost, since: first?.at ?? clock?.monotonic() ?? 0 }
    },
    copy: () => databaseHolding(copyLog(log), {}),
    restore(backup) {
      breakAll()
      timeline = {}
      unheard = []
      log = renewed(logOf.get(backup)?.() ?? emptyLog(), rememberedBySpace(freshEpoch))
      if (replica !== undefined) replica = copyLog(log)
    },
    damage(space, document) {
      damageIn(log, space, document)
    },
  }
  logOf.set(database, () => log)
  return database
}
