// What goes wrong among several nodes, in their database and between them.
import type { Fleet } from './fleet.ts'
import { oneOf, pick, type Fault } from './plan.ts'
import type { World } from './world.ts'

type Strike = (world: World & { readonly relays: Fleet }) => void

export const FLEET_STRIKES: { readonly [F in Fault]?: Strike } = {
  relayCrash({ relays, clock, random }) {
    const node = oneOf(random, relays.nodes)
    const back = (): void => void clock.after(100 + pick(random, 3_000), () => node.start())
    if (random.number() < 0.5) return node.killInCommit(back)
    node.kill()
    back()
  },
  relayLosesCommits({ relays, random }) {
    if (random.number() < 0.5) return relays.backUp()
    if (random.number() < 0.4) relays.restore(100 + pick(random, 2_000))
  },
  nodePause({ relays, random }) {
    oneOf(random, relays.nodes).pause(random.number() < 0.8 ? 500 + pick(random, 8_000) : 10_000 + pick(random, 50_000))
  },
  nodeCut({ relays, random }) {
    oneOf(random, relays.nodes).cut(random.number() < 0.7 ? 500 + pick(random, 10_000) : 15_000 + pick(random, 10_000))
  },
  nodeRestart({ relays, clock, random }) {
    const node = oneOf(random, relays.nodes)
    node.drain(() => void clock.after(50 + pick(random, 1_000), () => node.start()))
  },
  hop({ devices, relays, clock, random, journal, network }) {
    if (random.number() < 0.5) {
      // What the one node is writing they push again, to the others.
      return relays.hangCommit(1_000 + pick(random, 2_000), () => {
        journal.note('all devices hop while a commit hangs')
        for (const link of network.links()) link.break()
        clock.after(5, () => devices.forEach(hopper => hopper.tabs().forEach(tab => void tab.syncNow())))
      })
    }
    const device = oneOf(random, devices)
    journal.note(`${device.name} hops from node to node`)
    // Thrown back at once, it comes again at once: whoever is at the device asks for it.
    for (let at = 0; at < 3; at++) {
      clock.after(at * (10 + pick(random, 40)), () => {
        for (const link of network.links()) if (link.from.startsWith(`${device.name}-`)) link.break()
      })
      clock.after(at * 40 + 5, () => device.tabs().forEach(tab => void tab.syncNow()))
    }
    journal.saw('a device hopped between nodes')
  },
  databaseDown: ({ relays, random }) => relays.restartDatabase(500 + pick(random, 8_000)),
  failover: ({ relays, random }) => relays.failover(200 + pick(random, 3_000)),
  hintsLost: ({ relays, random }) => relays.loseHints(1_000 + pick(random, 10_000)),
}
