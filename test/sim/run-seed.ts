// One history: chaos, then quiet, then the questions.
import { createHash } from 'node:crypto'
import { seededRandom, virtualClock, virtualNetwork } from '@joinery/core/testing'
import { deviceMachine, type DeviceMachine } from './device-machine.ts'
import { strike } from './faults.ts'
import { aloneWatcher, backupWatcher, checkEnd, cursorWatcher, logWatcher } from './invariants.ts'
import { Broken, journal as newJournal, type Journal } from './journal.ts'
import { keptVersions } from './kept-versions.ts'
import { SPACE } from './library.ts'
import { lostEdits } from './lost-edits.ts'
import { people } from './people.ts'
import { describePlan, oneOf, pick, planOf } from './plan.ts'
import { fleet } from './fleet.ts'
import { relayMachine } from './relay-machine.ts'
import type { World } from './world.ts'

const CHECK_MS = 2_000
/** After what takes longest to be noticed: a link that is dead without a word (60 s), a device that shares its name (30 s, twice). */
const NOTICE_MS = 70_000
const NOTICE_CLONE_MS = 180_000
const QUIET_MS = 60_000
/** After chaos, whatever is down comes back. */
const RESTART_MS = 5_000
/** Until what is told by itself has been told: hints go at once, and whoever missed one looks every five seconds. */
const TOLD_MS = 10_000
/** Longer than any timer that could still change something. */
const STEP_MS = 1_000

export interface History {
  readonly seed: number
  readonly plan: string
  readonly journal: Journal
  readonly operations: number
  readonly faults: number
  /** The same for the same history. */
  readonly fingerprint: string
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
  const relays = (plan.nodes === 1 ? relayMachine : fleet)({ plan, clock, network, random, journal })
  const devices: DeviceMachine[] = []
  const clones: [DeviceMachine, DeviceMachine][] = []
  const addDevice = (like?: DeviceMachine): void => {
    const name = `d${devices.length + 1}`
    const user = like?.user ?? `user${devices.length % 2}`
    const disk = like === undefined ? {} : { disk: like.copyDisk() }
    const device = deviceMachine({
      name,
      user,
      plan,
      clock,
      network,
      transport: relays.transport,
      random,
      journal,
      ...disk,
    })
    devices.push(device)
    if (like !== undefined) clones.push([like, device])
    void device.openTab()
  }
  const world: World = { plan, clock, network, random, journal, relays, devices, clone: addDevice }
  const crowd = people({ plan, random, journal, now: () => clock.monotonic() })
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
    const lost = lostEdits(relays, () => devices, journal, seededRandom(plan.seed ^ 0x105e))
    const watchers = [
      logWatcher(relays, journal),
      cursorWatcher(relays, () => devices),
      keptVersions({ plan, relays, journal, clock, random: seededRandom(plan.seed ^ 0x01d) }),
      lost,
      backupWatcher(relays, lost, journal, seededRandom(plan.seed ^ 0xbac)),
    ]
    if ('nodes' in relays) watchers.push(aloneWatcher(relays, journal))
    act()
    fail()
    for (let at = 0; at < plan.chaosMs; at += CHECK_MS) {
      await clock.advance(CHECK_MS)
      for (const watcher of watchers) await watcher.check()
      if (journal.broken !== undefined) throw journal.broken
    }
    chaos = false
    journal.note('everything heals')
    calmDown(world)
    await quiet(world)
    for (const watcher of watchers) await watcher.check()
    await checkEnd(relays, lost, devices, journal, random, clock, clones.length > 0)
    // Who is still linked: one tab of each device. A relay does not hear that a half-open link is dead.
    if (!plan.faults.has('halfOpen') && relays.links() > devices.length) {
      throw new Broken('I13', `${relays.links()} links of ${devices.length} devices`)
    }
    lookBack(world, clones)
  } catch (error) {
    broken =
      error instanceof Broken
        ? error.message
        : `crash: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`
  }
  const fingerprint = createHash('sha256')
    .update([...journal.lines, broken].join('\n'))
    .digest('hex')
  return { seed, plan: describePlan(plan), journal, operations, faults, fingerprint, broken }
}

function calmDown({ network, relays, devices, clock }: World): void {
  relays.calm()
  for (const device of devices) device.calm()
  for (const host of relays.awake()) network.heal(host)
  clock.after(RESTART_MS, () => {
    relays.start()
    for (const device of devices) if (device.tabs().length === 0) void device.openTab()
  })
}

/** I16: once everything has been noticed, all that is pending is acked and delivered within a minute. */
async function quiet({ clock, devices, relays, plan, journal }: World): Promise<void> {
  const notice = plan.faults.has('deviceClone') ? NOTICE_CLONE_MS : NOTICE_MS
  // A link that is half open looks alive until then, so nothing before tells whether all is quiet.
  await clock.advance(plan.faults.has('halfOpen') || plan.faults.has('deviceClone') ? notice : RESTART_MS)
  // Nor does one to a node that stands still: whoever is linked to it calls himself live, and has not read what came meanwhile.
  while (relays.awake().length < relays.hosts().length) await clock.advance(STEP_MS)
  let since: number | undefined
  for (let at = 0; at < QUIET_MS + NOTICE_MS; at += STEP_MS) {
    await clock.advance(STEP_MS)
    if (journal.broken !== undefined) throw journal.broken
    const statuses = devices.flatMap(device => device.tabs().map(tab => tab.status.get()))
    const isQuiet = statuses.every(status => status.connection === 'live' && status.pending === 0 && !status.syncing)
    if (!isQuiet) since = undefined
    // What was acked last is still on its way to the others.
    else if (clock.monotonic() - (since ??= clock.monotonic()) >= TOLD_MS) return
  }
  const fatal = relays.fatal()
  if (fatal !== undefined)
    throw new Broken('I16', `the relay gave up: ${fatal instanceof Error ? fatal.message : 'for no reason'}`)
  const left = devices.map(device => {
    const states = device.tabs().map(tab => JSON.stringify(tab.status.get()))
    return `${device.name}: ${states.join(' ') || 'no tab'}`
  })
  throw new Broken('I16', `not quiet a minute after everything healed (${SPACE}): ${left.join('; ')}`)
}

/** What must happen sometimes and shows only in the end. */
function lookBack({ relays, journal }: World, clones: readonly (readonly [DeviceMachine, DeviceMachine])[]): void {
  for (const [one, other] of clones) {
    const names = [one, other].map(device => device.tabs()[0]?.device())
    if (one.life() === 0 && other.life() === 0 && names[0] !== names[1]) journal.saw('cloned device found out')
  }
  const counted = relays.counted()
  // I17: what the devices of our own write breaks no engine, in whatever order (D1, D2).
  for (const name of counted.keys())
    if (name.startsWith('voided') || name.startsWith('replay-lost')) throw new Broken('I17', `${name}: an honest edit`)
  if (journal.edits.some(edit => edit.refused && !edit.acked)) journal.saw('edits were shelved')
  if (counted.has('answered.STAMP_AHEAD')) journal.saw('clock was ahead and edits were stamped anew')
  if (counted.has('answered.GAP')) journal.saw('an edit came without what it builds on')
}
