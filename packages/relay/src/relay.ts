/**
 * The relay, put together. Law: it does no I/O of its own: store, bus, clock, chance, tokens and workers come in as arguments, so the
 * simulator runs this very code on virtual time.
 */
import {
  hex,
  JoineryError,
  type Bus,
  type Clock,
  type Code,
  type CommittedSpace,
  type DocumentPlace,
  type Entry,
  type Hash,
  type Random,
  type Store,
  type TraceContext,
  type Tracer,
} from '@joinery/core'
import { CLOSE } from '@joinery/core/protocol'
import { personalSpaceOf } from './access/personal.ts'
import { createSpaces } from './access/spaces.ts'
import { isSubject, type Verify } from './access/tokens.ts'
import { createCommitLanes } from './commit-lanes.ts'
import { createCommitter, type CommitterOptions } from './committer.ts'
import { createCompactor, type Compacted, type Fold } from './compactor.ts'
import { createDevices } from './devices.ts'
import { createDoor, type DoorAddress } from './door/door.ts'
import type { EngineGate, Scanned, ScanLarge } from './gate/gate.ts'
import { createHeads } from './heads.ts'
import { createForgetter } from './history/forgetting.ts'
import { createHistory, type History } from './history/history.ts'
import { createHub } from './hub.ts'
import { inTurns } from './in-turns.ts'
import { RELAY_LIMITS, type RelayLimits } from './limits.ts'
import { createLink, type Link } from './link.ts'
import { reasonOf, type Counters, type Log } from './log.ts'
import { createCounters } from './metrics/counters.ts'
import type { Socket, SocketEvents } from './socket.ts'
import type { Trials } from './replay/culprit.ts'
import { createMender } from './mender.ts'
import { createReplayer } from './replay/replayer.ts'
import { createStates, type JoinElsewhere } from './state/states.ts'
import { createTracing } from './tracing/tracing.ts'
import { createStoreWatch } from './store-watch.ts'
import { createWants } from './wants.ts'

export interface RelayOptions {
  readonly store: Store
  readonly bus: Bus
  readonly clock: Clock
  readonly random: Random
  readonly verify: Verify
  readonly gates: readonly EngineGate[]
  /** Makes the snapshot of a document from its entries, elsewhere than here, and reads it back; without it nothing is folded. */
  readonly fold?: Fold
  /** Puts versions of documents together elsewhere than here; as `fold` if absent. */
  readonly version?: Fold
  /** Tries updates in their engine, elsewhere than here, to void what breaks it; without it nothing is voided. */
  readonly trials?: Trials
  /** Puts together long documents elsewhere than here, for who asks by state vector; without it, here. */
  readonly join?: JoinElsewhere
  /** Scans what is larger than `inlineScanBytes` elsewhere than here; without it, here. */
  readonly scanLarge?: ScanLarge
  /** How many commits, of different spaces, the store takes at a time; 1 if absent. */
  readonly commitLanes?: number
  /** In development shared spaces are made on first use and open to all. */
  readonly openToAll?: boolean
  /** A quicker SHA-256 than ours, where there is one. */
  readonly hash?: Hash
  readonly limits?: Partial<RelayLimits>
  readonly log?: Log
  readonly counters?: Counters
  /** Shows where the time of an edit goes; without it nothing is traced. */
  readonly tracer?: Tracer | undefined
  /** Resolves once what has arrived by now has been read. */
  readonly turn?: () => Promise<void>
  /** Stops everything here for so many ms, a fraction of one, so that a heap of messages is read at once; nothing of the kind if absent. */
  readonly nap?: (ms: number) => void
  /** The store cannot know what is on its disk (S5), or something happened here that cannot: the process must end. */
  readonly onFatal: (error: unknown) => void
}

export interface RelayFigures {
  readonly links: number
  readonly doorConnections: number
  readonly doorDocuments: number
  readonly watches: number
  readonly laggingReaders: number
  readonly queueEntries: number
  readonly queueBytes: number
  readonly foldsWaiting: number
  readonly replaysWaiting: number
  /** 1 while the bus is up. */
  readonly busUp: number
}

export interface Relay {
  accept(socket: Socket): SocketEvents
  /** A connection of a stock y-websocket client. */
  acceptAtDoor(socket: Socket, address: DoorAddress): SocketEvents
  /** Accepts nobody, reads nothing more, answers what was taken, and says goodbye. Resolves when it has. */
  drain(): Promise<void>
  /** Ends at once; nothing of it runs afterwards. The store stays open. */
  close(): void
  /** Folds now what has at least so many unfolded entries. */
  compact(entries: number): Promise<Compacted>
  /** Quarantines a document unless it can be read. */
  suspect(place: DocumentPlace): Promise<void>
  /** Whether it takes connections: not while the store does not answer. */
  ready(): boolean
  /** Connections now. */
  links(): number
  /** What there is now, for whoever watches it. */
  figures(): RelayFigures
  readonly counters: Counters
  /** Versions of documents. */
  readonly history: History
}

const SILENT: Log = { info: () => undefined, warn: () => undefined, error: () => undefined }
const COME_BACK_MS = 1_000
const TOO_MANY_MS = 30_000
/** Two devices that go by one name must not take the link from each other all the time (P84). */
const REPLACED_MS = 30_000

/**
 * A relay over a store. `accept` is called for each connection; everything else follows from what arrives.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { memoryBus } from '@joinery/adapters/bus/memory'
 * import { systemClock } from '@joinery/adapters/clock/system'
 * import { cryptoRandom } from '@joinery/adapters/random/crypto'
 * import { encodeMessage, VERSION } from '@joinery/core/protocol'
 * import { memoryStore } from '@joinery/core/testing'
 * import { createRelay, GATES, verifyDevToken } from '@joinery/relay'
 *
 * const relay = createRelay({
 *   store: memoryStore(),
 *   bus: memoryBus(),
 *   clock: systemClock({ unref: true }),
 *   random: cryptoRandom(),
 *   verify: verifyDevToken,
 *   gates: GATES,
 *   openToAll: true,
 *   onFatal: error => console.error(error),
 * })
 * const frames: Uint8Array[] = []
 * const events = relay.accept({ send: frame => frames.push(frame), close: () => {}, buffered: () => 0 })
 * events.frame(encodeMessage({ type: 'hello', version: VERSION, device: 'phone', token: 'dev:ann' }))
 * await new Promise(resolve => setImmediate(resolve))
 * assert.equal(frames.length, 1)
 * relay.close()
 * ```
 */
export function createRelay(options: RelayOptions): Relay {
  const { store, bus, random, onFatal } = options
  const limits: RelayLimits = { ...RELAY_LIMITS, ...options.limits }
  const log = options.log ?? SILENT
  const counters = options.counters ?? createCounters()
  const watch = createStoreWatch({
    store,
    clock: options.clock,
    wanted: () => links.size > 0 || door.count() > 0,
    lost() {
      log.error('store-lost')
      counters.add('store-lost')
      door.restart()
      endAll()
    },
    back() {
      log.info('store-back')
      if (accepting) door.open()
    },
  })
  const { clock } = watch
  const verify: Verify = async token => {
    await watch.told
    const identity = await options.verify(token)
    if (!isSubject(identity.subject)) throw new JoineryError('UNAUTHENTICATED')
    return identity
  }
  const turn = options.turn ?? (() => new Promise<void>(resolve => clock.after(0, resolve)))
  const gates = new Map(options.gates.map(gate => [gate.engine, gate]))
  const scanHere = async (engine: string, bytes: Uint8Array): Promise<Scanned> =>
    gates.get(engine)?.scan(bytes) ?? { ok: false, code: 'BAD_UPDATE', detail: 'no such engine' }

  const tracing = options.tracer && createTracing({ tracer: options.tracer, clock, hash: options.hash })

  const links = new Set<Link>()
  const linksByDevice = new Map<string, Link>()
  const devicesByLink = new Map<Link, string>()
  const clockId = hex(random.bytes(8))
  const dirty = new Set<Link>()
  let accepting = true
  let stopSweep = (): void => undefined
  const endAll = (): void => {
    for (const link of [...links]) link.end('UNAVAILABLE', CLOSE.RESTART, COME_BACK_MS)
  }

  const spaces = createSpaces({ store, clock, roleMs: limits.roleMs, openToAll: options.openToAll ?? false })
  const heads = createHeads(store, limits.cachedAuthors, (space, document, authors) => {
    counters.add('crowded')
    log.warn('crowded', { space, document, authors })
  })
  const hub = createHub({
    store,
    bus,
    clock,
    limits,
    log,
    node: clockId,
    turn,
    tracing,
    damaged: (space, document) => void suspect({ space, document }),
  })
  const states = createStates({ store, join: options.join, counters })
  const wants = createWants({ store, clock, gates, states, turn, log, counters })
  const oneByOne = inTurns(1)
  /** What is kept, forgotten and voided is dated: by the store's time, so not before that was told (MN-13). */
  const alone = async <T>(work: () => Promise<T>): Promise<T> => {
    await watch.told
    return oneByOne(work)
  }
  const published = (
    committed: CommittedSpace,
    entries: readonly Entry[],
    before: ReadonlyMap<string, number>,
    commit?: TraceContext,
  ): number => {
    const elsewhereMs = hub.published(committed, entries, commit)
    states.wrote(committed.space, entries, before)
    compactor.wrote(committed.space, entries)
    replayer.wrote(committed.space, entries)
    mender.wrote(committed.space, entries)
    return elsewhereMs
  }
  const mender = createMender({ store, heads, log, counters, fold: options.fold, alone })
  const replayer = createReplayer({
    store,
    clock,
    random,
    limits,
    log,
    counters,
    heads,
    trials: options.trials,
    alone,
    published,
    quarantine: (space, document, reason) => quarantine(space, document, reason),
    hash: options.hash,
  })
  const compactor = createCompactor({
    store,
    clock,
    limits,
    log,
    counters,
    heads,
    fold: options.fold,
    alone,
    turn,
    replayed: replayer.replayed,
    quarantine: (...what) => quarantine(...what),
  })
  const forgetter = createForgetter({ store, clock, limits, log, counters, fold: options.fold, alone, turn })
  const history = createHistory({
    store,
    clock,
    verify,
    spaces,
    limits,
    log,
    counters,
    fold: options.version ?? options.fold,
  })
  const answered = async <T>(asked: Promise<T>): Promise<T> => {
    const answer = await asked
    watch.answered()
    return answer
  }
  const { commitAlone } = store
  const committerOptions: CommitterOptions = {
    store: {
      commit: all => answered(store.commit(all)),
      ...(commitAlone && { commitAlone: (spaces, decide) => answered(commitAlone(spaces, decide)) }),
      named: (...name) => store.named(...name),
      holds: (...edit) => store.holds(...edit),
    },
    clock,
    heads,
    devices: createDevices(store),
    gates,
    roleOf: (space, subject) => spaces.roleOf(space, subject),
    limits,
    log,
    counters,
    scanLarge: options.scanLarge ?? scanHere,
    turn,
    nap: options.nap,
    hash: options.hash,
    settled() {
      for (const link of dirty) link.flush()
      dirty.clear()
    },
    published,
    unsure: hub.unsure,
    tracing,
    onFatal,
  }
  const committers = createCommitLanes(options.commitLanes ?? 1, () => createCommitter(committerOptions))

  const scanLarge = options.scanLarge ?? scanHere
  const door = createDoor({
    store,
    clock,
    random,
    limits,
    verify,
    spaces,
    committers,
    heads,
    hub,
    states,
    scan: bytes => (bytes.length > limits.inlineScanBytes ? scanLarge : scanHere)('yjs', bytes),
    turn,
    log,
    counters,
  })

  /** From now on it is read, as far as it can be, and not written; with GAP, until devices have brought what is missing from it. */
  const quarantine = async (
    space: string,
    document: string,
    reason: string,
    code: Code = 'QUARANTINED',
  ): Promise<void> => {
    try {
      const head = await store.document(space, document)
      if (head?.quarantined !== undefined) return
      await store.quarantine(space, document, code)
      heads.forget(space, document)
      counters.add('quarantined')
      log.error('quarantined', { space, document, reason })
    } catch (error) {
      log.error('quarantine-failed', { space, document, ...reasonOf(error) })
    }
  }

  /** A row that says it is of this document is damaged, and so may be what it says: nobody else's document is made read-only (CR-25). */
  const suspect = async ({ space, document }: DocumentPlace): Promise<void> => {
    try {
      if ((await store.document(space, document))?.quarantined !== undefined) return
      await store.body(space, document)
      await store.authors(space, document)
      log.warn('row-damaged', { space, document })
    } catch (error) {
      if (error instanceof JoineryError && error.code === 'QUARANTINED')
        await quarantine(space, document, 'a damaged row')
    }
  }

  /** Roles may have changed since a space was opened (A2). */
  const sweep = async (): Promise<void> => {
    for (const link of links) {
      const subject = link.subject()
      if (subject === undefined) continue
      for (const [name, access] of link.accesses()) {
        // Nobody can be removed from his own.
        if (access.space === personalSpaceOf(subject)) continue
        try {
          const role = await spaces.roleOf(access.space, subject)
          if (role !== access.role) link.heardAccess(name, role === undefined ? 'NOT_FOUND' : { ...access, role })
        } catch (error) {
          log.warn('role-failed', { space: access.space, ...reasonOf(error) })
        }
      }
    }
    sweepLater()
  }
  const sweepLater = (): void => {
    stopSweep()
    if (links.size > 0) stopSweep = clock.after(limits.roleMs, () => void sweep())
  }

  return {
    counters,
    compact: compactor.all,
    history,
    suspect,
    ready: () => accepting && watch.ready(),
    links: () => links.size + door.count(),
    figures() {
      const watches = hub.watches()
      return {
        links: links.size,
        doorConnections: door.count(),
        doorDocuments: door.documents(),
        watches: watches.count,
        laggingReaders: watches.lagging + door.lagging(),
        queueEntries: committers.waitingEntries(),
        queueBytes: committers.waitingBytes(),
        foldsWaiting: compactor.waiting(),
        replaysWaiting: replayer.waiting(),
        busUp: bus.isUp() ? 1 : 0,
      }
    },
    acceptAtDoor(socket, address) {
      const events = door.accept(socket, address)
      watch.look()
      return events
    },
    accept(socket) {
      const link = createLink({
        socket,
        clock,
        random,
        limits,
        verify,
        spaces,
        committers,
        hub,
        wants,
        bodies: { store, limits, states },
        log,
        counters,
        clockId,
        isTraced: tracing !== undefined,
        greeted(link, subject, device) {
          const key = `${device} ${subject}`
          const older = linksByDevice.get(key)
          linksByDevice.set(key, link)
          devicesByLink.set(link, key)
          if (older !== undefined && older !== link) older.end('REPLACED', CLOSE.REPLACED, REPLACED_MS)
          let count = 0
          for (const other of links) if (other.subject() === subject) count += 1
          if (count > limits.linksPerSubject) link.end('RATE_LIMITED', CLOSE.TRY_LATER, TOO_MANY_MS)
        },
        dirty: link => dirty.add(link),
        gone(link) {
          links.delete(link)
          const key = devicesByLink.get(link)
          devicesByLink.delete(link)
          if (key !== undefined && linksByDevice.get(key) === link) linksByDevice.delete(key)
        },
      })
      links.add(link)
      watch.look()
      counters.add('accepted')
      if (links.size === 1) sweepLater()
      if (!accepting || !watch.ready()) link.end('UNAVAILABLE', CLOSE.RESTART, COME_BACK_MS)
      return { id: link.id, frame: link.frame, closed: link.closed }
    },
    async drain() {
      accepting = false
      for (const link of links) link.hold()
      await door.hold()
      await committers.idle()
      compactor.close()
      forgetter.close()
      replayer.close()
      mender.close()
      door.restart()
      endAll()
      stopSweep()
      watch.close()
      hub.close()
    },
    close() {
      accepting = false
      for (const link of [...links]) link.closed()
      door.close()
      compactor.close()
      forgetter.close()
      replayer.close()
      mender.close()
      hub.close()
      stopSweep()
      watch.close()
    },
  }
}
