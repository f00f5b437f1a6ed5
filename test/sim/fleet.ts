// A relay of several nodes: one database, a bus between them, a balancer before them, and the shipping relay in each.
import { JoineryError, type Random, type Store } from '@joinery/core'
import {
  sharedDatabase,
  virtualBus,
  type SharedNode,
  type VirtualClock,
  type VirtualNetwork,
  type Way,
} from '@joinery/core/testing'
import { createCounters, type Relay } from '@joinery/relay'
import type { Journal } from './journal.ts'
import { oneOf, pick, type Fault, type Plan } from './plan.ts'
import { relayNode, type RelayNode } from './relay-node.ts'
import type { Loss, Relays } from './relays.ts'

const WAY_MS = 1
const FLUSH_MS = 2
/** After so long the driver takes a question for lost. */
const GIVE_UP_MS = 2_000
/** A node that has not reached the database for so long has nobody linked to it (MN-06): five seconds, and what is on its way. */
export const ALONE_MS = 5_000 + GIVE_UP_MS + 1_500

export interface FleetNode {
  readonly host: string
  up(): boolean
  start(): void
  /** It dies without a word. */
  kill(): void
  /** It dies while one of its commits is on the way; `then` is called at that moment. */
  killInCommit(then: () => void): void
  /** It says goodbye to everybody and ends; `then` is called when it has. */
  drain(then: () => void): void
  /** It stands still for so long, and nobody notices. */
  pause(ms: number): void
  paused(): boolean
  /** It does not reach the database for so long. */
  cut(ms: number): void
  /** For how long it has been cut off, with somebody linked or nobody, and without standing still meanwhile; 0 when it is not. */
  cutFor(): number
  links(): number
  history(): Relay['history'] | undefined
}

export interface Fleet extends Relays {
  readonly nodes: readonly FleetNode[]
  /** The database restarts, and takes nobody for so long. */
  restartDatabase(ms: number): void
  /** After so long a copy takes its place. */
  failover(ms: number): void
  /** What the database is now is kept, to be put back. */
  backUp(): void
  /** All nodes are down, and come up after so long on what was backed up, under a new life of the log. */
  restore(ms: number): void
  /** The next commit is so long on its way to the disk; `begun` is called when it sets out. */
  hangCommit(ms: number, begun: () => void): void
  /** No hint arrives for so long. */
  loseHints(ms: number): void
}

interface Ports {
  readonly plan: Plan
  readonly clock: VirtualClock
  readonly network: VirtualNetwork
  readonly random: Random
  readonly journal: Journal
}

/** Nodes that are started, on an empty database. */
export function fleet({ plan, clock, network, random, journal }: Ports): Fleet {
  let calm = false
  let epochs = 0
  let lives = 0
  let fatal: unknown
  /** How far each log is known to be on the disk; begun anew with another database. */
  let durable = new Map<string, number>()
  let hanging: { readonly ms: number; begun(): void } | undefined
  const lost: Loss[] = []
  const counters = createCounters()
  const strikes = (fault: Fault, chance: number): boolean => !calm && plan.faults.has(fault) && random.number() < chance

  const database = sharedDatabase({
    clock,
    epoch: () => `epoch-${++epochs}`,
    flush() {
      const hangs = hanging
      hanging = undefined
      hangs?.begun()
      const ms = hangs?.ms ?? (strikes('slowDisk', 0.2) ? 20 + pick(random, 400) : FLUSH_MS)
      return new Promise(resolve => void clock.after(ms, resolve))
    },
    refuse() {
      if (strikes('diskFull', 0.05)) throw new JoineryError('QUOTA')
      if (!strikes('conflicts', 0.1)) return
      journal.saw('commit failed for another')
      throw new JoineryError('UNAVAILABLE', { reason: 'serialisation' })
    },
    ...(plan.faults.has('failover') ? { lagMs: () => 100 + pick(random, 1_500) } : {}),
  })
  const bus = virtualBus({
    arrivals() {
      const isBad = !calm && plan.faults.has('badBus')
      if (!isBad) return [1 + pick(random, 5)]
      return Array.from({ length: pick(random, 3) }, () => pick(random, 1_000))
    },
  })
  let backup = database.copy()
  let backupAt = 0

  const view = (): Store => database.copy().connect().store

  const machine = (at: number): FleetNode & { listening(): boolean; calm(): void } => {
    const host = `relay-${at + 1}`
    const ahead = plan.faults.has('nodeSkew') ? pick(random, 1_200_000) - 600_000 : 0
    let running: (RelayNode & { readonly shared: SharedNode; readonly bus: { close(): Promise<void> } }) | undefined
    let wakesAt = 0
    let cutUntil = 0
    /** Since when nothing of it was answered, but for what it waits for. */
    let cutSince: number | undefined
    let crashing: (() => void) | undefined
    let committing = 0
    let draining = false
    const isCut = (): boolean => clock.monotonic() < cutUntil

    const wayOf = (own: { after(ms: number, run: () => void): unknown }) => {
      const wait = (ms: number): Promise<void> => new Promise(resolve => void own.after(ms, resolve))
      return async (way: Way, method: keyof Store): Promise<void> => {
        if (method === 'commit' && way === 'there') committing += 1
        if (method === 'commit' && crashing !== undefined && committing > 1) crashSoon()
        await wait(WAY_MS + pick(random, 3))
        if (isCut() || strikes('connectionLost', 0.01)) {
          if (method === 'commit' && way === 'back') journal.saw('a node did not hear what became of a commit')
          await wait(isCut() ? pick(random, GIVE_UP_MS) : 0)
          throw new JoineryError('UNAVAILABLE', { reason: 'no answer' })
        }
      }
    }
    const crashSoon = (): void => {
      const then = crashing
      crashing = undefined
      if (then !== undefined) clock.after(pick(random, 6), () => (kill(), then()))
    }

    const start = (): void => {
      if (running !== undefined) return
      const own = clock.skewed(ahead)
      const shared = database.connect({
        way: wayOf(own),
        onFatal() {
          journal.note(`${host} finds another database, and ends`)
          clock.after(0, () => (kill(), clock.after(500 + pick(random, 2_000), start)))
        },
      })
      const hints = bus.node(own)
      lives += 1
      cutSince = isCut() ? clock.monotonic() : undefined
      draining = false
      const node = relayNode({
        plan,
        clock,
        own,
        network,
        random,
        journal,
        host,
        life: lives,
        store: shared.store,
        bus: hints,
        durable,
        counters,
        onFatal(error) {
          fatal = error
        },
      })
      running = { ...node, shared, bus: hints }
    }

    const kill = (): void => {
      if (running === undefined) return
      if (database.committing() > 0) journal.saw('relay crashed with commits on the way')
      journal.saw('a relay lost power')
      journal.note(`${host} dies`)
      running.stopListening()
      network.crash(host)
      running.clock.stop()
      running.shared.gone()
      void running.bus.close()
      running = undefined
    }

    return {
      host,
      up: () => running !== undefined,
      start,
      kill,
      killInCommit(then) {
        crashing = then
        committing = 0
      },
      drain(then) {
        if (running === undefined || draining) return
        draining = true
        const leaving = running
        journal.note(`${host} is told to stop`)
        let isOver = false
        const end = (): void => {
          if (isOver || running !== leaving) return
          isOver = true
          journal.saw('a node was drained')
          kill()
          then()
        }
        void leaving.relay.drain().then(() => leaving.clock.after(200, end))
        clock.after(10_000, end)
      },
      pause(ms) {
        if (running === undefined || wakesAt > clock.monotonic()) return
        journal.note(`${host} stands still for ${ms} ms`)
        wakesAt = clock.monotonic() + ms
        running.clock.sleep(ms)
        network.partition(host)
        clock.after(ms, () => network.heal(host))
        journal.saw('a node stood still')
      },
      paused: () => wakesAt > clock.monotonic(),
      cut(ms) {
        if (!isCut()) cutSince = Math.max(clock.monotonic(), wakesAt)
        cutUntil = clock.monotonic() + ms
        journal.note(`${host} does not reach the database for ${ms} ms`)
      },
      cutFor() {
        if (!isCut() || cutSince === undefined || running === undefined) return 0
        const since = Math.max(cutSince, wakesAt, running.relay.links() === 0 ? 0 : running.linkedSince())
        return Math.max(0, clock.monotonic() - since)
      },
      links: () => running?.relay.links() ?? 0,
      history: () => running?.relay.history,
      listening: () => running?.relay.ready() === true,
      calm() {
        crashing = undefined
        cutUntil = 0
      },
    }
  }
  const nodes = Array.from({ length: plan.nodes }, (_, at) => machine(at))
  for (const node of nodes) node.start()

  /** What the balancer knows of who is there is old now and then. */
  const choose = (): string => {
    const listening = nodes.filter(node => node.listening())
    const known = listening.length > 0 && random.number() < 0.8 ? listening : nodes
    return oneOf(random, known).host
  }

  return {
    nodes,
    hosts: () => nodes.map(({ host }) => host),
    transport(from) {
      const wires = network.transport(from)
      return { connect: (_url, on) => wires.connect(`ws://${choose()}`, on) }
    },
    view,
    restored: () => lost.length,
    lost: () => lost,
    history: () => nodes.find(node => node.up())?.history(),
    links: () => nodes.reduce((sum, node) => sum + node.links(), 0),
    awake: () => nodes.filter(node => !node.paused()).map(({ host }) => host),
    counted: () => counters.read(),
    fatal: () => fatal,
    restartDatabase(ms) {
      journal.note(`the database restarts, for ${ms} ms`)
      if (database.committing() > 0) journal.saw('the database restarted with commits on the way')
      journal.saw('a relay lost power')
      database.crash(pick(random, database.committing() + 1))
      database.accept(false)
      clock.after(ms, () => database.accept(true))
    },
    failover(ms) {
      database.accept(false)
      clock.after(ms, () => {
        const before = view()
        const { lost: commits, since } = database.failover()
        durable = new Map()
        journal.note(`a copy takes the place of the database, without ${commits} commits since ${since}`)
        database.accept(true)
        if (commits === 0) return
        journal.saw('a failover lost commits')
        lost.push({ before, after: view() })
      })
    },
    backUp() {
      backup = database.copy()
      backupAt = clock.monotonic()
    },
    restore(ms) {
      journal.note(`what was backed up at ${backupAt} is put back`)
      for (const node of nodes) node.kill()
      const before = view()
      database.restore(backup)
      durable = new Map()
      lost.push({ before, after: view() })
      clock.after(ms, () => nodes.forEach(node => node.start()))
    },
    hangCommit(ms, begun) {
      hanging = { ms, begun }
    },
    loseHints(ms) {
      journal.note(`no hint arrives for ${ms} ms`)
      journal.saw('hints were lost')
      bus.pass(false)
      // What loses them does not always know.
      const silently = random.number() < 0.5
      clock.after(ms, () => bus.pass(true, silently))
    },
    calm() {
      calm = true
      hanging = undefined
      for (const node of nodes) node.calm()
    },
    start() {
      for (const node of nodes) node.start()
    },
  }
}
