/** What passes the gate and breaks an engine, on virtual time: who is blamed, what becomes of the document, and what it costs. */
import { automerge } from '@joinery/adapters/engines/automerge'
import { yjs } from '@joinery/adapters/engines/yjs'
import { JoineryError, type Engine } from '@joinery/core'
import { joinUpdates } from '@joinery/core/gate'
import { decodeVoided } from '@joinery/core/protocol'
import { memoryStore } from '@joinery/core/testing'
import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { automergeGate, yjsGate } from '../../src/index.ts'
import type { Trials } from '../../src/replay/culprit.ts'
import { visitor } from '../door/visitor.ts'
import { rig, type as typing, update, writer, type Device, type Rig } from '../rig.ts'
import { HIDDEN, POISON, trialsHere } from './poison.ts'

async function push(one: Rig, device: Device, n: number, bytes: Uint8Array, document = 'd'): Promise<void> {
  device.say({ type: 'push', space: 'garden', entries: [update(n, document, bytes)] })
  await one.rest(20)
}

/** What everybody who opens the document sees; throws when that breaks. */
async function opened(one: Rig, document = 'd'): Promise<string> {
  const doc = yjs.open('77')
  for (const { type, bytes } of await one.store.body('garden', document))
    if (type === 'update' || type === 'snapshot') doc.apply(bytes)
  expect(doc.waiting()).toBe(false)
  return JSON.stringify(doc.content())
}

test('[D2] [CR-24] [P130] what passed the gate and breaks its engine is voided behind the commit, by who laid it and not by who set it off', async () => {
  const one = rig({ trials: trialsHere() })
  const ann = await one.device('ann', 'phone')
  const eve = await one.device('eve', 'evil')
  ann.say({ type: 'watch', space: 'garden', cursor: undefined })
  await push(one, ann, 1, POISON.map)
  await push(one, ann, 2, POISON.value)
  await push(one, eve, 1, POISON.run)
  await push(one, eve, 2, POISON.split)
  await push(one, ann, 3, POISON.trigger)
  await push(one, ann, 4, writer(9).edit(typing('beside it')))
  expect(ann.of('refused')).toEqual([])
  await expect(opened(one)).rejects.toThrow()
  await one.rest(10_000)
  expect(await opened(one)).toContain('beside it')
  const log = (await one.store.read('garden', 0, Infinity)).entries
  expect(log.map(({ seq, type }) => [seq, type])).toEqual([
    [1, 'update'],
    [2, 'update'],
    [3, 'update'],
    [4, 'snapshot'],
    [5, 'update'],
    [6, 'update'],
    [7, 'void'],
  ])
  // The log still has what it was, and whose.
  expect(decodeVoided(log[6]!.bytes)).toMatchObject({
    seq: 4,
    device: 'evil',
    n: 2,
    subject: 'eve',
    bytes: POISON.split,
  })
  // Everybody hears of it, in order.
  expect(ann.of('changes').flatMap(({ entries }) => entries.map(({ seq, type }) => `${seq} ${type}`))).toContain(
    '7 void',
  )
  expect(one.relay.counters.read().get('voided.throws')).toBe(1)
  expect(one.lines.find(({ event }) => event === 'voided')?.fields).toMatchObject({ seq: 4, subject: 'eve' })
  // It is known by its name, and others go on.
  await push(one, eve, 2, POISON.split)
  expect(eve.of('ack').at(-1)?.entries).toEqual([{ n: 2, seq: 4 }])
  await push(one, ann, 5, writer(8).edit(typing('later')))
  expect(ann.of('refused')).toEqual([])
})

test('[D2] [CR-24] what breaks its engine only where all of it is opened in one step is voided as well', async () => {
  const one = rig({ trials: trialsHere() })
  const [ann, eve] = [await one.device('ann', 'phone'), await one.device('eve', 'evil')]
  const { list, unlist, ...hostile } = HIDDEN
  for (const [at, bytes] of [list, unlist].entries()) await push(one, ann, at + 1, bytes)
  for (const [at, bytes] of Object.values(hostile).entries()) await push(one, eve, at + 1, bytes)
  expect([...ann.of('refused'), ...eve.of('refused')]).toEqual([])
  const updates = Object.values(HIDDEN)
  expect(await opened(one)).toBe(shownOf([joinUpdates(updates)!]))
  expect(() => shownOf(updates)).toThrow()
  await one.rest(10_000)
  expect(await typesOf(one)).toEqual(['update', 'update', 'snapshot', 'update', 'update', 'update', 'void'])
  const bytes = (await one.store.body('garden', 'd')).filter(({ type }) => type !== 'void').map(entry => entry.bytes)
  expect(shownOf(bytes)).toBe(await opened(one))
  expect(shownOf(bytes)).toContain('honest')
})

test('[D2] who deleted what somebody put something beside afterwards does not lose the deletion', async () => {
  const one = rig({ trials: trialsHere() })
  const [ann, eve] = [await one.device('ann', 'phone'), await one.device('eve', 'evil')]
  await push(one, ann, 1, HIDDEN.list)
  await push(one, ann, 2, HIDDEN.unlist)
  await push(one, eve, 1, HIDDEN.map)
  await one.rest(10_000)
  expect(await typesOf(one)).toEqual(['update', 'update', 'snapshot', 'void'])
  expect(one.lines.find(({ event }) => event === 'voided')?.fields).toMatchObject({
    subject: 'eve',
    breakage: 'splits',
  })
})

/** What a device sees that opens these in one step; throws when that breaks. */
function shownOf(updates: readonly Uint8Array[]): string {
  const doc = yjs.open('78')
  doc.applyAll(updates)
  expect(doc.waiting()).toBe(false)
  return JSON.stringify(doc.content())
}

/** Five edits of two people after which Yjs throws on the document for ever. */
async function poisoned(one: Rig, ann: Device, eve: Device): Promise<void> {
  await push(one, ann, 1, POISON.map)
  await push(one, ann, 2, POISON.value)
  await push(one, eve, 1, POISON.run)
  await push(one, eve, 2, POISON.split)
  await push(one, ann, 3, POISON.trigger)
}

const typesOf = async (one: Rig, document = 'd'): Promise<string[]> =>
  (await one.store.body('garden', document)).map(({ type }) => type)

test('[D2] where nobody laid anything, it is the last edit that is voided, and what it stood over is back', async () => {
  const trials = brokenBy('poison')
  const one = rig({ trials })
  const ann = await one.device('ann', 'phone')
  const w = writer(5)
  const set = (value: string): Uint8Array => w.edit(doc => doc.getMap('m').set('title', value))
  for (const [at, value] of ['tea', 'poison'].entries()) await push(one, ann, at + 1, set(value))
  await one.rest(10_000)
  expect(await typesOf(one)).toEqual(['update', 'snapshot', 'void'])
  expect(await opened(one)).toContain('tea')
})

test('[D2] two orders that show two contents are found, and who brought the second history is voided', async () => {
  // An engine for which what the first author says depends on what was there before.
  const torn: Engine = {
    ...yjs,
    open(author) {
      const doc = yjs.open(author)
      let applied = 0
      return {
        ...doc,
        applyAll: updates => ((applied += 1), doc.applyAll(updates)),
        digest: () => (applied > 1 && doc.text('body').toString().includes('torn') ? 'one by one' : doc.digest()),
      }
    },
  }
  const one = rig({ trials: trialsHere({ yjs: torn }) })
  const ann = await one.device('ann', 'phone')
  for (const [at, word] of ['a ', 'torn ', 'b '].entries())
    await push(one, ann, at + 1, writer(at + 2).edit(typing(word)))
  await one.rest(10_000)
  expect(await typesOf(one)).toEqual(['update', 'snapshot', 'update', 'void'])
  expect(one.relay.counters.read().get('voided.splits')).toBe(1)
})

test('[T2] an edit whose work is over the budget is voided; one that is only the last straw is not, and its document is quarantined alone', async () => {
  const weigh = (updates: readonly Uint8Array[]): number =>
    updates.reduce((sum, bytes) => sum + (String.fromCharCode(...bytes).split('work').length - 1), 0)
  const here = trialsHere()
  const trials: Trials = {
    ...here,
    async try(engine, updates, known, easily) {
      if (weigh(updates) > (easily ? 5 : 10)) throw new JoineryError('TOO_LARGE', { what: 'work', budget: 'time' })
      return here.try(engine, updates, known, easily)
    },
  }
  const one = rig({ trials })
  const ann = await one.device('ann', 'phone')
  await push(one, ann, 1, writer(1).edit(typing('light')))
  await push(one, ann, 2, writer(2).edit(typing('work '.repeat(50))))
  for (let n = 0; n < 12; n++) await push(one, ann, 3 + n, writer(10 + n).edit(typing('work ')), 'grown')
  await push(one, ann, 20, writer(3).edit(typing('fine')), 'other')
  await one.rest(20_000)
  // A busy machine takes long for anything: the third time it is believed.
  expect(one.relay.counters.read().get('quarantined')).toBeUndefined()
  await one.rest(60_000)
  expect(await typesOf(one)).toEqual(['update', 'snapshot', 'void'])
  expect(await typesOf(one, 'grown')).toEqual(Array.from({ length: 12 }, () => 'update'))
  expect(one.relay.counters.read().get('replay-lost.budget')).toBe(1)
  expect(one.lines.filter(({ event }) => event === 'quarantined').map(({ fields }) => fields['document'])).toEqual([
    'grown',
  ])
  // It is read, by fetch, by changes and at the door, and not written; the others are.
  const bob = await one.device('bob', 'laptop')
  const head = await one.store.head('garden')
  bob.say({ type: 'watch', space: 'garden', cursor: { epoch: head!.epoch, seq: 0, mark: new Uint8Array(16) } })
  bob.say({ type: 'fetch', space: 'garden', document: 'grown', before: 0 })
  const stock = visitor(one, 'garden/grown', 'bob')
  stock.step1()
  await one.rest(100)
  expect(bob.of('bodies')[0]?.entries).toHaveLength(12)
  expect(bob.of('changes').flatMap(({ entries }) => entries).filter(({ document }) => document === 'grown')).toHaveLength(12) // prettier-ignore
  const doc = new Y.Doc()
  Y.applyUpdate(doc, stock.of('step2')[0]!.bytes)
  expect(doc.getText('body').toJSON()).toBe('work '.repeat(12))
  stock.update(writer(99).edit(typing('no')))
  bob.say({ type: 'push', space: 'garden', entries: [update(1, 'grown', writer(98).edit(typing('no')))] })
  bob.say({ type: 'push', space: 'garden', entries: [update(2, 'other', writer(97).edit(typing('yes')))] })
  await one.rest(100)
  expect(stock.of('denied')).toHaveLength(1)
  expect(stock.closed).toEqual([])
  expect(bob.of('refused')).toMatchObject([{ n: 1, code: 'QUARANTINED' }])
  expect(bob.of('ack')).toMatchObject([{ entries: [{ n: 2 }] }])
  expect(await typesOf(one, 'grown')).toHaveLength(12)
})

test('[D2] at the door whoever holds what was voided is sent away for good, and who comes with an empty copy gets the rest', async () => {
  const one = rig({ trials: trialsHere() })
  const [ann, eve] = [await one.device('ann', 'phone'), await one.device('eve', 'evil')]
  await poisoned(one, ann, eve)
  const [inside, elsewhere] = [visitor(one, 'garden/d'), visitor(one, 'garden/e')]
  for (const stock of [inside, elsewhere]) stock.step1()
  await one.rest(10_000)
  expect(inside.closed).toEqual([{ code: 4412, reason: 'VOIDED' }])
  expect(elsewhere.closed).toEqual([])
  const again = visitor(one, 'garden/d')
  again.step1()
  await one.rest(100)
  const doc = new Y.Doc()
  Y.applyUpdate(doc, again.of('step2')[0]!.bytes)
  expect(doc.getMap('root').toJSON()).toEqual({})
  // Who kept a copy of it loses what was voided by the deletes that everybody is told.
  const old = new Y.Doc()
  for (const bytes of [POISON.map, POISON.value, POISON.run, POISON.split]) Y.applyUpdate(old, bytes)
  expect(Y.decodeUpdate(again.of('step2')[0]!.bytes).ds.clients.has(3)).toBe(true)
})

test('[D2] [P131] an engine of which nothing can be left goes on without the edit, and nobody is sent its place', async () => {
  const one = rig({ trials: brokenBy('poison'), gates: [yjsGate(), automergeGate()] })
  const ann = await one.device('ann', 'phone')
  const doc = automerge.open('0a')
  const updates: Uint8Array[] = []
  doc.onUpdate(bytes => void updates.push(Uint8Array.from(bytes)))
  for (const word of ['good ', 'poison ']) doc.change(() => doc.text('body').insert(0, word))
  for (const [at, bytes] of updates.entries()) {
    ann.say({ type: 'push', space: 'garden', entries: [update(at + 1, 'a', bytes, { engine: 'automerge' })] })
    await one.rest(20)
  }
  await one.rest(10_000)
  expect(await typesOf(one, 'a')).toEqual(['update', 'void', 'void'])
  ann.say({ type: 'fetch', space: 'garden', document: 'a', before: 0 })
  await one.rest(20)
  expect(ann.of('bodies')[0]?.entries.map(({ seq }) => seq)).toEqual([1])
})

test('[D2] what an earlier process left is found by a sweep, each document once, and what it costs is bounded', async () => {
  const store = memoryStore()
  const before = rig({ store })
  const [ann, eve] = [await before.device('ann', 'phone'), await before.device('eve', 'evil')]
  await poisoned(before, ann, eve)
  for (let n = 0; n < 300; n++) await push(before, ann, 10 + n, writer(50 + n).edit(typing('x')), `n${n}`)
  before.relay.close()
  const trials = trialsHere()
  const after = rig({ store, trials })
  await after.rest(50_000)
  expect(trials.tries()).toBe(0)
  await after.rest(400_000)
  expect(await typesOf(after)).toEqual(['update', 'update', 'update', 'snapshot', 'update', 'void'])
  const tries = trials.tries()
  expect(tries).toBeGreaterThan(300)
  await after.rest(60_000)
  expect(trials.tries()).toBe(tries)
  expect(after.relay.counters.read().get('voided.throws')).toBe(1)
})

test('[T3] after each look it rests many times as long, and a document that never rests is looked at nevertheless', async () => {
  const here = trialsHere()
  let tries = 0
  const one = rig({
    trials: {
      ...here,
      async try(...asked) {
        tries += 1
        await new Promise<void>(resolve => one.clock.after(1_000, resolve))
        return here.try(...asked)
      },
    },
  })
  const ann = await one.device('ann', 'phone')
  const w = writer(1)
  for (let n = 1; n <= 300; n++) {
    ann.say({ type: 'push', space: 'garden', entries: [update(n, 'd', w.edit(typing('x')))] })
    await one.rest(1_000)
  }
  // Each look takes a second, and begins a minute after the document was written first since the last.
  expect(tries).toBeGreaterThan(2)
  expect(tries).toBeLessThan(7)
})

test('[T4] what the store or the workers cannot do now says nothing about the document: it is looked at again', async () => {
  const here = trialsHere()
  let isDown = true
  const one = rig({
    trials: {
      ...here,
      try: (...asked) => (isDown ? Promise.reject(new JoineryError('UNAVAILABLE')) : here.try(...asked)),
    },
  })
  const [ann, eve] = [await one.device('ann', 'phone'), await one.device('eve', 'evil')]
  await poisoned(one, ann, eve)
  await one.rest(60_000)
  expect(await typesOf(one)).not.toContain('void')
  isDown = false
  await one.rest(60_000)
  expect(await typesOf(one)).toContain('void')
  expect(one.relay.counters.read().get('quarantined')).toBeUndefined()
})

/** An engine that breaks on a word. */
function brokenBy(word: string): Trials {
  const here = trialsHere()
  return {
    ...here,
    async try(engine, updates, known, easily) {
      const doc = engine === 'yjs' ? yjs.open('9') : automerge.open('09')
      doc.applyAll(updates)
      if (JSON.stringify(doc.content()).includes(word)) return { trial: 'throws', detail: word }
      return here.try(engine, updates, known, easily)
    },
  }
}
