// One history: chaos, then quiet, then the questions.
import { seededRandom, virtualClock, virtualNetwork } from '@joinery/core/testing'
import { deviceMachine, type DeviceMachine } from './device-machine.ts'
import { strike, type World } from './faults.ts'
import { Broken, checkEnd, cursorWatcher, logWatcher } from './invariants.ts'
import { journal as newJournal, type Journal } from './journal.ts'
import { SPACE } from './library.ts'
import { people } from './people.ts'
import { describePlan, oneOf, pick, planOf } from './plan.ts'
import { relayMachine } from './relay-machine.ts'

const CHECK_MS = 2_000
const QUIET_MS = 60_000

export interface History {
  readonly seed: number
  readonly plan: string
  readonly journal: Journal
  readonly operations: number
  readonly faults: number
  /** What did not hold, or undefined. */
  readonly broken: string | undefined
}

/** Runs a seed to its end. The same seed gives the same history. */
export async function runSeed(seed: number): Promise<History> {
  const plan = planOf(seed)
  const random = seededRandom(seed ^ 0x5eed)
  const clock = virtualClock({ settle: () => new Promise(resolve => setImmediate(resolve)) })
  const journal = newJournal(() => clock.monotonic())
  const network = virtualNetwork({ clock, random, delay: () => 1 + pick(random, plan.delayMs) })
  const relay = relayMachine({ plan, clock, network, random, journal })
  const devices: DeviceMachine[] = []
  const addDevice = (like?: DeviceMachine): void => {
    const name = `d${devices.length + 1}`
    const user = like?.user ?? `user${devices.length % 2}`
    const disk = like === undefined ? {} : { disk: like.copyDisk() }
    const device = deviceMachine({ name, user, plan, clock, network, random, journal, ...disk })
    devices.push(device)
    void device.openTab()
  }
  const world: World = { plan, clock, network, random, journal, relay, devices, clone: addDevice }
  const crowd = people({ plan, random, journal })
  let operations = 0
  let faults = 0
  let chaos = true

  const act = (): void => {
    if (!chaos) return
    const device = oneOf(random, devices)
    const client = device.tabs()[pick(random, Math.max(1, device.tabs().length))]
    if (client !== undefined) {
      operations += 1
      void crowd.act({ device: device.name, life: device.life(), client })
    }
    clock.after(1 + pick(random, 2 * plan.pauseMs), act)
  }
  const fail = (): void => {
    if (!chaos) return
    faults += 1
    strike(world)
    clock.after(1 + pick(random, 2 * plan.faultMs), fail)
  }

  let broken: string | undefined
  try {
    for (let at = 0; at < plan.devices; at++) addDevice()
    await clock.advance(100)
    const watchers = [logWatcher(relay, journal), cursorWatcher(relay, () => devices)]
    act()
    fail()
    for (let at = 0; at < plan.chaosMs; at += CHECK_MS) {
      await clock.advance(CHECK_MS)
      for (const watcher of watchers) await watcher.check()
    }
    chaos = false
    journal.note('everything heals')
    calmDown(world)
    await quiet(world)
    for (const watcher of watchers) await watcher.check()
    await checkEnd(relay, devices, journal, random, clock)
  } catch (error) {
    broken = error instanceof Broken ? error.message : `crash: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`
  }
  return { seed, plan: describePlan(plan), journal, operations, faults, broken }
}

function calmDown({ network, relay, devices, clock }: World): void {
  relay.calm()
  for (const device of devices) device.calm()
  network.heal('relay')
  clock.after(5_000, () => {
    relay.start()
    for (const device of devices) if (device.tabs().length === 0) void device.openTab()
  })
}

/** I16: everything pending is acked and delivered within a minute. */
async function quiet({ clock, devices, relay }: World): Promise<void> {
  await clock.advance(10_000)
  for (let at = 10_000; at < QUIET_MS; at += 1_000) {
    await clock.advance(1_000)
    const statuses = devices.flatMap(device => device.tabs().map(tab => tab.status.get()))
    if (statuses.every(status => status.connection === 'live' && status.pending === 0 && !status.syncing)) return
  }
  const fatal = relay.fatal()
  if (fatal !== undefined) throw new Broken('I16', `the relay gave up: ${String(fatal)}`)
  const left = devices.map(device => {
    const states = device.tabs().map(tab => JSON.stringify(tab.status.get()))
    return `${device.name}: ${states.join(' ') || 'no tab'}`
  })
  throw new Broken('I16', `not quiet a minute after everything healed (${SPACE}): ${left.join('; ')}`)
}
