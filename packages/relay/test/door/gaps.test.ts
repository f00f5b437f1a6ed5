// What stock clients send of things they could not place themselves: Yjs keeps them pending, and says so by a Skip.
import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { rig, type as typing, writer, type Rig } from '../rig.ts'
import { served } from '../served.ts'
import { stock } from './stock.ts'
import { visitor, type Visitor } from './visitor.ts'

async function inside(at: Rig, name = 'ann'): Promise<Visitor> {
  const one = visitor(at, 'team/plan', name)
  one.step1()
  await at.rest()
  return one
}

/** What the relay gives to somebody who has nothing. */
async function held(at: Rig): Promise<Y.Doc> {
  const reader = await inside(at, 'reader')
  const doc = new Y.Doc()
  for (const { bytes } of reader.of('step2')) Y.applyUpdate(doc, bytes)
  reader.breaks()
  return doc
}

/** Answers every SyncStep1 by what it has, pending things too, as stock clients do. */
async function answers(at: Rig, one: Visitor, doc: Y.Doc, rounds: number): Promise<number> {
  let asked = 0
  for (let i = 0; i < rounds; i++) {
    for (const { bytes } of one.of('step1')) {
      asked += 1
      one.step2(Y.encodeStateAsUpdate(doc, bytes))
    }
    one.forget()
    await at.rest(100)
  }
  return asked
}

/** Somebody who missed the first of another's two edits, and wrote since. */
function lacking(): { client: Y.Doc; missed: Uint8Array } {
  const other = writer(9)
  const missed = other.edit(typing('one '))
  const client = new Y.Doc()
  client.clientID = 7
  Y.applyUpdate(client, other.edit(typing('two')))
  client.getText('mine').insert(0, 'written here')
  expect(client.store.pendingStructs).not.toBeNull()
  return { client, missed }
}

test('[P113] [CR-04] of a SyncStep2 that brings pending structs what fits is stored, and the client is not asked over and over', async () => {
  const at = rig()
  const one = await inside(at)
  const { client, missed } = lacking()
  expect(await answers(at, one, client, 20)).toBe(1)
  expect(one.closed).toEqual([])
  const doc = await held(at)
  expect(doc.getText('mine').toJSON()).toBe('written here')
  expect(doc.store.pendingStructs).toBeNull()
  // What was missing comes: the client has all of it now, and says so by an update.
  const before = Y.encodeStateVector(client)
  client.once('update', (update: Uint8Array) => one.update(update))
  Y.applyUpdate(client, missed)
  await at.rest()
  expect(Y.encodeStateVector(client)).not.toEqual(before)
  await answers(at, one, client, 3)
  const whole = await held(at)
  expect(whole.getText('body').toJSON()).toBe('one two')
})

test('[CR-04] a Skip is a gap: of merged updates with one, what follows is asked for', async () => {
  const at = rig()
  const one = await inside(at)
  const pen = writer(7)
  const parts = ['a', 'b', 'c', 'd'].map(text => pen.edit(typing(text)))
  const [first, , third] = parts as [Uint8Array, Uint8Array, Uint8Array]
  one.forget()
  one.update(Y.mergeUpdates([first, third]))
  await at.rest()
  expect(one.closed).toEqual([])
  expect(one.of('step1')).toHaveLength(1)
  await answers(at, one, pen.doc, 2)
  expect((await held(at)).getText('body').toJSON()).toBe('abcd')
})

test('[P113] [CR-04] a client that cannot close its gap is asked again after a while, and not at each edit', async () => {
  const at = rig()
  const one = await inside(at)
  const { client } = lacking()
  await answers(at, one, client, 2)
  // What is pending there, as an app may send it on by itself.
  const gapped = Y.diffUpdate(Y.encodeStateAsUpdate(client), Y.encodeStateVector(client))
  let asked = 0
  for (let i = 0; i < 20; i++) {
    one.update(gapped)
    await at.rest(100)
    asked += await answers(at, one, client, 1)
  }
  expect(asked).toBe(1)
  await at.rest(11_000)
  expect(await answers(at, one, client, 1)).toBe(1)
  await at.rest(30_000)
  expect(await answers(at, one, client, 1)).toBe(0)
  expect(one.closed).toEqual([])
})

test('[CR-04] what was dropped behind an answer that did not close the gap is asked for, though its client says no more', async () => {
  const at = rig()
  const one = await inside(at)
  const pen = writer(7)
  const [first, second, third] = ['a', 'b', 'c'].map(text => pen.edit(typing(text))) as [Uint8Array, Uint8Array, Uint8Array] // prettier-ignore
  one.forget()
  one.update(second)
  await at.rest()
  expect(one.of('step1')).toHaveLength(1)
  one.step2(Y.mergeUpdates([writer(9).edit(typing('z')), second]))
  one.update(third)
  await at.rest(9_000)
  expect(one.of('step1')).toHaveLength(1)
  await at.rest(2_000)
  expect(one.of('step1')).toHaveLength(2)
  one.step2(Y.mergeUpdates([first, second, third]))
  // Nothing is open any more, so nothing is asked.
  await at.rest(30_000)
  expect(one.of('step1')).toHaveLength(2)
  expect((await held(at)).getText('body').toJSON()).toMatch(/abc/)
})

test('[CR-11] pending deletes of a SyncStep2 are left out, and the rest of it is stored', async () => {
  const at = rig()
  const one = await inside(at)
  const other = writer(9)
  other.edit(typing('lost'))
  const client = new Y.Doc()
  client.clientID = 7
  // A delete of what this client never saw.
  Y.applyUpdate(
    client,
    other.edit(doc => doc.getText('body').delete(0, 2)),
  )
  expect(client.store.pendingDs).not.toBeNull()
  client.getText('mine').insert(0, 'kept')
  expect(await answers(at, one, client, 5)).toBe(1)
  expect(one.closed).toEqual([])
  expect((await held(at)).getText('mine').toJSON()).toBe('kept')
})

test('[CR-04] who comes with pending structs to a document that others wrote meanwhile loses nothing of his own', async () => {
  const at = rig()
  const ann = await inside(at)
  const pen = writer(5)
  ann.update(pen.edit(typing('ann ')))
  await at.rest()
  const { client } = lacking()
  Y.applyUpdate(client, Y.encodeStateAsUpdate(pen.doc))
  const bob = await inside(at, 'bob')
  await answers(at, bob, client, 3)
  expect(bob.closed).toEqual([])
  const doc = await held(at)
  expect(doc.getText('body').toJSON()).toBe('ann ')
  expect(doc.getText('mine').toJSON()).toBe('written here')
  const rows = (await at.store.body('team', 'plan')).length
  // Again and again, it is nothing new.
  for (let i = 0; i < 5; i++) await answers(at, await inside(at, 'bob'), client, 2)
  expect(await at.store.body('team', 'plan')).toHaveLength(rows)
})

test('[T2] [CR-04] a large SyncStep2 with pending structs is taken apart by a worker', async () => {
  const { port, store, device } = await served()
  const other = writer(9)
  other.edit(typing('lost '))
  const doc = new Y.Doc()
  Y.applyUpdate(doc, other.edit(typing('waits for it')))
  const story = 'a long story, told again and again. '.repeat(5_000)
  doc.getText('body').insert(0, story)
  expect(doc.store.pendingStructs).not.toBeNull()
  const ann = stock(`ws://127.0.0.1:${port}`, 'team/plan', { doc })
  await ann.synced()
  const bob = stock(`ws://127.0.0.1:${port}`, 'team/plan', { token: 'dev:bob' })
  await bob.until(() => bob.text() === story)
  expect(bob.doc.store.pendingStructs).toBeNull()
  expect(ann.ends).toEqual([])
  expect(await store.document('team', 'plan')).toMatchObject({ kind: 'raw' })
  // Every one of its clocks is somebody's own: the SDK reads the same.
  const phone = await device('cid', 'phone')
  phone.say({ type: 'watch', space: 'team', cursor: undefined })
  phone.say({ type: 'fetch', space: 'team', document: 'plan', before: 0 })
  const bodies = await phone.next('bodies')
  const read = new Y.Doc()
  for (const { bytes } of bodies.entries) Y.applyUpdate(read, bytes)
  expect(read.getText('body').toJSON()).toBe(story)
})
