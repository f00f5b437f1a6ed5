// The y-websocket door on virtual time: what a stock client, or somebody who is none, may say, and what is said to it.
import { JoineryError, type Store } from '@joinery/core'
import { memoryStore } from '@joinery/core/testing'
import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { rig, type as typing, update, writer, type Rig } from '../rig.ts'
import { visitor, type Visitor } from './visitor.ts'

const PATH = 'team/plan'

async function inside(at: Rig, name = 'ann'): Promise<Visitor> {
  const one = visitor(at, PATH, name)
  one.step1()
  await at.rest()
  return one
}

async function stored(at: Rig): Promise<number> {
  return (await at.store.body('team', 'plan')).length
}

function textOf(updates: readonly Uint8Array[]): string {
  const doc = new Y.Doc()
  for (const one of updates) Y.applyUpdate(doc, one)
  return doc.getText('body').toJSON()
}

const shownTo = (one: Visitor): string => textOf([...one.of('step2'), ...one.of('update')].map(({ bytes }) => bytes))

describe('joining', () => {
  test('a SyncStep1 is answered by one SyncStep2 with what is lacking, and the relay asks for what it lacks', async () => {
    const at = rig()
    const first = await inside(at)
    const pen = writer(7)
    first.update(pen.edit(typing('one ')))
    await at.rest()
    const before = Y.encodeStateVector(pen.doc)
    first.update(pen.edit(typing('two')))
    await at.rest()

    const second = visitor(at, PATH, 'bob')
    second.step1(before)
    await at.rest()
    expect(second.of('step2')).toHaveLength(1)
    expect(second.of('step1').map(({ bytes }) => bytes)).toEqual([Y.encodeStateVector(pen.doc)])
    const doc = new Y.Doc()
    Y.applyUpdate(doc, second.of('step2')[0]?.bytes ?? new Uint8Array())
    expect(Y.encodeStateVector(doc)).toEqual(Uint8Array.of(0))
    expect(shownTo(await inside(at, 'cid'))).toBe('one two')
  })

  test('[S3] a document that cannot be loaded is not served as an empty one: its client comes back later', async () => {
    const store = memoryStore()
    let isBroken = false
    const body: Store['body'] = async (space, document) => {
      if (isBroken) throw new JoineryError('UNAVAILABLE')
      return store.body(space, document)
    }
    const at = rig({ store: { ...store, body } })
    const device = await at.device('ann', 'phone')
    device.say({ type: 'watch', space: 'team', cursor: undefined })
    await at.rest()
    device.say({ type: 'push', space: 'team', entries: [update(1, 'plan', writer(7).edit(typing('kept')))] })
    await at.rest()
    isBroken = true
    const one = await inside(at)
    expect(one.of('step2')).toEqual([])
    expect(one.closed).toEqual([{ code: 1013, reason: 'UNAVAILABLE' }])
  })

  test('who joins in a herd shares one load, and the bytes of that', async () => {
    const store = memoryStore()
    let loads = 0
    const body: Store['body'] = (space, document) => {
      loads += 1
      return store.body(space, document)
    }
    const at = rig({ store: { ...store, body } })
    const device = await at.device('ann', 'phone')
    device.say({ type: 'watch', space: 'team', cursor: undefined })
    await at.rest()
    device.say({ type: 'push', space: 'team', entries: [update(1, 'plan', writer(7).edit(typing('kept')))] })
    await at.rest()
    const herd = Array.from({ length: 50 }, (_, i) => visitor(at, PATH, `p${i}`))
    for (const one of herd) one.step1()
    await at.rest()
    expect(loads).toBe(1)
    const answers = new Set(herd.flatMap(one => one.stored))
    expect(answers.size).toBe(1)
    expect(herd.map(shownTo)).toEqual(herd.map(() => 'kept'))
  })

  test('[A4] a bad token, and a space that is not there or not his, end for good', async () => {
    const at = rig({ openToAll: false })
    const nowhere = visitor(at, 'nowhere/plan')
    const nobody = visitor(at, PATH, '')
    const nothing = visitor(at, 'a.b/plan')
    await at.rest()
    await at.store.admit('team', 'bob', 'owner')
    const others = visitor(at, PATH)
    await at.rest()
    expect(nowhere.closed).toEqual([{ code: 4404, reason: 'NOT_FOUND' }])
    expect(others.closed).toEqual(nowhere.closed)
    expect(nobody.closed).toEqual([{ code: 4401, reason: 'UNAUTHENTICATED' }])
    expect(nothing.closed).toEqual([{ code: 4400, reason: 'BAD_INPUT' }])
    expect(JSON.stringify(at.lines)).not.toContain('dev:')
  })

  test('[WS-04] somebody who asks for nothing is let go', async () => {
    const at = rig()
    const silent = visitor(at, PATH)
    await at.rest(7_000)
    expect(silent.closed).toEqual([{ code: 1013, reason: 'UNAVAILABLE' }])
  })

  test('a client hears something at least every 25 s', async () => {
    const at = rig()
    const one = await inside(at)
    one.forget()
    await at.rest(100_000)
    expect(one.heard.length).toBeGreaterThanOrEqual(4)
    expect(one.of('awareness').every(({ states }) => states.size === 0)).toBe(true)
  })
})

describe('editing', () => {
  test('[S2] everybody, the author too, is shown an edit after its commit, and what one commit brought as one frame', async () => {
    const at = rig()
    const [ann, bob] = [await inside(at), await inside(at, 'bob')]
    const pen = writer(7)
    ann.forget()
    bob.forget()
    const parts = ['a', 'b', 'c'].map(text => pen.edit(typing(text)))
    for (const part of parts) ann.update(part)
    expect(ann.heard).toEqual([])
    await at.rest()
    expect(ann.of('update')).toHaveLength(1)
    expect(bob.frames.at(-1)).toBe(ann.frames.at(-1))
    expect(shownTo(bob)).toBe('abc')
    expect(await stored(at)).toBe(1)
  })

  test('[WS-16] the same update twice, and again after a reconnect, is one row', async () => {
    const at = rig()
    const first = await inside(at)
    const pen = writer(7)
    const edit = pen.edit(typing('once'))
    first.update(edit)
    first.update(edit)
    await at.rest()
    first.breaks()
    const again = await inside(at)
    again.step2(Y.encodeStateAsUpdate(pen.doc))
    again.update(edit)
    await at.rest()
    expect(await stored(at)).toBe(1)
    expect(again.closed).toEqual([])
  })

  test('[D3] the SyncStep2 of a reconnect stores only what is new, deletes too', async () => {
    const at = rig()
    const first = await inside(at)
    const pen = writer(7)
    first.update(pen.edit(typing('much to delete')))
    await at.rest()
    first.update(pen.edit(doc => doc.getText('body').delete(0, 5)))
    await at.rest()
    const before = Y.encodeStateVector(pen.doc)
    const again = await inside(at)
    again.step2(Y.encodeStateAsUpdate(pen.doc, before))
    await at.rest()
    expect(await stored(at)).toBe(2)
    pen.edit(typing('!'))
    again.step2(Y.encodeStateAsUpdate(pen.doc, before))
    await at.rest()
    expect(await stored(at)).toBe(3)
    expect(shownTo(await inside(at, 'bob'))).toBe('to delete!')
  })

  test('[CR-04] the first gap is answered by one SyncStep1, and what has a gap is dropped until it is closed', async () => {
    const at = rig()
    const one = await inside(at)
    const pen = writer(7)
    pen.edit(typing('lost '))
    const gapped = Array.from({ length: 4_000 }, (_, i) => pen.edit(typing(String(i % 10))))
    one.forget()
    for (const edit of gapped) one.update(edit)
    await at.rest(1_000)
    expect(one.of('step1')).toHaveLength(1)
    expect(await stored(at)).toBe(0)
    expect(one.closed).toEqual([])
    one.step2(Y.encodeStateAsUpdate(pen.doc))
    one.update(pen.edit(typing(' end')))
    await at.rest()
    expect(shownTo(await inside(at, 'bob'))).toBe(pen.doc.getText('body').toJSON())
  })

  test('[CR-09] whose author another subject is ends for good; the same subject writes on under it', async () => {
    const at = rig()
    const ann = await inside(at)
    const pen = writer(7)
    ann.update(pen.edit(typing('ann ')))
    await at.rest()
    const tablet = await inside(at)
    tablet.update(pen.edit(typing('too')))
    await at.rest()
    expect(tablet.closed).toEqual([])
    const mallory = await inside(at, 'mallory')
    mallory.update(pen.edit(typing(' forged')))
    await at.rest()
    expect(mallory.closed).toEqual([{ code: 4403, reason: 'CONFLICTING_AUTHORSHIP' }])
    expect(shownTo(await inside(at, 'bob'))).toBe('ann too')
  })

  test("[CR-10] a GC struct is legal without a gap under one's own author, and none of 2^53-1", async () => {
    const at = rig()
    const one = await inside(at)
    // One struct of author 7 at clock 0: GC, of 3 clocks.
    one.update(Uint8Array.of(1, 1, 7, 0, 0, 3, 0))
    await at.rest()
    expect(await stored(at)).toBe(1)
    expect(one.closed).toEqual([])
    one.update(Uint8Array.of(1, 1, 7, 3, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f, 0))
    await at.rest()
    expect(one.closed).toEqual([{ code: 4403, reason: 'BAD_UPDATE' }])
    expect(await stored(at)).toBe(1)
  })

  test('[CR-01] what is no message ends the connection and changes nothing', async () => {
    for (const bytes of [[], [9], [0], [0, 7, 0], [0, 2, 5, 1], [3, 0], [1, 2, 1, 1], [0, 0, 1, 0, 0]]) {
      const at = rig()
      const one = await inside(at)
      one.frame(Uint8Array.from(bytes))
      await at.rest()
      expect(one.closed, String(bytes)).toEqual([{ code: 4400, reason: 'BAD_FRAME' }])
      expect(await stored(at)).toBe(0)
    }
  })

  test('weather keeps an edit and tries again; weather that lasts sends the client away to come back', async () => {
    const store = memoryStore()
    let isDown = true
    const commit: Store['commit'] = async spaces => {
      if (isDown) throw new JoineryError('UNAVAILABLE')
      return store.commit(spaces)
    }
    const at = rig({ store: { ...store, commit } })
    const one = await inside(at)
    const pen = writer(7)
    for (const text of ['a', 'b', 'c']) one.update(pen.edit(typing(text)))
    await at.rest(3_000)
    expect(one.closed).toEqual([])
    isDown = false
    one.update(pen.edit(typing('d')))
    await at.rest(3_000)
    expect(shownTo(one)).toBe('abcd')
    isDown = true
    one.update(pen.edit(typing('e')))
    await at.rest(30_000)
    expect(one.closed).toEqual([{ code: 1013, reason: 'UNAVAILABLE' }])
  })

  test('a viewer is told once that it may not write, reads on, and keeps its presence', async () => {
    const at = rig({ openToAll: false })
    await at.store.admit('team', 'ann', 'owner')
    await at.store.admit('team', 'vic', 'viewer')
    const [ann, vic] = [await inside(at), await inside(at, 'vic')]
    const pen = writer(9)
    vic.update(pen.edit(typing('no')))
    vic.update(pen.edit(typing('no')))
    vic.awareness([9, 1, { name: 'vic' }])
    ann.update(writer(7).edit(typing('yes')))
    await at.rest(100)
    expect(vic.of('denied')).toHaveLength(1)
    expect(vic.of('step1')).toEqual([])
    expect(vic.closed).toEqual([])
    expect(shownTo(vic)).toBe('yes')
    expect(ann.of('awareness').at(-1)?.states.get(9)).toEqual({ clock: 1, state: { name: 'vic' } })
  })

  test('an edit that an SDK device makes arrives at the door, and the other way, under the kind the document has', async () => {
    const at = rig()
    const device = await at.device('ann', 'phone')
    device.say({ type: 'watch', space: 'team', cursor: undefined })
    await at.rest()
    const pen = writer(7)
    device.say({ type: 'push', space: 'team', entries: [update(1, 'plan', pen.edit(typing('sdk ')))] })
    await at.rest()
    const one = await inside(at, 'bob')
    device.say({ type: 'push', space: 'team', entries: [update(2, 'plan', pen.edit(typing('and ')))] })
    await at.rest()
    expect(shownTo(one)).toBe('sdk and ')
    device.forget()
    const other = writer(8)
    Y.applyUpdate(other.doc, Y.encodeStateAsUpdate(pen.doc))
    one.update(other.edit(typing('door')))
    await at.rest()
    const [entry] = device.of('changes').flatMap(({ entries }) => entries)
    expect(entry).toMatchObject({ document: 'plan', kind: 'note', subject: 'bob' })
    Y.applyUpdate(pen.doc, entry?.bytes ?? new Uint8Array())
    expect(pen.doc.getText('body').toJSON()).toBe('sdk and door')
  })

  test('[D6] a purged document ends its connections for good, and is not begun again', async () => {
    const at = rig()
    const one = await inside(at)
    one.update(writer(7).edit(typing('bye')))
    await at.rest()
    const device = await at.device('ann', 'phone')
    device.say({ type: 'watch', space: 'team', cursor: undefined })
    await at.rest()
    const tombstone = update(1, 'plan', new Uint8Array(), { type: 'tombstone', kind: 'raw' })
    device.say({ type: 'push', space: 'team', entries: [tombstone] })
    await at.rest()
    expect(one.closed).toEqual([{ code: 4410, reason: 'GONE' }])
    expect((await inside(at)).closed).toEqual([{ code: 4410, reason: 'GONE' }])
  })
})

describe('being there', () => {
  test("[CR-21] a client id is its subject's; stale states and echoes are dropped, and a tick is one frame", async () => {
    const at = rig()
    const [ann, bob] = [await inside(at), await inside(at, 'bob')]
    ann.awareness([7, 1, { at: 1 }])
    ann.awareness([7, 2, { at: 2 }])
    bob.awareness([7, 9, { at: 'stolen' }])
    await at.rest(100)
    expect(bob.of('awareness').map(({ states }) => [...states])).toEqual([[[7, { clock: 2, state: { at: 2 } }]]])
    bob.forget()
    // As a stock client does with all it hears.
    bob.awareness([7, 2, { at: 2 }])
    ann.awareness([7, 1, { at: 1 }])
    await at.rest(100)
    expect(bob.of('awareness')).toEqual([])
    const late = await inside(at, 'cid')
    expect(late.of('awareness')[0]?.states.get(7)).toEqual({ clock: 2, state: { at: 2 } })
    ann.breaks()
    await at.rest(100)
    expect(bob.of('awareness').at(-1)?.states.get(7)).toEqual({ clock: 3, state: null })
  })

  test('[CR-21] a connection speaks for a few client ids, each state is small, and a made-up count is no message', async () => {
    const at = rig()
    const [ann, bob] = [await inside(at), await inside(at, 'bob')]
    ann.awareness(...Array.from({ length: 4_000 }, (_, i) => [i + 1, 1, {}] as const))
    ann.awareness([9_999, 1, { text: 'x'.repeat(5_000) }])
    await at.rest(100)
    expect(bob.of('awareness').at(-1)?.states.size).toBe(4)
    ann.frame(Uint8Array.of(1, 5, 0xff, 0xff, 0xff, 0xff, 0x0f))
    await at.rest()
    expect(ann.closed).toEqual([{ code: 4400, reason: 'BAD_FRAME' }])
  })

  test('who comes back with an old clock is told so, so that his client says again where he is', async () => {
    const at = rig()
    const bob = await inside(at, 'bob')
    const first = await inside(at)
    first.awareness([7, 5, { at: 1 }])
    await at.rest(100)
    first.breaks()
    await at.rest(100)
    const again = await inside(at)
    again.awareness([7, 5, { at: 1 }])
    await at.rest(100)
    expect(again.of('awareness').at(-1)?.states.get(7)).toEqual({ clock: 6, state: null })
    again.awareness([7, 7, { at: 1 }])
    await at.rest(100)
    expect(bob.of('awareness').at(-1)?.states.get(7)).toEqual({ clock: 7, state: { at: 1 } })
  })
})

describe('the edge', () => {
  test('[T3] who lags is sent nothing until he reads, and then all that he lacks', async () => {
    const at = rig({ limits: { sendBuffer: 2_000, pageBytes: 1_000 } })
    const [ann, slow] = [await inside(at), await inside(at, 'slow')]
    const pen = writer(7)
    slow.reads(false)
    for (let i = 0; i < 200; i++) {
      ann.update(pen.edit(typing('0123456789'.repeat(5))))
      await at.rest()
    }
    const sent = slow.frames.reduce((sum, frame) => sum + frame.length, 0)
    expect(sent).toBeLessThan(4_000)
    slow.reads(true)
    await at.rest(1_000)
    expect(shownTo(slow)).toBe(pen.doc.getText('body').toJSON())
    ann.update(pen.edit(typing('!')))
    await at.rest()
    expect(shownTo(slow)).toBe(pen.doc.getText('body').toJSON())
  })

  test('[A2] whoever is made a viewer can write no more, and its token ends with the connection', async () => {
    const roles = new Map<string, 'editor' | 'viewer' | undefined>([['ann', 'editor']])
    const store = memoryStore()
    await store.admit('team', 'ann', 'editor')
    const at = rig({ store: { ...store, roleOf: async (_space, subject) => roles.get(subject) }, openToAll: false })
    const ann = await inside(at)
    roles.set('ann', 'viewer')
    await at.rest(5_000)
    ann.update(writer(7).edit(typing('late')))
    await at.rest()
    expect(ann.of('denied')).toHaveLength(1)
    expect(await stored(at)).toBe(0)
    roles.set('ann', undefined)
    await at.rest(5_000)
    expect(ann.closed).toEqual([{ code: 4404, reason: 'NOT_FOUND' }])

    const soon = rig({ verify: async () => ({ subject: 'ann', left: 3_000 }) })
    const short = await inside(soon)
    await soon.rest(5_000)
    // It comes back, and with a new token it is let in.
    expect(short.closed).toEqual([{ code: 1013, reason: 'UNAUTHENTICATED' }])
  })

  test('[DU-13] told to stop, it commits and shows what it took, and says 1012', async () => {
    const at = rig()
    const [ann, bob] = [await inside(at), await inside(at, 'bob')]
    ann.update(writer(7).edit(typing('last words')))
    const drained = at.relay.drain()
    await at.rest(100)
    await drained
    expect(shownTo(bob)).toBe('last words')
    expect([ann, bob].map(({ closed }) => closed[0]?.code)).toEqual([1012, 1012])
  })
})
