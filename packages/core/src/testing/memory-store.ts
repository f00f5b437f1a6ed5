/**
 * The Store port in memory, on a disk that whoever drives it commands: for tests of the relay, and as its disk in the simulator. Laws:
 * those of the port; a change is applied at once and becomes durable, visible and reported when its `flush` step is through and those of
 * all before it are; a crash keeps what is durable and the first few of what is not, never out of order.
 */
import { JoineryError } from '../errors.ts'
import type { Store } from '../ports/store.ts'
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
  foldableIn,
  everyDocumentIn,
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
  seqOfDigest,
  setRoleIn,
  spacesIn,
  versionNamesIn,
  voidIn,
  type EpochOf,
  type MemoryLog,
} from './memory-log.ts'

export type StoreStep = 'read' | 'write' | 'flush'

export interface StoreDiskOptions {
  /**
   * Called before each step of each method, and waited for. What it throws at `read` or `write` the call rejects with, and nothing was
   * written: throw QUOTA for a full disk. What it throws at `flush` the call rejects with although it was written: the outcome is unknown.
   * An error with the detail `fatal` (see `diskBroke`) at any step: from then on the store rejects everything, and what was not durable
   * by then is up to the next crash.
   */
  readonly step?: (step: StoreStep, method: keyof Store) => void | Promise<void>
  /** Names the life of a space's log when it is made. */
  readonly epoch?: () => string
}

/** What outlives the process. Several open stores on it are several nodes. */
export interface StoreDisk {
  open(): Store
  /** How many changes are applied and not durable. */
  readonly unsaved: number
  /** Power is lost. Calls of open stores never settle; of what is not durable the first `keep` changes are kept. */
  crash(keep?: number): void
  /** Bits of this document's last entry flip. */
  damage(space: string, document: string): void
  /** Another disk with what is durable now: a backup. */
  copy(options?: StoreDiskOptions): StoreDisk
}

interface Change {
  readonly apply: (log: MemoryLog) => unknown
  flushed: boolean
  readonly saved: () => void
}

/**
 * A store in memory, on a disk of its own or on a given one.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { memoryStore } from '@joinery/core/testing'
 *
 * const store = memoryStore()
 * await store.admit('garden', 'ann', 'owner')
 * assert.equal(await store.roleOf('garden', 'ann'), 'owner')
 * assert.equal((await store.head('garden'))?.seq, 0)
 * ```
 */
export function memoryStore(options: { readonly disk?: StoreDisk } = {}): Store {
  return (options.disk ?? storeDisk()).open()
}

/**
 * The disk of a relay, in memory.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { memoryStore, storeDisk } from '@joinery/core/testing'
 *
 * const disk = storeDisk({ step: step => (step === 'flush' ? new Promise(() => {}) : undefined) })
 * void memoryStore({ disk }).admit('garden', 'ann', 'owner')
 * await Promise.resolve()
 * disk.crash(0)
 * assert.equal(await memoryStore({ disk }).roleOf('garden', 'ann'), undefined)
 * ```
 */
export function storeDisk(options: StoreDiskOptions = {}): StoreDisk {
  return diskHolding(emptyLog(), options)
}

function diskHolding(initial: MemoryLog, options: StoreDiskOptions): StoreDisk {
  const durable = initial
  let current = copyLog(initial)
  let unsaved: Change[] = []
  let epochs = 0
  /** Another one after each crash: what ran before hears nothing any more. */
  let life = {}
  const freshEpoch = options.epoch ?? ((): string => `epoch-${++epochs}`)

  /** Applies a change to what is current, and resolves once it is durable. `flush` is what the disk waits for. */
  async function save<T>(
    change: (log: MemoryLog) => T,
    flush: () => Promise<void>,
    trusted: () => boolean,
  ): Promise<T> {
    const result = change(current)
    let failure: { readonly error: unknown } | undefined
    const saved = new Promise<void>(resolve => {
      const mine: Change = { apply: change, flushed: false, saved: resolve }
      unsaved.push(mine)
      const through = (): void => {
        mine.flushed = true
        while (unsaved[0]?.flushed) {
          unsaved[0].apply(durable)
          unsaved.shift()?.saved()
        }
      }
      flush().then(through, (error: unknown) => {
        failure = { error }
        // The disk has it also when the driver says otherwise; if it broke, the crash decides.
        if (trusted()) through()
        else resolve()
      })
    })
    await saved
    if (failure !== undefined) throw failure.error
    return result
  }

  function open(): Store {
    const born = life
    let closed = false
    let broken: JoineryError | undefined
    const running = new Set<Promise<void>>()

    async function step(name: StoreStep, method: keyof Store): Promise<void> {
      if (broken !== undefined) throw broken
      try {
        await options.step?.(name, method)
      } catch (cause) {
        const error = cause instanceof JoineryError ? cause : new JoineryError('UNAVAILABLE', {}, { cause })
        if (error.details['fatal'] === true) broken = error
        throw error
      } finally {
        // A dead process neither goes on nor hears of it.
        if (born !== life) await new Promise(() => undefined)
      }
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
        await step('read', method)
        return look(durable)
      })

    const write = <T>(method: keyof Store, change: (log: MemoryLog, epochOf: EpochOf) => T): Promise<T> =>
      ask(async () => {
        await step('write', method)
        const epochOf = rememberedBySpace(freshEpoch)
        return save(
          log => change(log, epochOf),
          () => step('flush', method),
          () => broken === undefined,
        )
      })

    return {
      head: space => read('head', log => headOf(log, space)),
      commit: spaces => write('commit', (log, epochOf) => commitTo(log, spaces, epochOf)),
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
      fold: fold => write('fold', log => foldIn(log, fold)),
      everyDocument: (after, limit) => read('everyDocument', log => everyDocumentIn(log, after, limit)),
      void: voiding => write('void', (log, epochOf) => voidIn(log, voiding, epochOf)),
      foldable: (entries, limit) => read('foldable', log => foldableIn(log, entries, limit)),
      lineage: (space, document) => read('lineage', log => lineageOf(log, space, document)),
      past: (space, document, after, maxBytes) => read('past', log => pastOf(log, space, document, after, maxBytes)),
      aged: (before, after, limit) => read('aged', log => agedIn(log, before, after, limit)),
      forget: forgetting => write('forget', log => forgetIn(log, forgetting)),
      nameVersion: (space, document, version) =>
        write('nameVersion', log => nameVersionIn(log, space, document, version)),
      versionNames: (space, document) => read('versionNames', log => versionNamesIn(log, space, document)),
      quarantine: (space, document, code) => write('quarantine', log => quarantineIn(log, space, document, code)),
      admit: (space, subject, role) => write('admit', (log, epochOf) => admitTo(log, space, subject, role, epochOf)),
      roleOf: (space, subject) => read('roleOf', log => log.spaces.get(space)?.members.get(subject)),
      setRole: (space, subject, role) => write('setRole', log => setRoleIn(log, space, subject, role)),
      members: space => read('members', log => membersIn(log, space)),
      spaces: (after, limit) => read('spaces', log => spacesIn(log, after, limit)),
      probe: () => write('probe', () => undefined),
      async close() {
        closed = true
        await Promise.all(running)
      },
    }
  }

  return {
    open,
    get unsaved() {
      return unsaved.length
    },
    crash(keep = 0) {
      for (const change of unsaved.slice(0, keep)) change.apply(durable)
      unsaved = []
      current = copyLog(durable)
      life = {}
    },
    damage(space, document) {
      for (const log of [durable, current]) damageIn(log, space, document)
    },
    copy: (other = {}) => diskHolding(copyLog(durable), other),
  }
}
