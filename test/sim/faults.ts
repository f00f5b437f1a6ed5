// What goes wrong: each draws its own share of chance and does one thing to the world.
import { oneOf, pick, type Fault } from './plan.ts'
import type { Fleet } from './fleet.ts'
import { FLEET_STRIKES } from './fleet-faults.ts'
import type { RelayMachine } from './relay-machine.ts'
import type { World } from './world.ts'

type Strike<R> = (world: World & { readonly relays: R }) => void

/** Faults of a relay of one node. */
const NODE_STRIKES: { readonly [F in Fault]?: Strike<RelayMachine> } = {
  relayCrash({ relays: relay, clock, random, journal }) {
    if (!relay.up()) return
    const back = (): void => void clock.after(100 + pick(random, 3_000), () => relay.start())
    if (random.number() < 0.6) return relay.crashInCommit(back)
    journal.note('the relay loses power')
    relay.crash()
    back()
  },
  relayLosesCommits({ relays: relay, clock, random, journal }) {
    if (!relay.up() || random.number() < 0.7) return
    journal.note('the relay is restored from an old copy')
    relay.crash()
    relay.restoreOld()
    clock.after(100 + pick(random, 1_000), () => relay.start())
  },
}

/** Faults that strike at a moment; the others are part of how a machine is built. */
const STRIKES: { readonly [F in Fault]?: Strike<RelayMachine | Fleet> } = {
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
  partition({ relays, network, clock, random, journal }) {
    const hosts = relays.awake()
    const which = oneOf(random, ['in', 'out', 'both'] as const)
    const ms = 500 + pick(random, 5_000)
    if (hosts.length === 0) return
    const held = hosts.length < 2 || random.number() < 0.5 ? hosts : [oneOf(random, hosts)]
    journal.note(`nobody reaches ${held.join(' and ')}`)
    for (const host of held) network.partition(host, which)
    clock.after(ms, () => {
      for (const host of relays.awake()) if (held.includes(host)) network.heal(host)
    })
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
  const { relays } = world
  const possible = [...world.plan.faults].flatMap((fault): (() => void)[] => {
    const common = STRIKES[fault]
    if (common !== undefined) return [() => common(world)]
    if ('nodes' in relays) {
      const among = FLEET_STRIKES[fault]
      return among === undefined ? [] : [() => among({ ...world, relays })]
    }
    const alone = NODE_STRIKES[fault]
    return alone === undefined ? [] : [() => alone({ ...world, relays })]
  })
  if (possible.length > 0) oneOf(world.random, possible)()
}
