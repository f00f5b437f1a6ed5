/** The inflow machine, by itself. */
import type { Cursor, Entry } from '@joinery/core'
import { inflow, NEW_REPLICA, type Inflow, type InflowEffect, type InflowEvent } from '@joinery/core/sync'
import { expect, test } from 'vitest'

const cursor = (seq: number, epoch = 'e'): Cursor => ({ epoch, seq, mark: new Uint8Array(16).fill(seq) })

const entry = (seq: number, document = 'd'): Entry => ({
  seq,
  type: 'update',
  document,
  kind: 'note',
  engine: 'yjs',
  at: 1,
  device: 'x',
  n: seq,
  subject: 'ada',
  bytes: new Uint8Array([0, 0]),
})

const changes = (
  seq: number,
  entries: readonly Entry[] = [],
  more: Partial<Extract<InflowEvent, { type: 'changes' }>> = {},
): InflowEvent => ({
  type: 'changes',
  cursor: cursor(seq),
  live: true,
  reset: false,
  entries,
  ...more,
})

const bodies = (next: number, document?: string, entries: readonly Entry[] = []): InflowEvent => ({
  type: 'bodies',
  document,
  entries,
  next,
})

function reading(seq: number): Inflow {
  const machine = inflow({ cursor: cursor(seq), fill: undefined, tell: undefined })
  machine.handle({ type: 'up' })
  machine.handle(changes(seq))
  return machine
}

/** There is nothing to tell after this document. */
const end = (after: string): InflowEvent => ({ type: 'want', documents: [], page: { after, upTo: undefined } })

const stored = (effects: readonly InflowEffect[]): unknown[] =>
  effects.flatMap(effect =>
    effect.do === 'store' ? [{ seqs: effect.entries.map(({ seq }) => seq), at: effect.position.cursor?.seq }] : [],
  )

test('[R2] a new replica is live at the head, then fills in page by page, and its place is stored with each', () => {
  const machine = inflow(NEW_REPLICA)
  machine.handle({ type: 'up' })
  expect(machine.handle(changes(90))).toMatchObject([
    { do: 'store', position: { cursor: { seq: 90 }, fill: 0 } },
    { do: 'fetch', document: undefined, before: 0 },
  ])
  expect(machine.live()).toBe(true)
  expect(machine.handle(bodies(40, undefined, [entry(80)]))).toMatchObject([
    { do: 'store', bodies: true, position: { fill: 40 } },
    { do: 'fetch', before: 40 },
  ])
  machine.handle({ type: 'down' })
  machine.handle({ type: 'up' })
  // After a break it goes on where it stopped, once the relay has answered.
  expect(machine.handle(changes(90))).toMatchObject([{ do: 'fetch', before: 40 }])
  expect(machine.handle(bodies(0))).toMatchObject([{ do: 'store', position: { fill: undefined } }])
})

test('[R2] a page that leads nowhere is neither the end nor asked for again for ever', () => {
  const machine = inflow({ ...NEW_REPLICA, fill: 40 })
  machine.handle({ type: 'up' })
  machine.handle(changes(90))
  expect(machine.handle(bodies(40))).toEqual([])
  expect(machine.position()).toMatchObject({ fill: 40 })
})

test('[R2] [P38] a page that is answered twice, since the refusal was of a `have`, is not the end of them', () => {
  const machine = inflow(NEW_REPLICA)
  const asked = (event: InflowEvent): number[] =>
    machine.handle(event).flatMap(effect => (effect.do === 'fetch' ? [effect.before] : []))
  const refused: InflowEvent = { type: 'refused', document: undefined, code: 'UNAVAILABLE' }
  machine.handle({ type: 'up' })
  expect(asked(changes(90, [], { reset: true }))).toEqual([0])
  machine.handle(refused)
  expect(asked(changes(91))).toEqual([])
  machine.handle({ type: 'watching' })
  expect(asked(changes(91))).toEqual([0])
  expect(asked(bodies(40, undefined, [entry(80)]))).toEqual([40])
  expect(machine.handle(bodies(40, undefined, [entry(80)]))).toEqual([])
  expect(asked(bodies(20, undefined, [entry(30)]))).toEqual([20])
  // The second answer may lead further, when documents have moved past the page meanwhile.
  machine.handle(refused)
  machine.handle({ type: 'watching' })
  expect(asked(changes(92))).toEqual([20])
  expect(asked(bodies(15))).toEqual([15])
  expect(asked(bodies(10))).toEqual([10])
  expect(asked(bodies(12))).toEqual([])
  expect(machine.position()).toMatchObject({ fill: 10 })
  machine.handle(bodies(0))
  expect(machine.position()).toMatchObject({ fill: undefined })
})

test('[I6] the cursor goes up with what it covers; what was read before is not written again', () => {
  const machine = reading(5)
  expect(stored(machine.handle(changes(7, [entry(5), entry(6), entry(7)])))).toEqual([{ seqs: [6, 7], at: 7 }])
  expect(machine.handle(changes(7))).toEqual([])
})

test('[CL-10] a cursor that goes back is reported, kept where it was, and answered by an exchange of state', () => {
  for (const wrong of [changes(3, [entry(3)]), changes(9, [], { cursor: cursor(9, 'other') })]) {
    const machine = reading(5)
    const effects = machine.handle(wrong)
    expect(effects[0]).toMatchObject({ do: 'report', what: 'cursor-back' })
    expect(machine.position().cursor).toEqual(cursor(5))
    expect(effects.map(effect => effect.do)).toEqual(['report', 'store', 'tell', 'fetch'])
  }
})

test('[R4] a reset takes the new cursor, tells what is held and reads what there is; nothing is wiped', () => {
  const machine = reading(5)
  const effects = machine.handle(changes(2, [], { reset: true, cursor: cursor(2, 'new') }))
  expect(effects.map(effect => effect.do)).toEqual(['report', 'store', 'tell', 'fetch'])
  expect(machine.position()).toMatchObject({ cursor: { epoch: 'new', seq: 2 }, fill: 0, tell: '' })
  const wanted = { document: 'a', version: new Uint8Array(0) }
  // About one document, while the page is under way.
  expect(machine.handle({ type: 'want', documents: [wanted], page: undefined })).toMatchObject([
    { do: 'resupply', documents: [wanted], position: { tell: '' } },
  ])
  expect(machine.handle({ type: 'want', documents: [wanted], page: { after: '', upTo: 'm' } })).toMatchObject([
    { do: 'resupply', documents: [wanted], position: { tell: 'm' } },
    { do: 'tell', after: 'm' },
  ])
  expect(machine.handle(end('m'))).toMatchObject([{ do: 'resupply', position: { tell: undefined } }])
})

test('[R4] what was told before a reset, or found to be the end, says nothing of what is told since', () => {
  const machine = inflow({ cursor: cursor(5), fill: undefined, tell: 'k' })
  machine.handle({ type: 'up' })
  expect(machine.handle(changes(5))).toEqual([{ do: 'tell', after: 'k' }])
  expect(machine.handle(changes(2, [], { reset: true }))).toContainEqual({ do: 'tell', after: '' })
  machine.handle({ type: 'want', documents: [], page: { after: 'k', upTo: 'q' } })
  machine.handle(end('k'))
  expect(machine.position()).toMatchObject({ tell: '' })
  expect(machine.handle({ type: 'want', documents: [], page: { after: '', upTo: 'c' } })).toMatchObject([
    { do: 'resupply', position: { tell: 'c' } },
    { do: 'tell', after: 'c' },
  ])
})

test('[R4] a page of what is held that got no answer is told again', () => {
  const machine = inflow({ cursor: cursor(5), fill: undefined, tell: 'k' })
  machine.handle({ type: 'up' })
  expect(machine.handle(changes(5))).toEqual([{ do: 'tell', after: 'k' }])
  // By whatever else comes it is not.
  expect(machine.handle(changes(6))).toMatchObject([{ do: 'store' }])
  machine.handle({ type: 'down' })
  machine.handle({ type: 'up' })
  expect(machine.handle(changes(6))).toEqual([{ do: 'tell', after: 'k' }])
  // Nor by a refusal, which does not say of what it is, before the relay is asked what is new.
  expect(machine.handle({ type: 'refused', document: undefined, code: 'UNAVAILABLE' })).toEqual([])
  expect(machine.handle(changes(7))).toMatchObject([{ do: 'store' }])
  machine.handle({ type: 'watching' })
  expect(machine.handle(changes(7))).toEqual([{ do: 'tell', after: 'k' }])
})

test('[R4] what was acked and not read back before the link went down is told, though the cursor fits', () => {
  const acked = (seq: number): InflowEvent => ({ type: 'ack', entries: [{ seq }] })
  const again = (machine: Inflow): InflowEffect[] => {
    machine.handle({ type: 'down' })
    machine.handle({ type: 'up' })
    return machine.handle(changes(9))
  }
  const behind = reading(5)
  behind.handle(acked(6))
  expect(again(behind)).toMatchObject([{ do: 'store', position: { tell: '' } }, { do: 'tell' }])
  // Once is enough.
  behind.handle(end(''))
  expect(again(behind)).toEqual([])
  const inStep = reading(5)
  inStep.handle(acked(6))
  inStep.handle(changes(6, [entry(6)]))
  expect(again(inStep).map(effect => effect.do)).toEqual(['store'])
  // Before it had read anything, and in an earlier life of the tab.
  const blind = inflow(NEW_REPLICA)
  blind.handle({ type: 'up' })
  blind.handle(acked(1))
  const position = { cursor: cursor(5), fill: undefined, tell: undefined }
  for (const machine of [blind, inflow(position, 6)]) expect(again(machine)).toContainEqual({ do: 'tell', after: '' })
  expect(again(inflow(position, 5)).map(effect => effect.do)).toEqual(['store'])
})

test('[R4] that it is to be told is stored as soon as the link is up, once, and in place of what was heard until then', () => {
  const machine = inflow({ cursor: cursor(5), fill: undefined, tell: undefined }, 9)
  const [effect] = machine.handle({ type: 'up' })
  expect(effect).toMatchObject({
    do: 'store',
    entries: [],
    position: { cursor: { seq: 5 }, tell: '' },
    lost: { seq: 0 },
  })
  expect(machine.handle(changes(6, [entry(6)]))).toMatchObject([{ do: 'store', lost: undefined }, { do: 'tell' }])
  // What is acked before it was stored is not forgotten by it; what is acked on the next link is no part of it.
  machine.handle({ type: 'ack', entries: [{ seq: 7 }] })
  expect(effect).toMatchObject({ lost: { seq: 7 } })
  machine.handle({ type: 'down' })
  expect(machine.handle({ type: 'up' })).toMatchObject([{ do: 'store', position: { tell: '' }, lost: { seq: 0 } }])
  machine.handle({ type: 'ack', entries: [{ seq: 8 }] })
  expect(effect).toMatchObject({ lost: { seq: 7 } })
})

test('[R4] a tell that is under way goes on where it was, when nothing was heard that was not read', () => {
  const machine = inflow({ cursor: cursor(5), fill: undefined, tell: undefined }, 9)
  machine.handle({ type: 'up' })
  machine.handle(changes(5))
  machine.handle({ type: 'want', documents: [], page: { after: '', upTo: 'm' } })
  for (const next of [machine, inflow(machine.position(), 0)]) {
    next.handle({ type: 'down' })
    expect(next.handle({ type: 'up' })).toEqual([])
    expect(next.handle(changes(5))).toEqual([{ do: 'tell', after: 'm' }])
  }
})

test('[R4] as is what was fetched and not read, and an ack of what was there already takes nothing back', () => {
  const again = (machine: Inflow): InflowEffect[] => {
    machine.handle({ type: 'down' })
    machine.handle({ type: 'up' })
    return machine.handle(changes(9))
  }
  const fetched = reading(5)
  fetched.handle({ type: 'need', documents: ['a'], urgent: true })
  fetched.handle(bodies(0, 'a', [entry(6, 'a')]))
  expect(again(fetched)).toContainEqual({ do: 'tell', after: '' })
  const acked = reading(5)
  acked.handle({
    type: 'ack',
    entries: [{ seq: 6 }, { seq: 4 }],
  })
  acked.handle({ type: 'ack', entries: [{ seq: 3 }] })
  expect(again(acked)).toContainEqual({ do: 'tell', after: '' })
})

test('what no relay says is taken no notice of', () => {
  expect(reading(5).handle({ type: 'fetch' } as unknown as InflowEvent)).toEqual([])
})

test('[R2] a body that somebody waits for comes before what is only missing, and both before the pages', () => {
  const machine = inflow(NEW_REPLICA)
  machine.handle({ type: 'up' })
  machine.handle({ type: 'need', documents: ['a', 'b', 'c', 'd', 'e'], urgent: false })
  machine.handle({ type: 'need', documents: ['z'], urgent: true })
  const asked = machine.handle(changes(9)).flatMap(effect => (effect.do === 'fetch' ? [effect.document] : []))
  expect(asked).toEqual(['z', 'a', 'b', 'c'])
  expect(machine.handle(bodies(0, 'z', [entry(1, 'z')]))).toMatchObject([
    { do: 'store' },
    { do: 'fetch', document: 'd' },
  ])
})

test('[R2] a body that a page brought is not taken a second time', () => {
  const machine = inflow(NEW_REPLICA)
  machine.handle({ type: 'up' })
  machine.handle(changes(9))
  expect(machine.handle({ type: 'need', documents: ['a'], urgent: true })).toMatchObject([
    { do: 'fetch', document: 'a' },
  ])
  expect(machine.handle(bodies(0, undefined, [entry(1, 'a')]))).toMatchObject([{ do: 'store' }])
  expect(machine.handle(bodies(0, 'a', [entry(1, 'a')]))).toEqual([])
})

test('[D2] a body that was asked for before a void is not taken, alone or in a page, and is asked for again', () => {
  const machine = inflow(NEW_REPLICA)
  const told = { ...entry(7, 'a'), type: 'void' } as const
  machine.handle({ type: 'up' })
  machine.handle(changes(5))
  machine.handle({ type: 'need', documents: ['a'] })
  expect(machine.handle(changes(7, [told]))).toMatchObject([{ do: 'store' }])
  // Whoever needs it now waits for the second answer, too.
  expect(machine.handle({ type: 'need', documents: ['a'], urgent: true })).toEqual([])
  expect(machine.handle(bodies(0, 'a', [entry(3, 'a')]))).toEqual([{ do: 'fetch', document: 'a', before: 0 }])
  expect(machine.handle(bodies(0, 'a', [entry(4, 'a')]))).toMatchObject([{ do: 'store', bodies: true }])
  // The page was on its way all the time.
  expect(stored(machine.handle(bodies(0, undefined, [entry(3, 'a'), entry(2, 'b')])))).toEqual([{ seqs: [2], at: 7 }])
})

test('[D2] what was voided on one link is taken from pages of the next', () => {
  const machine = inflow(NEW_REPLICA)
  machine.handle({ type: 'up' })
  machine.handle(changes(7, [{ ...entry(7, 'a'), type: 'void' }]))
  machine.handle({ type: 'down' })
  machine.handle({ type: 'up' })
  machine.handle(changes(7))
  expect(stored(machine.handle(bodies(0, undefined, [entry(3, 'a')])))).toEqual([{ seqs: [3], at: 7 }])
})

test('a document that the relay does not have is said to be absent', () => {
  const machine = reading(5)
  machine.handle({ type: 'need', documents: ['a'], urgent: true })
  expect(machine.handle(bodies(0, 'a'))).toEqual([{ do: 'absent', document: 'a', code: 'NOT_FOUND' }])
  expect(machine.handle(bodies(0, 'a'))).toEqual([])
})

test('[C2] a body that cannot be had for now is asked for again; one that is being repaired is said to be', () => {
  const machine = reading(5)
  machine.handle({ type: 'need', documents: ['a'], urgent: true })
  expect(machine.handle({ type: 'refused', document: 'a', code: 'RATE_LIMITED' })).toEqual([])
  machine.handle({ type: 'watching' })
  expect(machine.handle(changes(5))).toMatchObject([{ do: 'fetch', document: 'a' }])
  expect(machine.handle({ type: 'refused', document: 'a', code: 'QUARANTINED' })).toMatchObject([
    { do: 'absent', code: 'QUARANTINED' },
  ])
})

test('[R6] GONE wipes its document, REMOVED the space, and nothing else wipes', () => {
  const machine = reading(5)
  expect(machine.handle({ type: 'refused', document: 'a', code: 'GONE' })).toEqual([
    { do: 'wipe-document', document: 'a' },
  ])
  expect(machine.handle({ type: 'refused', document: undefined, code: 'REMOVED' })).toEqual([
    { do: 'wipe-space', code: 'REMOVED' },
  ])
  expect(machine.handle({ type: 'refused', document: undefined, code: 'NOT_FOUND' })).toEqual([])
})
