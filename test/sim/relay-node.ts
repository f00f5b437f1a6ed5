// One life of a relay: the shipping code on a store, a bus and a clock, listening at a host.
import type { Bus, Random, Store } from '@joinery/core'
import { seededRandom, type SkewedClock, type VirtualClock, type VirtualNetwork } from '@joinery/core/testing'
import {
  createRelay,
  foldWith,
  GATES,
  RELAY_LIMITS,
  verifyDevToken,
  type Counters,
  type Log,
  type Relay,
  type Trials,
} from '@joinery/relay'
import { emptied } from '@joinery/core/gate'
import { automerge } from '@joinery/adapters/engines/automerge'
import { yjs } from '@joinery/adapters/engines/yjs'
import type { Journal } from './journal.ts'
import { KEPT_MS, type Plan } from './plan.ts'
import { watchedSocket, type Traffic } from './relay-traffic.ts'
import { watchedStore } from './watched-store.ts'

export interface RelayNode {
  readonly relay: Relay
  readonly clock: SkewedClock
  /** Nobody reaches it any more. */
  stopListening(): void
  /** Since when somebody is linked to it without a break. */
  linkedSince(): number
}

/** A relay that takes links. `life` is another number each time. */
export function relayNode({
  plan,
  clock,
  own,
  network,
  random,
  journal,
  host,
  life,
  store,
  bus,
  durable = new Map(),
  counters,
  onFatal,
}: {
  readonly plan: Plan
  readonly clock: VirtualClock
  readonly own: SkewedClock
  readonly network: VirtualNetwork
  readonly random: Random
  readonly journal: Journal
  readonly host: string
  readonly life: number
  readonly store: Store
  readonly bus: Bus
  /** Shared by nodes of one database: a hint of another brings what that one has committed. */
  readonly durable?: Map<string, number>
  readonly counters: Counters
  readonly onFatal: (error: unknown) => void
}): RelayNode {
  const wait = (ms: number): Promise<void> => new Promise(resolve => clock.after(ms, resolve))

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

  const tell = (event: string, fields?: object): void => journal.note(`${host}: ${event} ${JSON.stringify(fields)}`)
  const log: Log = { info: tell, warn: tell, error: tell }
  const limits = {
    ...(plan.faults.has('smallLimits') ? LAGGING : {}),
    ...(plan.faults.has('compaction') ? FOLDING : {}),
    ...(plan.faults.has('large') ? SCANNING : {}),
    ...(plan.faults.has('forgetting') ? FORGETTING : {}),
  }
  const traffic: Traffic = {
    journal,
    limits: { ...RELAY_LIMITS, ...limits },
    largest: plan.faults.has('large') ? LARGEST : 0,
    devices: new Map(),
    lagging: false,
    durable,
  }
  const relay = createRelay({
    store: watchedStore(store, traffic, plan),
    bus,
    clock: own,
    random: seededRandom(plan.seed * 1_000 + life),
    verify: verifyDevToken,
    gates: GATES,
    commitLanes: plan.nodes === 1 ? 1 : 2,
    ...(plan.faults.has('compaction') ? { fold: foldHere, trials } : {}),
    openToAll: true,
    limits,
    log,
    counters,
    turn: () => Promise.resolve(),
    onFatal,
  })
  let linkedSince = 0
  const stopListening = network.accept(host, socket => {
    if (relay.links() === 0) linkedSince = clock.monotonic()
    const link = watchedSocket(socket, traffic, to => relay.accept(to))
    socket.on({ frame: link.frame, closed: link.closed })
  })
  return { relay, clock: own, stopListening, linkedSince: () => linkedSince }
}

/** So small that readers lag. */
const LAGGING = { sendBuffer: 2_000, pageBytes: 600 }
/** So small that documents are folded within a few edits. */
const FOLDING = { foldEntries: 4, foldBytes: 4_000, foldQuietMs: 200, foldSweepMs: 2_000, replayQuietMs: 500 }
/** So small that what is large is scanned elsewhere. */
const SCANNING = { inlineScanBytes: 2_000 }
/** So short that most of what folds replace is forgotten. */
const FORGETTING = { historyMs: KEPT_MS, historySweepMs: 1_500 }
/** What one message may bring when large things are written: a document with a few of them, as a snapshot. */
const LARGEST = 200_000
