// The machine of the relay: its disk, and the shipping relay that runs on it until the power goes.
import { JoineryError, type Random, type Store } from '@joinery/core'
import {
  memoryStore,
  seededRandom,
  storeDisk,
  type SkewedClock,
  type StoreDisk,
  type VirtualClock,
  type VirtualNetwork,
} from '@joinery/core/testing'
import {
  createCounters,
  createRelay,
  foldWith,
  GATES,
  RELAY_LIMITS,
  verifyDevToken,
  type Log,
  type Relay,
  type Trials,
} from '@joinery/relay'
import { emptied } from '@joinery/core/gate'
import { memoryBus } from '@joinery/adapters/bus/memory'
import { automerge } from '@joinery/adapters/engines/automerge'
import { yjs } from '@joinery/adapters/engines/yjs'
import type { Journal } from './journal.ts'
import { isDurable, watchedSocket, type Traffic } from './relay-traffic.ts'
import { pick, type Plan } from './plan.ts'

export const RELAY_HOST = 'relay'
export const RELAY_URL = `ws://${RELAY_HOST}`
const READ_MS = 1
const WRITE_MS = 2

export interface RelayMachine {
  /** The disk as it is now. */
  disk(): StoreDisk
  up(): boolean
  start(): void
  /** Power off: what was not fsynced is kept only in part, from the front. */
  crash(): void
  /** The power goes while the next commit is being written; `then` is called at that moment. */
  crashInCommit(then: () => void): void
  /** The disk is put back to what it was some time ago: another life of the log. */
  restoreOld(): void
  /** How often that was done. */
  restored(): number
  /** Virtual times between which everything was lost by putting the disk back. */
  lost(): readonly { readonly from: number; readonly to: number }[]
  /** Connections now. */
  links(): number
  /** What the relays that ran on it have counted. */
  counted(): ReadonlyMap<string, number>
  /** From now on nothing fails by itself. */
  calm(): void
  /** Something the relay can never recover from happened inside it. */
  fatal(): unknown
}

interface Ports {
  readonly plan: Plan
  readonly clock: VirtualClock
  readonly network: VirtualNetwork
  readonly random: Random
  readonly journal: Journal
}

/** A relay that is started, on an empty disk. */
export function relayMachine({ plan, clock, network, random, journal }: Ports): RelayMachine {
  let calm = false
  let epochs = 0
  let lives = 0
  let fatal: unknown
  let restored = 0
  let crashing: (() => void) | undefined
  const lost: { from: number; to: number }[] = []
  const counters = createCounters()
  const wait = (ms: number): Promise<void> => new Promise(resolve => clock.after(ms, resolve))
  const strikes = (fault: 'diskFull' | 'commitUnknown' | 'slowDisk', chance: number): boolean =>
    !calm && plan.faults.has(fault) && random.number() < chance

  const diskOptions = {
    epoch: () => `epoch-${++epochs}`,
    async step(step: 'read' | 'write' | 'flush', method: string) {
      if (step === 'read') return wait(READ_MS)
      if (step === 'flush' && method === 'commit') crashSoon()
      await wait(strikes('slowDisk', 0.2) ? 20 + pick(random, 400) : step === 'flush' ? WRITE_MS : 0)
      if (method !== 'commit') return
      if (step === 'write' && strikes('diskFull', 0.1)) {
        journal.saw('commit failed')
        throw new JoineryError('QUOTA')
      }
      if (step === 'flush' && strikes('commitUnknown', 0.1)) {
        journal.saw('commit failed and was written all the same')
        throw new JoineryError('UNAVAILABLE')
      }
    },
  }
  const crashSoon = (): void => {
    const then = crashing
    crashing = undefined
    if (then !== undefined) clock.after(pick(random, WRITE_MS), () => (crash(), then()))
  }
  let disk = storeDisk(diskOptions)
  /** What the disk was at moments gone by. */
  let backup = disk.copy(diskOptions)
  let backupAt = 0
  let running: { readonly relay: Relay; readonly clock: SkewedClock; readonly stopListening: () => void } | undefined

  /** What the relay's worker does, without the thread. */
  const foldHere = async (engine: string, updates: readonly Uint8Array[]): Promise<Uint8Array> => {
    await wait(5)
    return foldWith(engine === 'yjs' ? yjs : automerge, random, updates)
  }

  /** What its other worker does: no honest edit is ever voided. */
  const trials: Trials = {
    async try(engine, updates) {
      await wait(5)
      const shown = [updates, updates.toReversed()].map(inOrder => {
        const doc = (engine === 'yjs' ? yjs : automerge).open(engine === 'yjs' ? '1' : '01')
        doc.applyAll(inOrder)
        const digest = doc.digest()
        doc.close()
        return digest
      })
      return shown[0] === shown[1] ? { trial: 'fine', shown: 0 } : { trial: 'splits' }
    },
    empty: async (_engine, updates, leaving) => updates.map(update => emptied(update, leaving) ?? update),
    leans: async () => true,
  }

  const log: Log = {
    info: (event, fields) => journal.note(`relay: ${event} ${JSON.stringify(fields)}`),
    warn: (event, fields) => journal.note(`relay: ${event} ${JSON.stringify(fields)}`),
    error: (event, fields) => journal.note(`relay: ${event} ${JSON.stringify(fields)}`),
  }

  const start = (): void => {
    if (running !== undefined) return
    backup = disk.copy(diskOptions)
    backupAt = clock.monotonic()
    lives += 1
    const own = clock.skewed(0)
    const limits = {
      ...(plan.faults.has('smallLimits') ? LAGGING : {}),
      ...(plan.faults.has('compaction') ? FOLDING : {}),
    }
    const traffic: Traffic = {
      journal,
      limits: { ...RELAY_LIMITS, ...limits },
      devices: new Map(),
      lagging: false,
      durable: new Map(),
    }
    const relay = createRelay({
      store: watched(memoryStore({ disk }), traffic),
      bus: memoryBus(),
      clock: own,
      random: seededRandom(plan.seed * 1_000 + lives),
      verify: verifyDevToken,
      gates: GATES,
      ...(plan.faults.has('compaction') ? { fold: foldHere, trials } : {}),
      openToAll: true,
      limits,
      log,
      counters,
      turn: () => Promise.resolve(),
      onFatal: error => {
        fatal = error
      },
    })
    const stopListening = network.accept(RELAY_HOST, socket => {
      const link = watchedSocket(socket, traffic, to => relay.accept(to))
      socket.on({ frame: link.frame, closed: link.closed })
    })
    running = { relay, clock: own, stopListening }
  }

  /** Looks at what the relay asks of its store, for what must happen sometimes. */
  const watched = (store: Store, traffic: Traffic): Store => ({
    ...store,
    async commit(spaces) {
      const committed = await store.commit(spaces)
      for (const { space, head } of committed) isDurable(traffic, space, head.seq)
      for (const { entries } of spaces) {
        if (entries.some(entry => !traffic.devices.has(entry.device))) journal.saw('acked while the author was away')
      }
      return committed
    },
    async head(space) {
      const head = await store.head(space)
      if (head !== undefined) isDurable(traffic, space, head.seq)
      return head
    },
    async document(space, document) {
      const head = await store.document(space, document)
      if (head !== undefined) isDurable(traffic, space, head.seq)
      return head
    },
    async holds(space, ...edit) {
      const seq = await store.holds(space, ...edit)
      if (seq !== undefined) isDurable(traffic, space, seq)
      return seq
    },
    async body(space, document) {
      const entries = await store.body(space, document)
      for (const { seq } of entries) isDurable(traffic, space, seq)
      return entries
    },
    async named(...name) {
      const known = await store.named(...name)
      if (known !== undefined) isDurable(traffic, name[0], known.seq)
      // With these on, the relay also looks for what a commit of its own or a clone wrote.
      const others = plan.faults.has('commitUnknown') || plan.faults.has('diskFull') || plan.faults.has('deviceClone')
      if (known !== undefined && !others) journal.saw('resent after a break and deduplicated')
      return known
    },
    async read(space, after, maxBytes) {
      if (traffic.lagging && after > 0) {
        traffic.lagging = false
        journal.saw('reader fell back to the log')
      }
      const page = await store.read(space, after, maxBytes)
      isDurable(traffic, space, page.seq)
      return page
    },
    async fold(fold) {
      const isFolded = await store.fold(fold)
      if (isFolded) journal.saw('snapshot replaced entries')
      return isFolded
    },
  })

  const crash = (): void => {
    if (running === undefined) return
    if (disk.unsaved > 0) journal.saw('relay crashed with commits on the way')
    journal.note(`the relay loses power with ${disk.unsaved} changes on their way`)
    running.stopListening()
    network.crash(RELAY_HOST)
    running.clock.stop()
    running = undefined
    disk.crash(pick(random, disk.unsaved + 1))
  }

  start()
  return {
    disk: () => disk,
    up: () => running !== undefined,
    start,
    crash,
    crashInCommit(then) {
      crashing = then
    },
    restoreOld() {
      if (running !== undefined) throw new Error('restore a relay that is down')
      disk = backup
      restored += 1
      // An ack of what is lost may still be on its way.
      lost.push({ from: backupAt, to: clock.monotonic() + plan.delayMs + 1 })
      backup = disk.copy(diskOptions)
    },
    restored: () => restored,
    lost: () => lost,
    links: () => running?.relay.links() ?? 0,
    counted: () => counters.read(),
    calm() {
      calm = true
      crashing = undefined
    },
    fatal: () => fatal,
  }
}

/** So small that readers lag. */
const LAGGING = { sendBuffer: 2_000, pageBytes: 600 }
/** So small that documents are folded within a few edits. */
const FOLDING = { foldEntries: 4, foldBytes: 4_000, foldQuietMs: 200, foldSweepMs: 2_000, replayQuietMs: 500 }
