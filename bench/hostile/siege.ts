// A real relay under attack, over both of its doors, while two people write and somebody watches the log. What is refused must not be in
// the log, what is acked must be, the two must not notice, and the relay's main thread must not be at one thing for long.
import type { PushedEntry } from '@joinery/core/protocol'
import { partsOf, SCAN_LIMITS, scanYjsUpdate } from '@joinery/core/gate'
import { any, by, item, text } from '../../packages/core/test/gate/craft.ts'
import { hostileAutomerge } from '../../packages/core/test/gate/grammar/automerge.ts'
import { hostileDoorFrame, step1Frame, updateFrame } from '../../packages/core/test/gate/grammar/door.ts'
import { hostileFrame } from '../../packages/core/test/gate/grammar/frames.ts'
import { hostileRegister } from '../../packages/core/test/gate/grammar/registers.ts'
import { hostileUpdate } from '../../packages/core/test/gate/hostile.ts'
import { randomFrom, type RandomSource } from '../../packages/core/test/gate/random.ts'
import { heavyweights } from './heavyweights.ts'
import { pair, type PairReport } from './pair.ts'
import { startRelay, type RelayProcess, type Stall } from './relay-process.ts'
import { atDoor, device } from './socket.ts'
import { witness, type Witness } from './witness.ts'

const SPACE = 'garden'
const DOCUMENTS = 24
const BATCH = 40
const AT_ONCE = 6

export interface SiegeReport {
  sent: number
  /** By way and code. */
  readonly outcomes: Map<string, number>
  /** Where the log holds what was refused, or lacks what was acked. */
  readonly changed: string[]
  /** While the small ones were sent. */
  stall: Stall
  /** Of each heavy one alone. */
  readonly heavy: { readonly name: string; readonly stall: Stall; readonly outcome: string }[]
  pair: PairReport | undefined
  exit: string | undefined
}

interface Scene {
  readonly relay: RelayProcess
  readonly watching: Witness
  readonly report: SiegeReport
  /** What attackers know of each document: the next free clock of each author. */
  readonly known: Map<string, Map<number, number>>
}

export async function siege(count: number, seed: number): Promise<SiegeReport> {
  const relay = await startRelay()
  const report: SiegeReport = {
    sent: 0,
    outcomes: new Map(),
    changed: [],
    stall: { cpu: 0, wall: 0, rss: 0 },
    heavy: [],
    pair: undefined,
    exit: undefined,
  }
  try {
    const watching = await witness(relay.port, SPACE)
    const scene: Scene = { relay, watching, report, known: new Map() }
    const writers = await pair(relay.port, `${SPACE}/calm`)
    await prepare(scene)
    // What was loaded and compiled for the first time is not the attackers' doing.
    await relay.stall()
    const shares = [
      [pushes, 0.55],
      [knocks, 0.3],
      [noises, 0.15],
    ] as const
    for (let slice = 0; slice < 10 && relay.exit() === undefined; slice++) {
      await Promise.all(
        shares.map(([way, share], at) => way(scene, Math.ceil((count * share) / 10), randomFrom(seed * 1_000 + slice * 10 + at), slice)), // prettier-ignore
      )
      report.stall = worse(report.stall, await relay.stall())
    }
    for (const { name, act } of heavyweights(relay.port, SPACE)) {
      if (relay.exit() !== undefined) break
      const outcome = await act()
      report.sent += 1
      report.heavy.push({ name, stall: await relay.stall(), outcome })
    }
    report.exit = relay.exit()
    if (report.exit === undefined) report.pair = await writers.finish()
    else report.changed.push(`the relay ended with ${report.exit}: ${relay.log()}`)
    return report
  } finally {
    await relay.stop()
  }
}

/** An honest word in each document, so that there is something to attack. */
async function prepare({ relay, known }: Scene): Promise<void> {
  let answered = 0
  const ann = await device(relay.port, 'ann', 'phone', message => {
    if (message.type === 'ack') answered += message.entries.length
    if (message.type === 'refused') throw new Error(`an honest word was refused with ${message.code}`)
  })
  const entries = Array.from({ length: DOCUMENTS }, (_, at): PushedEntry => {
    known.set(`t${at}`, new Map([[7, 9]]))
    const bytes = by(7, item(text('honest'), { parent: 'r' }), item(any(1, 2, 3), { parent: 'array' }))
    return entry(at + 1, `t${at}`, 'yjs', bytes)
  })
  ann.say({ type: 'push', space: SPACE, entries })
  await ann.until(() => answered === DOCUMENTS)
  ann.end()
}

function entry(n: number, document: string, engine: string, bytes: Uint8Array, resupply = false): PushedEntry {
  return { n, type: 'update', resupply, document, kind: 'note', engine, at: 1_700_000_000_000, bytes }
}

/** Edits pushed by devices: each is answered, and the log says the same as the answer. */
async function pushes(scene: Scene, count: number, random: RandomSource, slice: number): Promise<void> {
  const { relay, watching, report, known } = scene
  const answers = new Map<number, string>()
  let lastSeq = 0
  const name = `eve${slice}`
  const attacker = await device(relay.port, name, name, message => {
    if (message.type === 'ack') {
      for (const { n, seq } of message.entries) {
        answers.set(n, 'acked')
        lastSeq = Math.max(lastSeq, seq)
      }
    }
    if (message.type === 'refused' && message.n !== undefined) answers.set(message.n, message.code)
  })
  const sent: PushedEntry[] = []
  for (let n = 1; n <= count && attacker.closed() === undefined;) {
    const document = `t${random.below(DOCUMENTS)}`
    const batch: PushedEntry[] = []
    for (; n <= count && batch.length < BATCH; n++) batch.push(attack(random, n, document, known))
    attacker.say({ type: 'push', space: SPACE, entries: batch })
    sent.push(...batch)
    await attacker.until(() => answers.size === sent.length)
    for (const { n: at, engine, bytes } of batch) {
      if (answers.get(at) === 'acked' && engine === 'yjs') learn(known.get(document), bytes)
    }
  }
  const end = attacker.closed()
  if (end !== undefined) report.changed.push(`a device was closed with ${end.code} ${end.reason}`)
  await watching.seen(lastSeq)
  const logged = new Set(watching.entries.filter(one => one.device === name).map(({ n }) => n))
  for (const { n, bytes } of sent) {
    const answer = answers.get(n) ?? 'unanswered'
    tally(report, `push: ${answer}`)
    if (answer !== 'acked' && logged.has(n)) report.changed.push(`${answer}, and in the log: ${hexOf(bytes)}`)
  }
  attacker.end()
}

function attack(random: RandomSource, n: number, document: string, known: Scene['known']): PushedEntry {
  const kind = random.below(20)
  if (kind < 3) return entry(n, `a${document}`, 'automerge', hostileAutomerge(random), random.chance(0.2))
  if (kind === 3) return entry(n, `r${document}`, 'register', hostileRegister(random), random.chance(0.2))
  return entry(n, document, 'yjs', hostileUpdate(random, known.get(document) ?? new Map()), random.chance(0.1))
}

/** Frames at the door, each by somebody of his own, with an honest word behind it: when that is shown, or the door shut, it was read. */
async function knocks(scene: Scene, count: number, random: RandomSource, slice: number): Promise<void> {
  let next = 0
  const knock = async (): Promise<void> => {
    while (next < count && scene.relay.exit() === undefined) await knockOnce(scene, random, slice * 100_000 + next++)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, knock))
}

async function knockOnce({ relay, watching, report, known }: Scene, random: RandomSource, at: number): Promise<void> {
  const document = `t${random.below(DOCUMENTS)}`
  const name = `mal${at}`
  const marker = 2 ** 33 + at
  let isShown = false
  let isWhole = false
  const line = await atDoor(relay.port, name, `${SPACE}/${document}`, frame => {
    isWhole ||= frame[0] === 0 && frame[1] === 1
    const parts = frame[0] === 0 && frame[1] === 2 ? partsOf(contentOf(frame)) : undefined
    isShown ||= parts?.runs.some(({ author }) => author === marker) ?? false
  })
  line.send(step1Frame(Uint8Array.of(0)))
  await line.until(() => isWhole)
  let update: Uint8Array | undefined
  const frame = hostileDoorFrame(random, () => (update = hostileUpdate(random, known.get(document) ?? new Map())))
  line.send(frame)
  line.send(updateFrame(by(marker, item(text('!'), { parent: 'r' }))))
  await line.until(() => isShown)
  const end = line.closed()
  line.end()
  const theirs = watching.entries.filter(one => one.subject === name)
  // The door may put both into one entry.
  const stored = theirs.filter(({ bytes }) => {
    const parts = partsOf(bytes)
    return parts === undefined || parts.deletes.length > 0 || parts.runs.some(({ author }) => author !== marker)
  })
  const isRefused = end !== undefined && end.code >= 4_400 && end.code < 4_500
  tally(report, `door: ${end === undefined ? (stored.length > 0 ? 'stored' : 'nothing stored') : `closed ${end.code} ${end.reason}`}`) // prettier-ignore
  if (isRefused && stored.length > 0) report.changed.push(`closed with ${end.code}, and in the log: ${hexOf(frame)}`)
  if (update !== undefined && stored.length > 0) learn(known.get(document), update)
}

function contentOf(frame: Uint8Array): Uint8Array {
  let at = 2
  while ((frame[at] as number) >= 0x80) at += 1
  return frame.subarray(at + 1)
}

/** Frames that are no messages, or messages that say anything: the relay answers or ends the connection, and goes on. */
async function noises({ relay, report }: Scene, count: number, random: RandomSource, slice: number): Promise<void> {
  for (let sent = 0; sent < count && relay.exit() === undefined;) {
    let heard = 0
    const line = await device(relay.port, 'raw', `raw${slice}-${sent}`, message => void (heard += message.type === 'clock' ? 1 : 0)) // prettier-ignore
    for (let i = 0; i < 20 && sent < count; i++, sent++) {
      tally(report, 'frames on /v1/sync')
      line.send(hostileFrame(random, () => hostileUpdate(random, new Map([[7, 9]]))))
    }
    const before = heard
    line.say({ type: 'time', id: 9_999 })
    await line.until(() => heard > before)
    const end = line.closed()
    if (end !== undefined) report.outcomes.set(`link: closed ${end.code} ${end.reason}`, (report.outcomes.get(`link: closed ${end.code} ${end.reason}`) ?? 0) + 1) // prettier-ignore
    line.end()
  }
}

/** What the document is known to hold now. */
function learn(clocks: Map<number, number> | undefined, update: Uint8Array): void {
  const scanned = scanYjsUpdate(update, SCAN_LIMITS)
  if (!scanned.ok || clocks === undefined) return
  for (const { author, to } of scanned.scan.authors) clocks.set(author, Math.max(to, clocks.get(author) ?? 0))
}

function tally(report: SiegeReport, outcome: string): void {
  report.sent += 1
  report.outcomes.set(outcome, (report.outcomes.get(outcome) ?? 0) + 1)
}

function worse(a: Stall, b: Stall): Stall {
  return { cpu: Math.max(a.cpu, b.cpu), wall: Math.max(a.wall, b.wall), rss: Math.max(a.rss, b.rss) }
}

function hexOf(bytes: Uint8Array): string {
  return `${bytes.length} bytes ${Buffer.from(bytes.subarray(0, 200)).toString('hex')}`
}
