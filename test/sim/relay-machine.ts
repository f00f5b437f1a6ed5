// The machine of the relay: its disk, and the shipping relay that runs on it until the power goes.
import { JoineryError, type Random } from '@joinery/core'
import {
  memoryStore,
  seededRandom,
  storeDisk,
  type SkewedClock,
  type StoreDisk,
  type VirtualClock,
  type VirtualNetwork,
} from '@joinery/core/testing'
import { createRelay, verifyDevToken, type Counters, type Relay } from '@joinery/relay'
import { memoryBus } from '@joinery/adapters/bus/memory'
import { automerge } from '@joinery/adapters/engines/automerge'
import { yjs } from '@joinery/adapters/engines/yjs'
import { GATES } from '../../packages/relay/src/gate/table.ts'
import { foldWith } from '../../packages/relay/src/workers/fold.ts'
import type { Journal } from './journal.ts'
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
  /** The disk is put back to what it was some time ago: another life of the log. */
  restoreOld(): void
  /** How often that was done. */
  restored(): number
  counters(): Counters | undefined
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
  const wait = (ms: number): Promise<void> => new Promise(resolve => clock.after(ms, resolve))
  const strikes = (fault: 'diskFull' | 'commitUnknown' | 'slowDisk', chance: number): boolean =>
    !calm && plan.faults.has(fault) && random.number() < chance

  const diskOptions = {
    epoch: () => `epoch-${++epochs}`,
    async step(step: 'read' | 'write' | 'flush', method: string) {
      if (step === 'read') return wait(READ_MS)
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
  let disk = storeDisk(diskOptions)
  /** What the disk was at moments gone by. */
  let backup = disk.copy(diskOptions)
  let running: { readonly relay: Relay; readonly clock: SkewedClock; readonly stopListening: () => void } | undefined

  /** What the relay's worker does, without the thread. */
  const foldHere = async (engine: string, updates: readonly Uint8Array[]): Promise<Uint8Array> => {
    await wait(5)
    const snapshot = foldWith(engine === 'yjs' ? yjs : automerge, random, updates)
    journal.saw('snapshot replaced entries')
    return snapshot
  }

  const start = (): void => {
    if (running !== undefined) return
    backup = disk.copy(diskOptions)
    lives += 1
    const own = clock.skewed(0)
    const relay = createRelay({
      store: memoryStore({ disk }),
      bus: memoryBus(),
      clock: own,
      random: seededRandom(plan.seed * 1_000 + lives),
      verify: verifyDevToken,
      gates: GATES,
      ...(plan.faults.has('compaction') ? { fold: foldHere } : {}),
      openToAll: true,
      limits: { ...(plan.faults.has('smallLimits') ? LAGGING : {}), ...(plan.faults.has('compaction') ? FOLDING : {}) },
      ...(process.env.DBG ? {log: {info(e: string,f?: unknown){console.log(clock.monotonic(),e,f)},warn(e: string,f?: unknown){console.log(clock.monotonic(),e,f)},error(e: string,f?: unknown){console.log(clock.monotonic(),e,f)}}} : {}),
      turn: () => Promise.resolve(),
      onFatal: error => {
        fatal = error
      },
    })
    const stopListening = network.accept(RELAY_HOST, socket => {
      const link = relay.accept(process.env.DBG ? {...socket, close(c: number, r: string){console.log(clock.monotonic(),'close',socket.from,c,r); socket.close(c,r)}} : socket)
      if (process.env.DBG) console.log(clock.monotonic(), 'accept', socket.from)
      socket.on({ frame: link.frame, closed: () => link.closed() })
    })
    running = { relay, clock: own, stopListening }
  }

  start()
  return {
    disk: () => disk,
    up: () => running !== undefined,
    start,
    crash() {
      if (running === undefined) return
      if (disk.unsaved > 0) journal.saw('relay crashed with commits on the way')
      running.stopListening()
      network.crash(RELAY_HOST)
      running.clock.stop()
      running = undefined
      disk.crash(pick(random, disk.unsaved + 1))
    },
    restoreOld() {
      if (running !== undefined) throw new Error('restore a relay that is down')
      disk = backup
      restored += 1
      backup = disk.copy(diskOptions)
      journal.saw('relay lost commits and devices brought them back')
    },
    restored: () => restored,
    counters: () => running?.relay.counters,
    calm() {
      calm = true
    },
    fatal: () => fatal,
  }
}

/** So small that readers lag. */
const LAGGING = { sendBuffer: 2_000, pageBytes: 600 }
/** So small that documents are folded within a few edits. */
const FOLDING = { foldEntries: 4, foldBytes: 4_000, foldQuietMs: 200, foldSweepMs: 2_000 }
