// A person's device: its disk, its clock, and one or two tabs with the shipping client in them.
import { JoineryError, type Random, type Transport } from '@joinery/core'
import { seededRandom, type SkewedClock, type VirtualClock, type VirtualNetwork } from '@joinery/core/testing'
import { automerge } from '@joinery/adapters/engines/automerge'
import { yjs } from '@joinery/adapters/engines/yjs'
import { memoryDisk, memoryStorage, type MemoryDisk } from '@joinery/adapters/storage/memory'
import { memoryTabs } from '@joinery/adapters/tabs/memory'
import { createClient, type Client } from '@joinery/client/base'
import type { Journal } from './journal.ts'
import { library, SPACE } from './library.ts'
import { pick, type Plan } from './plan.ts'
import { RELAY_URL } from './relay-machine.ts'

export type SimClient = Client<(typeof library)['kinds']>

export interface DeviceMachine {
  readonly name: string
  readonly user: string
  /** Counts how often its disk began anew: what only an earlier life knew is gone with it. */
  life(): number
  /** The open tabs. */
  tabs(): readonly SimClient[]
  openTab(): Promise<void>
  /** A tab dies without a word. */
  killTab(at: number): void
  /** The device dies at this instant; its disk keeps what was durable. */
  crash(): void
  /** It dies while the next commit is being written; `then` is called at that moment. */
  crashInCommit(then: () => void): void
  /** The platform throws its storage away. */
  wipe(): void
  /** What the disk holds now, for another device that begins as its clone. */
  copyDisk(): MemoryDisk
  /** Its wall clock jumps by `ms`. */
  jump(ms: number): void
  /** It sleeps for `ms`: nothing on it runs meanwhile. */
  sleep(ms: number): void
  /** How far the disk says that a space has been read. */
  cursor(space: string): Promise<{ epoch: string; seq: number } | undefined>
  /** Documents with edits on the shelf. */
  shelved(space: string): Promise<string[]>
  calm(): void
}

interface Ports {
  readonly name: string
  readonly user: string
  readonly plan: Plan
  readonly clock: VirtualClock
  readonly network: VirtualNetwork
  /** How a machine reaches a relay. */
  readonly transport: (from: string) => Transport
  readonly random: Random
  readonly journal: Journal
  /** Begin as a clone of this. */
  readonly disk?: MemoryDisk
}

/** A device without a tab. */
export function deviceMachine({
  name,
  user,
  plan,
  clock,
  network,
  transport,
  random,
  journal,
  disk: given,
}: Ports): DeviceMachine {
  let calm = false
  let opened = 0
  let life = 0
  let committing = 0
  let crashing: (() => void) | undefined
  let ahead = plan.faults.has('clockJump') ? pick(random, 1_200_000) - 600_000 : 0
  const options = {
    step(step: string): void | Promise<void> {
      if (step === 'commit') return commit()
      if (step === 'begin' && !calm && plan.faults.has('storageFull') && random.number() < 0.05) {
        journal.saw('device storage was full')
        throw new JoineryError('STORAGE_FULL')
      }
    },
  }
  const commit = async (): Promise<void> => {
    committing += 1
    const then = crashing
    crashing = undefined
    if (then !== undefined) clock.after(0, () => (crash(), then()))
    await new Promise<void>(resolve => void clock.after(1 + pick(random, 4), resolve))
    committing -= 1
  }
  let disk = given?.copy(options) ?? memoryDisk(options)
  let shared = memoryTabs({ schedule: run => void clock.after(0, run) })
  let tabs: { readonly client: SimClient; readonly clock: SkewedClock; leads(): boolean; kill(): void }[] = []

  const openTab = async (): Promise<void> => {
    const tabClock = clock.skewed(ahead)
    const storage = memoryStorage({ disk })
    const tab = shared.open()
    const host = `${name}-${++opened}`
    const running = shared
    const kill = (): void => {
      tabClock.stop()
      network.crash(host)
      disk.kill(storage)
      tab.crash()
    }
    const opening = createClient({
      library,
      user,
      spaces: ['me', SPACE],
      url: RELAY_URL,
      allowInsecure: true,
      token: () => Promise.resolve(`dev:${user}`),
      storage,
      transport: transport(host),
      clock: tabClock,
      random: seededRandom(plan.seed * 7_919 + opened * 31 + [...name].reduce((sum, c) => sum + c.charCodeAt(0), 0)),
      tabs: tab,
      engines: [yjs, automerge],
    })
    const client = await opening.catch((error: unknown) => {
      if (shared === running) throw error
    })
    // The device crashed while the tab opened, and the tab with it.
    if (client === undefined || shared !== running) return kill()
    tabs.push({ client, clock: tabClock, leads: () => network.links().some(({ from }) => from === host), kill })
  }

  const crash = (): void => {
    if (committing > 0) journal.saw('device crashed with a commit on the way')
    for (const tab of tabs) tab.kill()
    disk.crash({ keepCommit: random.number() < 0.5 })
    committing = 0
    tabs = []
    shared = memoryTabs({ schedule: run => void clock.after(0, run) })
  }

  return {
    name,
    user,
    life: () => life,
    tabs: () => tabs.map(({ client }) => client),
    openTab,
    killTab(at) {
      const [tab] = tabs.splice(at, 1)
      if (tab?.leads() === true && tabs.length > 0) journal.saw('another tab took over')
      tab?.kill()
    },
    crash,
    crashInCommit(then) {
      crashing = then
    },
    wipe() {
      for (const tab of tabs) tab.kill()
      tabs = []
      disk.wipe()
      disk = memoryDisk(options)
      shared = memoryTabs({ schedule: run => void clock.after(0, run) })
      life += 1
      journal.saw('wiped device came back')
    },
    copyDisk: () => disk.copy(options),
    jump(ms) {
      ahead += ms
      for (const tab of tabs) tab.clock.jump(ms)
    },
    sleep(ms) {
      for (const tab of tabs) tab.clock.sleep(ms)
    },
    async cursor(space) {
      const storage = memoryStorage({ disk: disk.copy() })
      const position = await storage.read(['meta'], tx => tx.get('meta', ['position', space]))
      const cursor = (position as { cursor?: { epoch: string; seq: number } | null } | undefined)?.cursor
      return cursor ?? undefined
    },
    async shelved(space) {
      const storage = memoryStorage({ disk: disk.copy() })
      const rows = await storage.read(['shelf'], tx => tx.range('shelf', {}))
      return rows
        .map(({ value }) => value as { space: string; document: string })
        .filter(entry => entry.space === space)
        .map(({ document }) => document)
    },
    calm() {
      calm = true
      crashing = undefined
    },
  }
}
