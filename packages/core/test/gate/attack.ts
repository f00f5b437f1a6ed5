/**
 * Attacks documents with hostile updates and holds the gate to its word: what it lets through goes into Yjs at once and whole (D2, CR-24).
 * The relay is played by the gate and a head; what each verdict promises is checked on a real document.
 */
import * as Y from 'yjs'
import { joinUpdates, judgeYjs, SCAN_LIMITS, scanYjsUpdate, type Verdict } from '@joinery/core/gate'
import { held, type Held } from './held.ts'
import { whatOnlyAWorkerSees } from './unseen.ts'
import { hostileUpdate } from './hostile.ts'
import { editedDocs } from './random-docs.ts'
import { randomFrom } from './random.ts'
import { shapeOf } from './shape.ts'

/** Updates sent to one document before the next is attacked. */
const SIEGE = 60

export interface Attack {
  readonly count: number
  readonly seed: number
  /** Told before each update that gets through is applied, so that a watcher knows which one hangs. */
  readonly before?: (index: number) => void
  /** Milliseconds, for a report; nothing is decided by it. */
  readonly now?: () => number
}

export interface AttackReport {
  sent: number
  /** By verdict, or by code when refused. */
  readonly outcomes: Map<string, number>
  readonly failures: { readonly index: number; readonly what: string; readonly update: string }[]
  /** To scan and judge: the least of several tries, so that it is the update's doing. */
  slowestScan: Slowest
  /** To apply to Yjs. */
  slowest: Slowest
}

export interface Slowest {
  readonly index: number
  readonly ms: number
  readonly update: string
}

const NONE: Slowest = { index: -1, ms: 0, update: '' }
const TRIES = 3

export function attack({ count, seed, before, now = () => 0 }: Attack): AttackReport {
  const report: AttackReport = { sent: 0, outcomes: new Map(), failures: [], slowestScan: NONE, slowest: NONE }
  for (let siege = 0; report.sent < count; siege++) {
    besiege({ seed: seed * 1_000_003 + siege, count: Math.min(SIEGE, count - report.sent), report, before, now })
  }
  return report
}

interface Siege {
  readonly seed: number
  readonly count: number
  readonly before: Attack['before']
  readonly report: AttackReport
  readonly now: () => number
}

function besiege({ seed, count, report, before, now }: Siege): void {
  const random = randomFrom(seed)
  const doc = random.chance(0.4) ? (editedDocs(random.below(2 ** 31), { docs: 1, edits: 20 })[0] as Y.Doc) : new Y.Doc()
  // So that roots have types whose observers run, as in an app.
  if (random.chance(0.5)) openRoots(doc)
  // Yjs gives itself another id, and says so, when somebody writes under the one it has.
  doc.clientID = 2 ** 31
  doc.on('update', () => {})
  const head = held(clocksOf(doc))
  const first = Y.encodeStateAsUpdate(doc)
  const accepted: Uint8Array[] = [first]
  const uncollected = new Y.Doc({ gc: false })
  uncollected.clientID = 2 ** 31
  Y.applyUpdate(uncollected, first)
  for (let i = 0; i < count; i++) {
    const index = report.sent++
    const update = hostileUpdate(random, head.clocks)
    const claim = { owner: random.chance(0.05) ? 'you' : 'me', resupply: random.chance(0.2) }
    const begun = now()
    const verdict = judge(update, head, claim)
    let scanMs = now() - begun
    for (let i = 0; i < TRIES && scanMs > report.slowestScan.ms; i++) {
      const again = now()
      judge(update, head, claim)
      scanMs = Math.min(scanMs, now() - again)
    }
    if (scanMs > report.slowestScan.ms) report.slowestScan = { index, ms: scanMs, update: hexOf(update) }
    const outcome = verdict.verdict === 'refused' ? verdict.code : verdict.verdict
    report.outcomes.set(outcome, (report.outcomes.get(outcome) ?? 0) + 1)
    if (verdict.verdict !== 'new' && verdict.verdict !== 'known') continue
    // Left to the workers, who replay behind the commit; what they void is not applied.
    const unseen = whatOnlyAWorkerSees([doc, uncollected], update, head)
    if (unseen !== undefined) {
      report.outcomes.set(unseen, (report.outcomes.get(unseen) ?? 0) + 1)
      continue
    }
    before?.(index)
    const start = now()
    head.record(verdict)
    let wrong = applied(doc, update, head, verdict)
    const ms = now() - start
    if (ms > report.slowest.ms) report.slowest = { index, ms, update: hexOf(update) }
    wrong ??= applied(uncollected, update, head, verdict)
    if (wrong !== undefined) {
      report.failures.push({ index, what: wrong, update: hexOf(update) })
      return
    }
    accepted.push(update)
  }
  before?.(report.sent)
  const wrong = readable(doc, accepted)
  if (wrong !== undefined) report.failures.push({ index: report.sent, what: wrong, update: '' })
  // What arrives backwards waits, and Yjs merges it again and again: now and then is enough.
  const orders = seed % 4 === 0 ? [accepted.toReversed(), [joinUpdates(accepted)]] : [[joinUpdates(accepted)]]
  for (const other of orders) {
    const outcome = inOtherOrder(doc, other)
    if (outcome !== undefined) report.outcomes.set(outcome, (report.outcomes.get(outcome) ?? 0) + 1)
  }
}

/**
 * What becomes of the same updates in another order. Yjs merges what its own clients write, who put what they write between two neighbours;
 * what says it is between two that are not beside each other it may put elsewhere in every order, or break on (the header of yjs-scan.ts).
 */
function inOtherOrder(doc: Y.Doc, updates: readonly (Uint8Array | undefined)[]): string | undefined {
  const other = new Y.Doc()
  other.clientID = 2 ** 31
  for (const name of doc.share.keys()) other.get(name)
  try {
    for (const update of updates) {
      if (update === undefined) return 'what passed cannot be joined'
      Y.applyUpdate(other, update)
    }
    return shapeOf(other) === shapeOf(doc) ? undefined : 'unseen: documents that another order shows otherwise'
  } catch {
    return 'unseen: documents that Yjs breaks on in another order'
  }
}

function judge(
  update: Uint8Array,
  head: Held,
  claim: { owner: string; resupply: boolean },
): Verdict | { verdict: 'refused'; code: string } {
  const result = scanYjsUpdate(update, SCAN_LIMITS)
  return result.ok
    ? judgeYjs(result.scan, head, claim)
    : { verdict: 'refused', code: `${result.code}: ${result.detail}` }
}

/** What the verdict promised and the document does not do. */
function applied(doc: Y.Doc, update: Uint8Array, head: Held, verdict: Verdict): string | undefined {
  const before = verdict.verdict === 'known' ? hexOf(Y.encodeStateVector(doc)) : undefined
  try {
    Y.applyUpdate(doc, update)
  } catch (error) {
    return `apply throws ${error instanceof Error ? error.stack : String(error)}`
  }
  if (doc.store.pendingStructs !== null) return 'structs are left pending'
  if (doc.store.pendingDs !== null) return 'deletes are left pending'
  if (before !== undefined && hexOf(Y.encodeStateVector(doc)) !== before) return 'known, and yet it moved'
  const clocks = clocksOf(doc)
  for (const [author, clock] of head.clocks)
    if (clocks.get(author) !== clock && clock > 0) return `author ${author} is at ${clocks.get(author)}, not ${clock}`
  return clocks.size > head.clocks.size ? 'authors that the gate did not see' : undefined
}

/** What is held can be written, read by the gate, copied, and merged. */
function readable(doc: Y.Doc, accepted: readonly Uint8Array[]): string | undefined {
  try {
    const whole = Y.encodeStateAsUpdate(doc)
    const result = scanYjsUpdate(whole, { ...SCAN_LIMITS, maxDepth: 65_000 })
    if (!result.ok) return `its snapshot is refused: ${result.detail}`
    const verdict = judgeYjs(result.scan, held(), { owner: 'anybody' })
    if (verdict.verdict === 'gap' || verdict.verdict === 'refused')
      return `its snapshot is judged ${JSON.stringify(verdict)}`
    const copy = new Y.Doc()
    Y.applyUpdate(copy, whole)
    if (hexOf(Y.encodeStateVector(copy)) !== hexOf(Y.encodeStateVector(doc))) return 'its copy is another'
    const replayed = new Y.Doc()
    replayed.transact(() => accepted.forEach(update => Y.applyUpdate(replayed, update)))
    if (replayed.store.pendingStructs !== null) return 'its replay is left pending'
    Y.mergeUpdates([...accepted])
    return undefined
  } catch (error) {
    return `reading throws ${error instanceof Error ? error.stack : String(error)}`
  }
}

function openRoots(doc: Y.Doc): void {
  for (const name of ['text', 'r']) doc.getText(name).observeDeep(() => {})
  for (const name of ['map', 's']) doc.getMap(name).observeDeep(() => {})
  doc.getArray('array').observeDeep(() => {})
  doc.getXmlFragment('xml').observeDeep(() => {})
}

function clocksOf(doc: Y.Doc): Map<number, number> {
  return Y.decodeStateVector(Y.encodeStateVector(doc))
}

function hexOf(bytes: Uint8Array): string {
  return bytes.length > 4_000
    ? `${bytes.length} bytes`
    : Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('')
}
