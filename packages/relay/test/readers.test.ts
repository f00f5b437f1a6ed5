import { JoineryError, stampOf, type Cursor, type Store } from '@joinery/core'
import { memoryStore, storeDisk } from '@joinery/core/testing'
import { CLOSE, encodeMessage, PRESENCE_CLOCK, type PushedEntry } from '@joinery/core/protocol'
import { yjs } from '@joinery/adapters/engines/yjs'
import { createEncoder, toUint8Array, writeVarUint } from 'lib0/encoding'
import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { personalSpaceOf } from '../src/index.ts'
import { rig, type, update, writer, type Device, type Rig } from './rig.ts'

async function pushMany(one: Rig, device: Device, count: number, bytes = 1): Promise<void> {
  for (let n = 1; n <= count; n++) {
    device.say({
      type: 'push',
      space: 'garden',
      entries: [update(n, `d${n}`, writer(n).edit(type('x'.repeat(bytes))))],
    })
    await one.rest()
  }
}

function seqs(device: Device): number[] {
  return device.of('changes').flatMap(({ entries }) => entries.map(({ seq }) => seq))
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1)

test('[WS-10] who stops reading is sent nothing more, costs nothing, and gets it all from the log when he reads again', async () => {
  const one = rig({ limits: { sendBuffer: 10_000 } })
  const [ann, bob] = [await one.device('ann', 'phone'), await one.device('bob', 'laptop')]
  bob.say({ type: 'watch', space: 'garden', cursor: undefined })
  await one.rest()
  bob.reads(false)
  await pushMany(one, ann, 100, 1_000)
  expect(bob.heard.filter(({ type }) => type === 'changes')).toHaveLength(1)
  expect(bob.buffered()).toBeGreaterThan(10_000)
  expect(bob.buffered()).toBeLessThan(10_000 + 2_000)
  expect(bob.closed).toEqual([])
  // What was under way when he stopped is lost with the connection; here it was lost on the way.
  bob.reads(true)
  await one.rest(1_000)
  const [first] = seqs(bob)
  expect(first).toBeLessThan(15)
  expect(seqs(bob)).toEqual(upTo(100).slice((first ?? 1) - 1))
  expect(bob.of('changes').at(-1)?.live).toBe(true)
})

test('[WS-10] who takes nothing for half a minute is closed, to come back', async () => {
  const one = rig({ limits: { sendBuffer: 10_000 } })
  const [ann, bob] = [await one.device('ann', 'phone'), await one.device('bob', 'laptop')]
  bob.say({ type: 'watch', space: 'garden', cursor: undefined })
  await one.rest()
  bob.reads(false)
  await pushMany(one, ann, 20, 1_000)
  await one.rest(29_000)
  expect(bob.closed).toEqual([])
  await one.rest(2_000)
  expect(bob.closed).toMatchObject([{ code: CLOSE.TRY_LATER }])
  expect(one.relay.counters.read().get('stuck')).toBe(1)
  expect(ann.closed).toEqual([])
})

test('[R2] whatever a reader missed, in however many pages and while more is written, comes once and in order', async () => {
  const one = rig({ limits: { pageBytes: 2_000 } })
  const ann = await one.device('ann', 'phone')
  ann.say({ type: 'watch', space: 'garden', cursor: undefined })
  await pushMany(one, ann, 30, 500)
  const start = ann.of('changes')[0]?.cursor
  const bob = await one.device('bob', 'laptop')
  bob.say({ type: 'watch', space: 'garden', cursor: start })
  for (let n = 31; n <= 40; n++)
    ann.say({ type: 'push', space: 'garden', entries: [update(n, `d${n}`, writer(n).edit(type('y')))] })
  await one.rest(100)
  expect(seqs(bob)).toEqual(upTo(40))
  const lives = bob.of('changes').map(({ live }) => live)
  expect(lives[0]).toBe(false)
  expect(lives.at(-1)).toBe(true)
})

test('[R4] a cursor of another life, of another history, or beyond the head is reset, and told so', async () => {
  const one = rig()
  const ann = await one.device('ann', 'phone')
  ann.say({ type: 'watch', space: 'garden', cursor: undefined })
  await pushMany(one, ann, 3)
  const head = ann.of('changes').at(-1)!.cursor
  const wrong: Cursor[] = [
    { ...head, epoch: 'another' },
    { ...head, seq: 4 },
    { ...head, mark: head.mark.toReversed() },
    { ...head, seq: 2 },
    { ...head, seq: 0 },
  ]
  for (const cursor of wrong) {
    const bob = await one.device('bob', 'laptop')
    bob.say({ type: 'watch', space: 'garden', cursor })
    await one.rest()
    expect(bob.of('changes')).toEqual([
      { type: 'changes', space: 'garden', cursor: head, live: true, reset: true, entries: [] },
    ])
  }
})

test('[R4] what a device has and the log lacks is asked for, taken with its authors, and binds nobody', async () => {
  const whole = rig()
  const [ann, bob] = [await whole.device('ann', 'phone'), await whole.device('bob', 'laptop')]
  ann.say({ type: 'watch', space: 'garden', cursor: undefined })
  const [w, v] = [writer(1), writer(2)]
  const first = w.edit(type('ann'))
  ann.say({ type: 'push', space: 'garden', entries: [update(1, 'd', first)] })
  await whole.rest()
  Y.applyUpdate(v.doc, first)
  const second = v.edit(doc => doc.getText('body').insert(3, ' and bob'))
  bob.say({ type: 'push', space: 'garden', entries: [update(1, 'd', second)] })
  await whole.rest()
  Y.applyUpdate(w.doc, second)
  const cursor = ann.of('changes').at(-1)!.cursor

  // Another relay that has lost everything.
  const lost = rig()
  const again = await lost.device('ann', 'phone')
  again.say({ type: 'watch', space: 'garden', cursor })
  again.say({
    type: 'have',
    space: 'garden',
    documents: [{ document: 'd', engine: 'yjs', version: Y.encodeSnapshot(Y.snapshot(w.doc)) }],
  })
  await lost.rest()
  expect(again.of('changes')).toMatchObject([{ reset: true }])
  expect(again.of('want')).toEqual([
    { type: 'want', space: 'garden', documents: [{ document: 'd', version: new Uint8Array() }] },
  ])
  again.say({
    type: 'push',
    space: 'garden',
    entries: [update(1, 'd', Y.encodeStateAsUpdate(w.doc), { resupply: true })],
  })
  await lost.rest()
  expect(again.of('ack')).toMatchObject([{ entries: [{ n: 1, seq: 1 }] }])
  expect((await lost.store.authors('garden', 'd')).sort((a, b) => Number(a.author) - Number(b.author))).toEqual([
    { author: '1', clock: 3, owner: '' },
    { author: '2', clock: 8, owner: '' },
  ])
  // Bob goes on under his author, and the relay is asked again: nothing is lacking.
  const back = await lost.device('bob', 'laptop')
  back.say({
    type: 'push',
    space: 'garden',
    entries: [
      update(
        2,
        'd',
        v.edit(doc => doc.getText('body').insert(0, 'hi ')),
      ),
    ],
  })
  again.say({
    type: 'have',
    space: 'garden',
    documents: [{ document: 'd', engine: 'yjs', version: Y.encodeSnapshot(Y.snapshot(w.doc)) }],
  })
  await lost.rest()
  expect(back.of('ack')).toHaveLength(1)
  expect(again.of('want').at(-1)?.documents).toEqual([])
})

test('[R4] an edit that was lost with the log and given back by somebody else is acked to its author, and nobody’s name is taken', async () => {
  const lost = rig()
  const [w, v] = [writer(1), writer(2)]
  const first = w.edit(type('ann'))
  Y.applyUpdate(v.doc, first)
  v.edit(doc => doc.getText('body').insert(3, ' and bob'))
  const cursor = { epoch: 'another', seq: 2, mark: new Uint8Array(16) }
  const bob = await lost.device('bob', 'laptop')
  bob.say({ type: 'watch', space: 'garden', cursor })
  await lost.rest()
  const whole = Y.encodeStateAsUpdate(v.doc)
  bob.say({ type: 'push', space: 'garden', entries: [update(1, 'd', whole, { resupply: true })] })
  await lost.rest()
  const eve = await lost.device('eve', 'other')
  eve.say({ type: 'push', space: 'garden', entries: [update(1, 'd', first)] })
  await lost.rest()
  expect(eve.of('refused')).toMatchObject([{ n: 1, code: 'GAP' }])
  const ann = await lost.device('ann', 'phone')
  ann.say({ type: 'watch', space: 'garden', cursor })
  await lost.rest()
  ann.say({ type: 'push', space: 'garden', entries: [update(7, 'd', first), update(8, 'd', w.edit(type('!')))] })
  await lost.rest()
  expect(ann.of('refused')).toEqual([])
  expect(ann.of('ack').flatMap(({ entries }) => entries.map(({ n }) => n))).toEqual([7, 8])
  // What she goes on to write is hers; what is hers nobody repeats.
  const mallory = await lost.device('mallory', 'third')
  mallory.say({ type: 'watch', space: 'garden', cursor })
  await lost.rest()
  mallory.say({ type: 'push', space: 'garden', entries: [update(1, 'd', first)] })
  await lost.rest()
  expect(mallory.of('refused')).toMatchObject([{ n: 1, code: 'CONFLICTING_AUTHORSHIP' }])
})

test('[R4] an edit that deletes what the log lost is a gap to whoever was told of the loss, and no good from anybody else', async () => {
  const lost = rig()
  const w = writer(1)
  w.edit(type('lost'))
  const deleting = w.edit(doc => doc.getText('body').delete(0, 2))
  const [ann, eve] = [await lost.device('ann', 'phone'), await lost.device('eve', 'other')]
  ann.say({ type: 'watch', space: 'garden', cursor: { epoch: 'another', seq: 2, mark: new Uint8Array(16) } })
  await lost.rest()
  for (const device of [ann, eve]) device.say({ type: 'push', space: 'garden', entries: [update(1, 'd', deleting)] })
  await lost.rest()
  expect(ann.of('refused')).toMatchObject([{ n: 1, code: 'GAP' }])
  expect(eve.of('refused')).toMatchObject([{ n: 1, code: 'DELETES_UNKNOWN' }])
})

test.each(['head', 'roleOf'] as const)(
  '[R4] a device that could not be told of a loss, since %s failed, gets no last word on what builds on it',
  async failing => {
    const base = memoryStore()
    let isAway = true
    const asked = base[failing] as (...of: string[]) => Promise<unknown>
    const one = rig({
      store: {
        ...base,
        [failing]: (...of: string[]) => (isAway ? Promise.reject(new JoineryError('UNAVAILABLE')) : asked(...of)),
      },
    })
    const w = writer(1)
    w.edit(type('lost'))
    const deleting = w.edit(doc => doc.getText('body').delete(0, 2))
    const ann = await one.device('ann', 'phone')
    ann.say({ type: 'watch', space: 'garden', cursor: undefined })
    await one.rest()
    expect(ann.of('refused')).toMatchObject([{ document: undefined, code: 'UNAVAILABLE' }])
    ann.forget()
    isAway = false
    ann.say({ type: 'push', space: 'garden', entries: [update(1, 'd', deleting)] })
    await one.rest()
    expect(ann.of('refused')).toMatchObject([{ n: 1, code: 'GAP' }])
    // From now on it knows.
    ann.forget()
    ann.say({ type: 'watch', space: 'garden', cursor: undefined })
    ann.say({ type: 'push', space: 'garden', entries: [update(1, 'd', deleting)] })
    await one.rest()
    expect(ann.of('refused')).toMatchObject([{ n: 1, code: 'DELETES_UNKNOWN' }])
  },
)

test('[R4] nor does one that was told once, and whose next watch failed', async () => {
  const base = memoryStore()
  let isAway = false
  const head: typeof base.head = space => (isAway ? Promise.reject(new JoineryError('UNAVAILABLE')) : base.head(space))
  const one = rig({ store: { ...base, head } })
  const w = writer(1)
  w.edit(type('lost'))
  const ann = await one.device('ann', 'phone')
  ann.say({ type: 'watch', space: 'garden', cursor: undefined })
  await one.rest()
  isAway = true
  ann.say({ type: 'watch', space: 'garden', cursor: undefined })
  await one.rest()
  expect(ann.of('refused')).toMatchObject([{ document: undefined, code: 'UNAVAILABLE' }])
  ann.forget()
  isAway = false
  const deleting = w.edit(doc => doc.getText('body').delete(0, 2))
  ann.say({ type: 'push', space: 'garden', entries: [update(1, 'd', deleting)] })
  await one.rest()
  expect(ann.of('refused')).toMatchObject([{ n: 1, code: 'GAP' }])
})

test("[R4] others' edits are taken only from who was asked: anybody else is told to tell again what he has", async () => {
  const one = rig()
  const ann = await one.device('ann', 'phone')
  const [w, v] = [writer(1), writer(2)]
  ann.say({ type: 'push', space: 'garden', entries: [update(1, 'd', w.edit(type('a')))] })
  await one.rest()
  const eve = await one.device('eve', 'other')
  eve.say({ type: 'push', space: 'garden', entries: [update(1, 'd', w.edit(type('b')), { resupply: true })] })
  eve.say({ type: 'push', space: 'garden', entries: [update(2, 'd', v.edit(type('c')), { resupply: true })] })
  await one.rest()
  // Also what nobody wrote here before: it would be hers then, whoever wrote it.
  expect(eve.of('refused')).toMatchObject([
    { n: 1, code: 'GAP' },
    { n: 2, code: 'GAP' },
  ])
  expect(await one.store.authors('garden', 'd')).toHaveLength(1)
})

test('[R4] [S4] what others gave back without its name is acked to who wrote it, also by a relay that asked nobody', async () => {
  const w = writer(1)
  const [first, second] = [
    w.edit(type('a')),
    w.edit(doc => doc.getText('body').applyDelta([{ delete: 1 }, { insert: 'b' }])),
  ]
  const both = Y.encodeStateAsUpdate(w.doc)
  const third = w.edit(type('c'))
  const held = { document: 'd', engine: 'yjs', version: Y.encodeSnapshot(Y.snapshot(w.doc)) }
  const store = memoryStore()
  /** What a relay that has just started answers; told `GAP`, the device says what it has and pushes again. */
  const pushed = async (name: string, entry: PushedEntry): Promise<string[]> => {
    const one = rig({ store })
    const device = await one.device(name, `${name}-phone`)
    const push = async (): Promise<string> => {
      device.forget()
      device.say({ type: 'push', space: 'garden', entries: [entry] })
      await one.rest()
      return device.of('refused')[0]?.code ?? device.of('ack').map(({ type }) => type)[0] ?? 'nothing'
    }
    const answer = await push()
    if (answer !== 'GAP') return [answer]
    device.say({ type: 'have', space: 'garden', documents: [held] })
    await one.rest()
    return [answer, await push()]
  }
  expect(await pushed('bob', update(1, 'd', both, { resupply: true }))).toEqual(['GAP', 'ack'])
  // Its author is bound to nobody; then to ann, and the log has no name at the places of her first two.
  expect(await pushed('ann', update(1, 'd', first))).toEqual(['GAP', 'ack'])
  expect(await pushed('ann', update(3, 'd', third))).toEqual(['ack'])
  expect(await pushed('ann', update(2, 'd', second))).toEqual(['GAP', 'ack'])
  // That whose deletes may have been lacking was written, under its name.
  expect((await store.document('garden', 'd'))?.seq).toBe(3)
  expect(await store.named('garden', 'ann-phone', 2)).toMatchObject({ seq: 3 })
  // What she says that she wrote after that is another history under the same name; and it is nobody else's.
  expect(await pushed('ann', update(4, 'd', first))).toEqual(['CONFLICTING_AUTHORSHIP'])
  expect(await pushed('eve', update(1, 'd', first))).toEqual(['CONFLICTING_AUTHORSHIP'])
})

test('[R4] [S1] what is given back to a store that was put back under a relay is written, whatever the relay knew of it', async () => {
  const disk = storeDisk()
  const first = memoryStore({ disk })
  let current = first
  const calls = Object.keys(first).map(name => [name, (...of: never[]) => (current[name as keyof Store] as (...of: never[]) => unknown)(...of)]) // prettier-ignore
  const one = rig({ store: Object.fromEntries(calls) as Store })
  const w = writer(1)
  const ann = await one.device('ann', 'phone')
  ann.say({ type: 'watch', space: 'garden', cursor: undefined })
  ann.say({ type: 'push', space: 'garden', entries: [update(1, 'd', w.edit(type('a')))] })
  await one.rest()
  const before = disk.copy()
  ann.say({ type: 'push', space: 'garden', entries: [update(2, 'd', w.edit(type('b')))] })
  await one.rest()
  expect(ann.of('ack').flatMap(({ entries }) => entries)).toHaveLength(2)
  const cursor = ann.of('changes').at(-1)!.cursor
  current = memoryStore({ disk: before })
  expect((await current.head('garden'))?.epoch).toBe(cursor.epoch)

  const again = await one.device('ann', 'phone')
  again.say({ type: 'watch', space: 'garden', cursor })
  const held = { document: 'd', engine: 'yjs', version: Y.encodeSnapshot(Y.snapshot(w.doc)) }
  again.say({ type: 'have', space: 'garden', documents: [held] })
  await one.rest()
  expect(again.of('want').at(-1)?.documents).toMatchObject([{ document: 'd' }])
  const whole = Y.encodeStateAsUpdate(w.doc)
  again.say({ type: 'push', space: 'garden', entries: [update(3, 'd', whole, { resupply: true })] })
  await one.rest()
  expect(again.of('ack')).toMatchObject([{ entries: [{ n: 3, seq: 2 }] }])
  const doc = new Y.Doc()
  for (const { bytes } of await current.body('garden', 'd')) Y.applyUpdate(doc, bytes)
  expect(doc.getText('body').toJSON()).toBe('ab')
})

test('[R4] deletes that a device has are asked for where the log lost them, and only there', async () => {
  const w = writer(1)
  const typed = w.edit(type('typed'))
  const deleted = w.edit(doc => doc.getText('body').delete(0, 2))
  const held = { document: 'd', engine: 'yjs', version: Y.encodeSnapshot(Y.snapshot(w.doc)) }
  const wantedOf = async (edits: readonly Uint8Array[]): Promise<unknown> => {
    const one = rig()
    const ann = await one.device('ann', 'phone')
    const entries = edits.map((bytes, at) => update(at + 1, 'd', bytes))
    ann.say({ type: 'push', space: 'garden', entries })
    await one.rest()
    ann.say({ type: 'have', space: 'garden', documents: [held] })
    await one.rest()
    return ann.of('want').at(-1)?.documents
  }
  expect(await wantedOf([typed])).toMatchObject([{ document: 'd' }])
  expect(await wantedOf([typed, deleted])).toEqual([])
})

test('[D6] a purged document that a device still has is GONE', async () => {
  const one = rig()
  const ann = await one.device('ann', 'phone')
  ann.say({ type: 'push', space: 'garden', entries: [update(1, 'd', new Uint8Array(), { type: 'tombstone' })] })
  await one.rest()
  ann.say({
    type: 'have',
    space: 'garden',
    documents: [{ document: 'd', engine: 'yjs', version: new Uint8Array([0, 0]) }],
  })
  await one.rest()
  expect(ann.of('refused')).toMatchObject([{ document: 'd', n: undefined, code: 'GONE' }])
  expect(ann.of('want')).toMatchObject([{ documents: [] }])
})

test('[R4] what is pushed right behind a watch is judged when it is known whether the cursor fits', async () => {
  const one = rig()
  const w = writer(1)
  const kept = w.edit(type('kept'))
  const lost = w.edit(type(' lost'))
  const late = w.edit(doc => doc.getText('body').delete(5, 2))
  const ann = await one.device('ann', 'phone')
  ann.say({ type: 'push', space: 'garden', entries: [update(1, 'd', kept)] })
  await one.rest()
  // Of a log that was longer: the deletes are of content that this one has lost.
  ann.say({ type: 'watch', space: 'garden', cursor: { epoch: 'another', seq: 2, mark: new Uint8Array(16) } })
  ann.say({ type: 'push', space: 'garden', entries: [update(3, 'd', late)] })
  await one.rest()
  expect(ann.of('refused')).toMatchObject([{ n: 3, code: 'GAP' }])
  ann.say({ type: 'push', space: 'garden', entries: [update(2, 'd', lost), update(3, 'd', late)] })
  await one.rest()
  expect(ann.of('ack').flatMap(({ entries }) => entries.map(({ n }) => n))).toEqual([1, 2, 3])
})

test('[R2] a page of bodies comes after all changes that the log had when it was read: what moved past it is told before', async () => {
  const inner = memoryStore()
  const held = Promise.withResolvers<void>()
  const store: Store = {
    ...inner,
    async read(...page) {
      await held.promise
      return inner.read(...page)
    },
  }
  const one = rig({ store })
  const ann = await one.device('ann', 'phone')
  await pushMany(one, ann, 4)
  const head = (await store.head('garden'))!
  const cursor = { epoch: head.epoch, seq: 1, mark: (await store.markAt('garden', 1))! }
  const bob = await one.device('bob', 'laptop')
  bob.say({ type: 'watch', space: 'garden', cursor })
  bob.say({ type: 'fetch', space: 'garden', document: undefined, before: 2 })
  await one.rest(1_000)
  expect(bob.of('bodies')).toEqual([])
  held.resolve()
  await one.rest(1_000)
  expect(bob.of('changes').at(-1)?.cursor.seq).toBe(head.seq)
  const types = bob.heard.map(({ type }) => type)
  expect(types.indexOf('bodies')).toBeGreaterThan(types.lastIndexOf('changes'))
})

test('[R2] pages of bodies come newest first, bounded, and end', async () => {
  const one = rig({ limits: { pageBytes: 3_000 } })
  const ann = await one.device('ann', 'phone')
  await pushMany(one, ann, 10, 1_000)
  const documents: string[][] = []
  let before = 0
  do {
    ann.forget()
    ann.say({ type: 'fetch', space: 'garden', document: undefined, before })
    await one.rest()
    const [page] = ann.of('bodies')
    documents.push(page?.entries.map(({ document }) => document) ?? [])
    before = page?.next ?? 0
  } while (before !== 0)
  expect(documents.flat()).toEqual(
    upTo(10)
      .toReversed()
      .map(n => `d${n}`),
  )
  expect(documents.length).toBeGreaterThan(3)
})

test('[CR-25] a document whose rows are damaged is refused alone, kept from writing, and the rest is served', async () => {
  const disk = storeDisk()
  const store = memoryStore({ disk })
  const one = rig({ store })
  const ann = await one.device('ann', 'phone')
  ann.say({ type: 'watch', space: 'garden', cursor: undefined })
  const writers = [writer(1), writer(2)]
  for (const [i, w] of writers.entries())
    ann.say({ type: 'push', space: 'garden', entries: [update(i + 1, `d${i}`, w.edit(type('x')))] })
  await one.rest()
  const start = ann.of('changes')[0]?.cursor
  disk.damage('garden', 'd0')
  const bob = await one.device('bob', 'laptop')
  bob.say({ type: 'watch', space: 'garden', cursor: start })
  bob.say({ type: 'fetch', space: 'garden', document: undefined, before: 0 })
  await one.rest()
  expect(bob.of('changes').flatMap(({ entries }) => entries.map(({ document }) => document))).toEqual(['d1'])
  expect(bob.of('bodies')[0]?.entries.map(({ document }) => document)).toEqual(['d1'])
  expect(bob.of('refused').map(({ document, code }) => [document, code])).toEqual([
    ['d0', 'QUARANTINED'],
    ['d0', 'QUARANTINED'],
  ])
  ann.say({
    type: 'push',
    space: 'garden',
    entries: [update(3, 'd0', writers[0]!.edit(type('y'))), update(4, 'd1', writers[1]!.edit(type('y')))],
  })
  await one.rest()
  expect(ann.of('refused')).toMatchObject([{ n: 3, code: 'QUARANTINED' }])
  expect(ann.of('ack').at(-1)).toMatchObject({ entries: [{ n: 4 }] })
})

test('[CR-21] presence says whose it is, coalesces, is told to who comes later, and goes with its session', async () => {
  const one = rig()
  const [ann, bob] = [await one.device('ann', 'phone'), await one.device('bob', 'laptop')]
  const present = (device: Device, clock: number, state: string | undefined, document = 'd'): void =>
    device.say({ type: 'presence', space: 'garden', document, session: '', subject: '', clock, state })
  for (const device of [ann, bob]) device.say({ type: 'watch', space: 'garden', cursor: undefined })
  await one.rest()
  for (let clock = 1; clock <= 50; clock++) present(ann, clock, `{"at":${clock}}`)
  present(ann, 49, '{"at":"stale"}')
  await one.rest(100)
  const session = ann.of('welcome')[0]?.session
  expect(bob.of('presence')).toEqual([
    { type: 'presence', space: 'garden', document: 'd', session, subject: 'ann', clock: 50, state: '{"at":50}' },
  ])
  expect(ann.of('presence')).toEqual([])

  const late = await one.device('cid', 'tablet')
  late.say({ type: 'watch', space: 'garden', cursor: undefined })
  await one.rest()
  expect(late.of('presence')).toMatchObject([{ subject: 'ann', state: '{"at":50}' }])
  bob.forget()
  ann.breaks()
  await one.rest(100)
  expect(bob.of('presence')).toMatchObject([{ session, clock: 51, state: undefined }])
  // Who is not here is not shown.
  const out = await one.device('eve', 'other')
  bob.forget()
  present(out, 1, '{}')
  await one.rest(100)
  expect(bob.of('presence')).toEqual([])
})

test('[CR-21] a presence whose clock leaves no room for a later one is dropped, and its going ends nothing', async () => {
  const one = rig()
  const [ann, bob] = [await one.device('ann', 'phone'), await one.device('bob', 'laptop')]
  for (const device of [ann, bob]) device.say({ type: 'watch', space: 'garden', cursor: undefined })
  await one.rest()
  for (const [document, clock] of [
    ['d', Number.MAX_SAFE_INTEGER],
    ['e', PRESENCE_CLOCK],
  ] as const)
    ann.say({ type: 'presence', space: 'garden', document, session: '', subject: '', clock, state: '{}' })
  await one.rest(100)
  ann.breaks()
  await one.rest(100)
  expect(bob.of('presence').map(({ document, clock, state }) => [document, clock, state])).toEqual([
    ['e', PRESENCE_CLOCK, '{}'],
    ['e', PRESENCE_CLOCK + 1, undefined],
  ])
})

test('[R4] [T4] a damaged document is not asked for, and takes no other with it', async () => {
  const before = rig()
  const writing = await before.device('ann', 'laptop')
  const w = writer(1)
  const first = w.edit(type('x'))
  writing.say({ type: 'push', space: 'garden', entries: [update(1, 'damaged', first), update(2, 'd', first)] })
  await before.rest()
  const { store } = before
  const isDamaged = (document: string): boolean => document === 'damaged'
  const one = rig({
    store: {
      ...store,
      authors: async (space, document) => {
        if (isDamaged(document)) throw new JoineryError('QUARANTINED', { document })
        return store.authors(space, document)
      },
    },
  })
  const ann = await one.device('ann', 'phone')
  ann.say({ type: 'watch', space: 'garden', cursor: undefined })
  w.edit(type('more than that'))
  const version = Y.encodeSnapshot(Y.snapshot(w.doc))
  const documents = ['d', 'damaged', 'e'].map(document => ({ document, engine: 'yjs', version }))
  ann.say({ type: 'have', space: 'garden', documents })
  await one.rest()
  expect(ann.of('refused')).toEqual([])
  expect(ann.of('want').map(want => want.documents.map(({ document }) => document))).toEqual([['d', 'e']])
})

test('[T2] a version that is too long to be read in no time is not read: all of its document is asked for', async () => {
  const one = rig()
  const ann = await one.device('ann', 'phone')
  ann.say({ type: 'watch', space: 'garden', cursor: undefined })
  const w = writer(1)
  ann.say({ type: 'push', space: 'garden', entries: [update(1, 'd', w.edit(type('x')))] })
  await one.rest()
  const wanted = async (authors: number): Promise<readonly unknown[] | undefined> => {
    ann.forget()
    // Who has nothing of any of them: nothing is lacking.
    const version = createEncoder()
    writeVarUint(version, 0)
    writeVarUint(version, authors)
    for (let author = 0; author < authors; author++) {
      writeVarUint(version, author)
      writeVarUint(version, 0)
    }
    const documents = [{ document: 'd', engine: 'yjs', version: toUint8Array(version) }]
    ann.say({ type: 'have', space: 'garden', documents })
    await one.rest()
    return ann.of('want')[0]?.documents
  }
  expect(await wanted(1_000)).toEqual([])
  expect(await wanted(150_000)).toEqual([{ document: 'd', version: new Uint8Array() }])
})

test('[CR-21] one session is in a bounded number of documents', async () => {
  const one = rig({ limits: { presencesPerSession: 3 } })
  const [ann, bob] = [await one.device('ann', 'phone'), await one.device('bob', 'laptop')]
  for (const device of [ann, bob]) device.say({ type: 'watch', space: 'garden', cursor: undefined })
  await one.rest()
  for (let i = 0; i < 10; i++)
    ann.say({ type: 'presence', space: 'garden', document: `d${i}`, session: '', subject: '', clock: 1, state: '{}' })
  await one.rest(100)
  expect(bob.of('presence')).toHaveLength(3)
  expect(one.relay.counters.read().get('presence-dropped')).toBe(7)
})

test('one live link per device: the newer wins, and another person by the same device name is somebody else', async () => {
  const one = rig()
  const ann = await one.device('ann', 'phone')
  const eve = await one.device('eve', 'phone')
  expect(ann.closed).toEqual([])
  const newer = await one.device('ann', 'phone')
  expect(ann.closed).toMatchObject([{ code: CLOSE.REPLACED }])
  expect([newer.closed, eve.closed]).toEqual([[], []])
  expect(one.relay.links()).toBe(2)
})

test('[A2] who is no longer a member hears nothing more after a few seconds', async () => {
  let isMember = true
  const base = memoryStore()
  const store: Store = {
    ...base,
    roleOf: async (space, subject) => (subject === 'bob' && !isMember ? undefined : base.roleOf(space, subject)),
  }
  const one = rig({ store, openToAll: false })
  await base.admit('garden', 'ann', 'owner')
  await base.admit('garden', 'bob', 'editor')
  const [ann, bob] = [await one.device('ann', 'phone'), await one.device('bob', 'laptop')]
  for (const device of [ann, bob]) device.say({ type: 'watch', space: 'garden', cursor: undefined })
  await one.rest()
  isMember = false
  await one.rest(5_000)
  expect(bob.of('refused')).toMatchObject([{ space: 'garden', code: 'NOT_FOUND' }])
  await pushMany(one, ann, 1)
  expect(seqs(bob)).toEqual([])
  bob.say({ type: 'push', space: 'garden', entries: [update(1, 'd', writer(2).edit(type('x')))] })
  await one.rest()
  expect(bob.of('refused').at(-1)).toMatchObject({ n: 1, code: 'NOT_FOUND' })
})

test('[T3] who writes faster than allowed is read more slowly and not cut', async () => {
  const one = rig({ limits: { bytesPerSecond: 1_000, burstBytes: 5_000 } })
  const ann = await one.device('ann', 'phone')
  expect(ann.held()).toBe(false)
  await pushMany(one, ann, 3, 4_000)
  expect(ann.held()).toBe(true)
  await one.rest(20_000)
  expect(ann.held()).toBe(false)
  expect(ann.closed).toEqual([])
  expect(ann.of('ack')).toHaveLength(3)
})

test('[DU-13] told to stop, what was taken is answered, and everybody hears 1012', async () => {
  let release = (): void => undefined
  const disk = storeDisk({
    step: (step, method) =>
      step === 'flush' && method === 'commit' ? new Promise(resolve => (release = resolve)) : undefined,
  })
  const one = rig({ store: memoryStore({ disk }) })
  const ann = await one.device('ann', 'phone')
  ann.say({ type: 'push', space: 'garden', entries: [update(1, 'd', writer(1).edit(type('x')))] })
  await one.rest()
  const drained = one.relay.drain()
  await one.rest()
  expect(ann.closed).toEqual([])
  release()
  await one.rest(10)
  await drained
  expect(ann.heard.map(({ type }) => type)).toEqual(['welcome', 'ack', 'bye'])
  expect(ann.closed).toMatchObject([{ code: CLOSE.RESTART }])
  const late = one.connect()
  expect(late.closed).toMatchObject([{ code: CLOSE.RESTART }])
})

test('[D5] a kind nobody here knows, of another engine, goes through as it is', async () => {
  const one = rig()
  const ann = await one.device('ann', 'phone')
  ann.say({ type: 'watch', space: 'garden', cursor: undefined })
  const doc = yjs.open('5')
  let bytes = new Uint8Array()
  doc.onUpdate(made => void (bytes = Uint8Array.from(made)))
  doc.map('m').set('k', ['~', 1])
  ann.say({ type: 'push', space: 'garden', entries: [update(1, 'd', bytes, { kind: 'some-future-kind' })] })
  await one.rest()
  expect(ann.of('changes').at(-1)?.entries).toMatchObject([{ kind: 'some-future-kind', bytes }])
})

test('a failed watch is refused and can be tried again', async () => {
  const base = memoryStore()
  let isDown = true
  const store: Store = {
    ...base,
    head: space => (isDown ? Promise.reject(new JoineryError('UNAVAILABLE')) : base.head(space)),
  }
  const one = rig({ store })
  const ann = await one.device('ann', 'phone')
  ann.say({ type: 'watch', space: 'me', cursor: undefined })
  await one.rest()
  expect(ann.of('refused')).toMatchObject([{ space: personalSpaceOf('ann'), code: 'UNAVAILABLE', retryAfter: 1_000 }])
  isDown = false
  ann.say({ type: 'watch', space: 'me', cursor: undefined })
  await one.rest()
  expect(ann.of('changes')).toHaveLength(1)
  expect(encodeMessage(ann.of('changes')[0]!).length).toBeLessThan(200)
})

test('[WS-13] one connection more than a person may have is told to come back, and the others stay', async () => {
  const one = rig({ limits: { linksPerSubject: 3 } })
  const devices = [await one.device('ann', 'a'), await one.device('ann', 'b'), await one.device('ann', 'c')]
  const bob = await one.device('bob', 'a')
  const more = await one.device('ann', 'd')
  expect(more.closed).toMatchObject([{ code: CLOSE.TRY_LATER }])
  expect([...devices, bob].flatMap(({ closed }) => closed)).toEqual([])
})

test('[D1] a stamp far in the future is refused, so that the device corrects its clock', async () => {
  const one = rig()
  const ann = await one.device('ann', 'phone')
  const stamped = (ms: number, author: number): Uint8Array => {
    const doc = yjs.open(String(author))
    let bytes = new Uint8Array()
    doc.onUpdate(made => void (bytes = Uint8Array.from(made)))
    doc.map('m').set('k', [stampOf(one.clock.now() + ms, 0), 1])
    return bytes
  }
  ann.say({
    type: 'push',
    space: 'garden',
    entries: [
      update(1, 'd', stamped(119_000, 1)),
      update(2, 'e', stamped(121_000, 2)),
      update(3, 'f', stamped(0, 3), { at: one.clock.now() + 1e9 }),
    ],
  })
  await one.rest()
  expect(ann.of('refused')).toMatchObject([{ n: 2, code: 'STAMP_AHEAD' }])
  // The time that lists show is set right and not refused.
  expect((await one.store.body('garden', 'f'))[0]?.at).toBeLessThanOrEqual(one.clock.now())
})
