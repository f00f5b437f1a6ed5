// What goes wrong: each draws its own share of chance and does one thing to the world.
import type { Random } from '@joinery/core'
import type { VirtualClock, VirtualNetwork } from '@joinery/core/testing'
import type { DeviceMachine } from './device-machine.ts'
import type { Journal } from './journal.ts'
import { oneOf, pick, type Fault, type Plan } from './plan.ts'
import { RELAY_HOST, type RelayMachine } from './relay-machine.ts'

export interface World {
  readonly plan: Plan
  readonly clock: VirtualClock
  readonly network: VirtualNetwork
  readonly random: Random
  readonly journal: Journal
  readonly relay: RelayMachine
  readonly devices: DeviceMachine[]
  /** Begins a device as a clone of another. */
  clone(of: DeviceMachine): void
}

type Strike = (world: World) => void

/** Faults that strike at a moment; the others are part of how a machine is built. */
const STRIKES: { readonly [F in Fault]?: Strike } = {
  relayCrash({ relay, clock, random, journal }) {
    if (!relay.up()) return
    const back = (): void => void clock.after(100 + pick(random, 3_000), () => relay.start())
    if (random.number() < 0.6) return relay.crashInCommit(back)
    journal.note('the relay loses power')
    relay.crash()
    back()
  },
  relayLosesCommits({ relay, clock, random, journal }) {
    if (!relay.up() || random.number() < 0.7) return
    journal.note('the relay is restored from an old copy')
    relay.crash()
    relay.restoreOld()
    clock.after(100 + pick(random, 1_000), () => relay.start())
  },
  linkBreak({ network, random, journal }) {
    const links = network.links()
    if (links.length === 0) return
    const link = oneOf(random, links)
    journal.note(`the link of ${link.from} breaks`)
    link.break()
  },
  halfOpen({ network, random, journal }) {
    const links = network.links()
    if (links.length === 0) return
    const link = oneOf(random, links)
    journal.note(`the link of ${link.from} is half open`)
    link.halfOpen(random.number() < 0.5 ? 'client' : 'server')
  },
  partition({ network, clock, random, journal }) {
    journal.note('nobody reaches the relay')
    network.partition(RELAY_HOST, oneOf(random, ['in', 'out', 'both'] as const))
    clock.after(500 + pick(random, 5_000), () => network.heal(RELAY_HOST))
  },
  deviceCrash({ devices, clock, random, journal }) {
    const device = oneOf(random, devices)
    journal.note(`${device.name} crashes`)
    const back = (): void => void clock.after(50 + pick(random, 2_000), () => void device.openTab())
    if (random.number() < 0.6) return device.crashInCommit(back)
    device.crash()
    back()
  },
  deviceWipe({ devices, clock, random, journal }) {
    if (random.number() < 0.6) return
    const device = oneOf(random, devices)
    journal.note(`the storage of ${device.name} is thrown away`)
    device.wipe()
    clock.after(50 + pick(random, 1_000), () => void device.openTab())
  },
  deviceClone({ devices, random, journal, clone }) {
    if (devices.length > 4 || random.number() < 0.5) return
    const device = oneOf(random, devices)
    journal.note(`${device.name} is cloned`)
    clone(device)
  },
  tabs({ devices, random, journal }) {
    const device = oneOf(random, devices)
    const open = device.tabs().length
    if (open > 1) {
      journal.note(`a tab of ${device.name} dies`)
      device.killTab(pick(random, open))
    } else if (open === 1) {
      journal.note(`${device.name} opens another tab`)
      void device.openTab()
    }
  },
  clockJump({ devices, random }) {
    oneOf(random, devices).jump(pick(random, 1_200_000) - 600_000)
  },
  sleep({ devices, random, journal }) {
    const device = oneOf(random, devices)
    journal.note(`${device.name} falls asleep`)
    device.sleep(1_000 + pick(random, 8_000))
  },
}

/** One fault of those that this plan has on. */
export function strike(world: World): void {
  const possible = [...world.plan.faults].flatMap(fault => STRIKES[fault] ?? [])
  if (possible.length > 0) oneOf(world.random, possible)(world)
}
