// What real clients of Yjs write is never refused: editors' formatting, undo managers, documents in documents, snapshots, merged and
// different updates, and documents that were garbage-collected or kept whole.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { heldUpdates, judgeYjs, SCAN_LIMITS, scanYjsUpdate, type Verdict } from '@joinery/core/gate'
import { held, type Held } from './held.ts'
import { randomFrom, type RandomSource } from './random.ts'

const WORDS = ['a', 'word ', 'слово', '語', '😀', 'e\u0301', '\n', '\u0000', '\u202e', 'a longer run of text ']
const MARKS = ['bold', 'italic', 'link', 'ychange'] as const

interface Person {
  readonly doc: Y.Doc
  readonly undo: Y.UndoManager
  /** Updates that were made here and not sent yet. */
  readonly unsent: Uint8Array[]
}

/** The relay: takes what the gate takes, gives what it took. */
interface Relay {
  readonly head: Held
  readonly log: Uint8Array[]
}

const sessions = fc.record({ seed: fc.nat(), people: fc.integer({ min: 1, max: 4 }), gc: fc.boolean() })

test(
  '[D2] whatever people do with real documents is taken, sent one by one, merged, or as a difference',
  { timeout: 60_000 },
  () => {
    fc.assert(
      fc.property(sessions, ({ seed, people: count, gc }) => {
        const random = randomFrom(seed)
        const relay: Relay = { head: held(), log: [] }
        const people = Array.from({ length: count }, (_, at) => person(random, at, gc))
        for (let i = 0; i < 120; i++) {
          const one = random.pick(people)
          if (random.chance(0.25)) exchange(random, relay, one)
          else act(random, one)
        }
        for (const one of people) exchange(random, relay, one)
        for (const one of people) exchange(random, relay, one)
        const [first, ...rest] = people.map(({ doc }) => Y.encodeStateVector(doc))
        for (const other of rest) expect(Y.decodeStateVector(other)).toEqual(Y.decodeStateVector(first as Uint8Array))
        for (const { doc } of people) expect(doc.store.pendingStructs ?? doc.store.pendingDs).toBeNull()
        // And what is held of all of it: one update, by its bytes, by Yjs, and a snapshot of a document that forgot.
        const joined = heldUpdates()
        for (const update of relay.log) expect(joined.add(update)).toBe(true)
        const collected = new Y.Doc()
        collected.transact(() => relay.log.forEach(update => Y.applyUpdate(collected, update)))
        for (const whole of [joined.encode(), Y.mergeUpdates([...relay.log]), Y.encodeStateAsUpdate(collected)])
          expectTaken(judged(whole, held()))
      }),
      { numRuns: 40 },
    )
  },
)

test('[D2] a document made from a snapshot of another is taken', { timeout: 60_000 }, () => {
  fc.assert(
    fc.property(fc.nat(), seed => {
      const random = randomFrom(seed)
      const one = person(random, 1, false)
      for (let i = 0; i < 40; i++) act(random, one)
      const snapshot = Y.snapshot(one.doc)
      for (let i = 0; i < 40; i++) act(random, one)
      const restored = Y.createDocFromSnapshot(one.doc, snapshot)
      expectTaken(judged(Y.encodeStateAsUpdate(restored), held()))
    }),
    { numRuns: 40 },
  )
})

function person(random: RandomSource, at: number, gc: boolean): Person {
  const doc = new Y.Doc({ gc })
  doc.clientID = 1 + at + random.below(2 ** 31) * 2
  const unsent: Uint8Array[] = []
  doc.on('update', (update: Uint8Array, _origin: unknown, _doc: Y.Doc, transaction: Y.Transaction) => {
    if (transaction.local) unsent.push(update)
  })
  const types = [doc.getXmlFragment('prosemirror'), doc.getText('codemirror'), doc.getMap('map'), doc.getArray('list')]
  return { doc, unsent, undo: new Y.UndoManager(types, { captureTimeout: 0 }) }
}

/** Sends what is unsent in one of the ways of clients, and takes what others sent. */
function exchange(random: RandomSource, { head, log }: Relay, { doc, unsent }: Person): void {
  if (unsent.length > 0) {
    const known = Y.encodeStateVector(new Map(head.clocks))
    const updates = random.pick([
      () => [...unsent],
      () => [Y.mergeUpdates(unsent)],
      () => [Y.encodeStateAsUpdate(doc, known)],
      () => [Y.diffUpdate(Y.encodeStateAsUpdate(doc), known)],
      () => [Y.convertUpdateFormatV2ToV1(Y.encodeStateAsUpdateV2(doc, known))],
    ])()
    for (const update of updates) {
      const verdict = judged(update, head)
      expectTaken(verdict)
      head.record(verdict)
      log.push(update)
    }
    unsent.length = 0
  }
  for (const update of log) Y.applyUpdate(doc, update, 'relay')
}

function judged(update: Uint8Array, head: Held): Verdict {
  const result = scanYjsUpdate(update, SCAN_LIMITS)
  if (!result.ok) return expect.fail(`${result.code}: ${result.detail} at ${result.at} of ${update.length}`)
  return judgeYjs(result.scan, head, { owner: 'me' })
}

function expectTaken(verdict: Verdict): void {
  expect(['new', 'known'], JSON.stringify(verdict)).toContain(verdict.verdict)
}

function act(random: RandomSource, { doc, undo }: Person): void {
  const kind = random.below(12)
  if (kind === 0) undo.undo()
  else if (kind === 1) undo.redo()
  else if (kind < 6) writeRich(random, doc.getXmlFragment('prosemirror'))
  else if (kind < 9) writeText(random, doc.getText('codemirror'))
  else if (kind === 9) writeMap(random, doc.getMap('map'))
  else if (kind === 10) writeList(random, doc.getArray('list'))
  else doc.transact(() => [1, 2, 3].forEach(() => writeText(random, doc.getText('codemirror'))))
}

function writeText(random: RandomSource, text: Y.Text): void {
  const at = random.below(text.length + 1)
  const rest = text.length - at
  const kind = random.below(6)
  if (kind < 3) text.insert(at, random.pick(WORDS), random.chance(0.2) ? { [random.pick(MARKS)]: true } : undefined)
  else if (kind === 3) text.delete(at, random.below(rest + 1))
  else if (kind === 4) text.format(at, rest, { [random.pick(MARKS)]: random.pick([true, null, { href: 'é' }]) })
  else text.applyDelta([{ retain: at }, { insert: { image: 'x' } }, ...(rest > 0 ? [{ delete: 1 }] : [])])
}

/** Paragraphs with attributes and marked text, split and moved as ProseMirror's binding does: by new nodes with what was there. */
function writeRich(random: RandomSource, xml: Y.XmlFragment): void {
  const at = random.below(xml.length + 1)
  const there = xml.length > 0 ? xml.get(Math.min(at, xml.length - 1)) : undefined
  const kind = random.below(6)
  if (kind < 2 || there === undefined) xml.insert(at, [paragraph(random)])
  else if (kind === 2) xml.delete(Math.min(at, xml.length - 1), 1)
  else if (there instanceof Y.XmlElement && kind === 3)
    there.setAttribute(random.pick(['level', 'id']), random.pick(WORDS))
  else if (there instanceof Y.XmlElement && kind === 4 && there.length > 0) {
    const first = there.get(0)
    const copy = there.clone()
    xml.insert(at, [copy])
    if (first instanceof Y.XmlText) writeText(random, first)
  } else if (there instanceof Y.XmlElement) writeRich(random, there)
  else if (there instanceof Y.XmlText) writeText(random, there)
}

function paragraph(random: RandomSource): Y.XmlElement {
  const node = new Y.XmlElement(random.pick(['paragraph', 'heading', 'list_item']))
  if (random.chance(0.3)) node.setAttribute('level', random.pick(['1', '2']))
  const text = new Y.XmlText()
  const word = random.pick(WORDS)
  text.insert(0, word)
  if (random.chance(0.5)) text.format(0, word.length, { [random.pick(MARKS)]: {} })
  node.insert(0, [text])
  return node
}

function writeMap(random: RandomSource, map: Y.Map<unknown>): void {
  const key = random.pick(['title', 'nested', 'doc', 'text'])
  const there = map.get(key)
  if (there instanceof Y.Map && random.chance(0.6)) writeMap(random, there)
  else if (there instanceof Y.Text && random.chance(0.6)) writeText(random, there)
  else if (random.chance(0.2)) map.delete(key)
  else map.set(key, random.pick<() => unknown>([() => random.pick(WORDS), () => new Y.Map(), () => new Y.Text('t'), () => new Y.Doc({ guid: 'g', autoLoad: true }), () => ({ a: [1, undefined, 1n, new Uint8Array(2)] })])()) // prettier-ignore
}

function writeList(random: RandomSource, list: Y.Array<unknown>): void {
  const at = random.below(list.length + 1)
  if (at < list.length && random.chance(0.4)) list.delete(at, 1 + random.below(Math.min(3, list.length - at)))
  else
    list.insert(
      at,
      random.pick<() => unknown[]>([() => [1, 'two', null], () => [new Y.Map([['k', 1]])], () => [new Y.Doc()]])(),
    )
}
