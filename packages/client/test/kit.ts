/** Devices for tests: clients on memory storage, virtual time and a virtual network. */
import { memoryDisk, type MemoryDisk } from '@joinery/adapters/storage/memory'
import { memoryTabs, type MemoryTab, type MemoryTabs } from '@joinery/adapters/tabs/memory'
import { yjs } from '@joinery/adapters/engines/yjs'
import { defineLibrary, folder, note, review } from '@joinery/core/kinds'
import {
  seededRandom,
  virtualClock,
  virtualNetwork,
  type VirtualClock,
  type VirtualNetwork,
} from '@joinery/core/testing'
import { createClient } from '../src/base.ts'

const library = defineLibrary('notes', { note, folder, review })

export interface World {
  readonly clock: VirtualClock
  readonly network: VirtualNetwork
  /** A machine with a disk of its own. */
  device(name: string, disk?: MemoryDisk): Device
}

export interface Device {
  readonly name: string
  readonly disk: MemoryDisk
  readonly tabs: MemoryTabs
  readonly lastTab: () => MemoryTab | undefined
  /** Opens the app, in one more tab. */
  open(options?: OpenOptions): Promise<TestClient>
}

type Options = Parameters<typeof createClient<(typeof library)['kinds']>>[0]
export type OpenOptions = Partial<Options>
export type TestClient = Awaited<ReturnType<typeof createClient<(typeof library)['kinds']>>>

/** Lets everything that needs no time come to rest, macrotasks of real I/O included. */
export const settle = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

export function world(seed = 1): World {
  const random = seededRandom(seed)
  const clock = virtualClock({ settle })
  const network = virtualNetwork({ clock, random })
  let devices = 0
  return {
    clock,
    network,
    device(name, disk = memoryDisk()) {
      const tabs = memoryTabs()
      const chance = seededRandom(seed * 1_000 + devices++)
      let last: MemoryTab | undefined
      return {
        name,
        disk,
        tabs,
        lastTab: () => last,
        open: options =>
          createClient({
            library,
            user: 'ada',
            engines: [yjs],
            storage: () => disk.open(),
            tabs: () => (last = tabs.open()),
            transport: network.transport(name),
            clock,
            random: chance,
            ...options,
          }),
      }
    },
  }
}
