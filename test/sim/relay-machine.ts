// The machine of a relay of one node: its disk, and the shipping relay that runs on it until the power goes.
import { JoineryError, type Random, type Store } from '@joinery/core'
import { memoryStore, storeDisk, type VirtualClock, type VirtualNetwork } from '@joinery/core/testing'
import { createCounters } from '@joinery/relay'
import { memoryBus } from '@joinery/adapters/bus/memory'
import type { Journal } from './journal.ts'
import { pick, type Plan } from './plan.ts'
import { relayNode, type RelayNode } from './relay-node.ts'
import type { Loss, Relays } from './relays.ts'

const HOST = 'relay'
export const RELAY_URL = `ws://${HOST}`
const READ_MS = 1
const WRITE_MS = 2

export interface RelayMachine extends Relays {
  up(): boolean
  /** Power off: what was not fsynced is kept only in part, from the front. */
  crash(): void
  /** The power goes while the next commit is being written; `then` is called at that moment. */
  crashInCommit(then: () => void): void
  /** The disk is put back to what it was some time ago. */
  restoreOld(): void
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
  let crashing: (() => void) | undefined
  const lost: Loss[] = []
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
  let running: RelayNode | undefined
  const view = (): Store => memoryStore({ disk: disk.copy() })

  const start = (): void => {
    if (running !== undefined) return
    backup = disk.copy(diskOptions)
    lives += 1
    running = relayNode({
      plan,
      clock,
      own: clock.skewed(0),
      network,
      random,
      journal,
      host: HOST,
      life: lives,
      store: memoryStore({ disk }),
      bus: memoryBus(),
      counters,
      onFatal(error) {
        fatal = error
      },
    })
  }

  const crash = (): void => {
    if (running === undefined) return
    if (disk.unsaved > 0) journal.saw('relay crashed with commits on the way')
    journal.saw('a relay lost power')
    journal.note(`the relay loses power with ${disk.unsaved} changes on their way`)
    running.stopListening()
    network.crash(HOST)
    running.clock.stop()
    running = undefined
    disk.crash(pick(random, disk.unsaved + 1))
  }

  start()
  return {
    hosts: () => [HOST],
    transport: network.transport,
    view,
    awake: () => [HOST],
    up: () => running !== undefined,
    start,
    crash,
    crashInCommit(then) {
      crashing = then
    },
    restoreOld() {
      if (running !== undefined) throw new Error('restore a relay that is down')
      const before = view()
      disk = backup
      lost.push({ before, after: view() })
      backup = disk.copy(diskOptions)
    },
    restored: () => lost.length,
    lost: () => lost,
    history: () => running?.relay.history,
    links: () => running?.relay.links() ?? 0,
    counted: () => counters.read(),
    calm() {
      calm = true
      crashing = undefined
    },
    fatal: () => fatal,
  }
}
