import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { personalSpaceOf } from '../src/index.ts'
import { rig, type, update, writer } from './rig.ts'

test('[S1] an edit is acked, and everybody who watches the space gets it with the cursor after it', async () => {
  const { device, rest } = rig()
  const [ann, bob] = [await device('ann', 'phone'), await device('bob', 'laptop')]
  for (const one of [ann, bob]) one.say({ type: 'watch', space: 'garden', cursor: undefined })
  await rest()
  const bytes = writer(1).edit(type('hello'))
  ann.say({ type: 'push', space: 'garden', entries: [update(1, 'd', bytes)] })
  await rest()

  expect(ann.of('ack')).toEqual([{ type: 'ack', space: 'garden', entries: [{ n: 1, seq: 1 }] }])
  const [, change] = bob.of('changes')
  expect(change).toMatchObject({
    live: true,
    reset: false,
    cursor: { seq: 1 },
    entries: [{ seq: 1, device: 'phone', subject: 'ann', n: 1 }],
  })
  expect(change?.entries[0]?.bytes).toEqual(bytes)
  expect(ann.of('changes')[1]).toEqual(change)
  // The author hears that it is safe before hearing it as news.
  expect(ann.heard.map(({ type }) => type)).toEqual(['welcome', 'changes', 'ack', 'changes'])
})

test('[A4] the personal space is found by its name and by its id, and by nobody else', async () => {
  const { device, rest } = rig()
  const [ann, eve] = [await device('ann', 'phone'), await device('eve', 'other')]
  ann.say({ type: 'watch', space: 'me', cursor: undefined })
  eve.say({ type: 'watch', space: personalSpaceOf('ann'), cursor: undefined })
  eve.say({ type: 'watch', space: personalSpaceOf('nobody'), cursor: undefined })
  await rest()
  expect(ann.of('welcome')[0]?.personal).toBe(personalSpaceOf('ann'))
  expect(ann.of('changes')[0]?.space).toBe(personalSpaceOf('ann'))
  const [taken, free] = eve.of('refused')
  expect({ ...taken, space: '' }).toEqual({ ...free, space: '' })
  expect(taken?.code).toBe('NOT_FOUND')
  expect(eve.of('changes')).toEqual([])
})

test('[R3] an unchanged reconnect is one small answer, and one that was away gets exactly what it missed', async () => {
  const { device, rest } = rig()
  const ann = await device('ann', 'phone')
  const w = writer(1)
  ann.say({ type: 'watch', space: 'me', cursor: undefined })
  for (let n = 1; n <= 20; n++)
    ann.say({ type: 'push', space: 'me', entries: [update(n, `d${n % 3}`, writer(n).edit(type('x')))] })
  await rest()
  const cursors = ann.of('changes').map(({ cursor }) => cursor)
  ann.breaks()

  const again = await device('ann', 'phone')
  again.say({ type: 'watch', space: 'me', cursor: cursors.at(-1) })
  await rest()
  expect(again.of('changes')).toMatchObject([{ entries: [], live: true, reset: false, cursor: { seq: 20 } }])
  again.forget()

  again.say({ type: 'watch', space: 'me', cursor: { ...cursors[0]!, seq: 0 } })
  await rest()
  expect(again.of('changes').flatMap(({ entries }) => entries.map(({ seq }) => seq))).toEqual(
    [...Array(20).keys()].map(i => i + 1),
  )
  expect(again.of('changes').at(-1)?.live).toBe(true)
  expect(w.doc.store.clients.size).toBe(0)
})

test('[WS-16] the same update sent twice in a session and again after a reconnect is one row and the same ack', async () => {
  const { device, rest, store } = rig()
  const ann = await device('ann', 'phone')
  const entry = update(1, 'd', writer(1).edit(type('hello')))
  ann.say({ type: 'push', space: 'me', entries: [entry] })
  ann.say({ type: 'push', space: 'me', entries: [entry] })
  await rest()
  ann.say({ type: 'push', space: 'me', entries: [entry] })
  await rest()
  ann.breaks()
  const again = await device('ann', 'phone')
  again.say({ type: 'push', space: 'me', entries: [entry] })
  await rest()
  expect([...ann.of('ack'), ...again.of('ack')].flatMap(({ entries }) => entries)).toEqual(
    Array.from({ length: 4 }, () => ({ n: 1, seq: 1 })),
  )
  expect((await store.head(personalSpaceOf('ann')))?.seq).toBe(1)
})

test('[R2] a new replica is live at the head at once and fetches bodies, newest first', async () => {
  const { device, rest } = rig()
  const ann = await device('ann', 'phone')
  const writers = [writer(1), writer(2)]
  ann.say({ type: 'push', space: 'me', entries: [update(1, 'a', writers[0]!.edit(type('old')))] })
  ann.say({ type: 'push', space: 'me', entries: [update(2, 'b', writers[1]!.edit(type('new')))] })
  ann.say({ type: 'push', space: 'me', entries: [update(3, 'a', writers[0]!.edit(type('er')))] })
  await rest()
  const fresh = await device('ann', 'tablet')
  fresh.say({ type: 'watch', space: 'me', cursor: undefined })
  fresh.say({ type: 'fetch', space: 'me', document: undefined, before: 0 })
  fresh.say({ type: 'fetch', space: 'me', document: 'a', before: 0 })
  fresh.say({ type: 'fetch', space: 'me', document: 'absent', before: 0 })
  await rest()
  expect(fresh.of('changes')).toMatchObject([{ entries: [], live: true, cursor: { seq: 3 } }])
  const [page, one, absent] = fresh.of('bodies')
  expect(page?.entries.map(({ document, seq }) => [document, seq])).toEqual([
    ['a', 1],
    ['a', 3],
    ['b', 2],
  ])
  expect(page?.next).toBe(0)
  const doc = new Y.Doc()
  for (const entry of one?.entries ?? []) Y.applyUpdate(doc, entry.bytes)
  expect(doc.getText('body').toJSON()).toBe('older')
  expect(absent).toMatchObject({ document: 'absent', entries: [], next: 0 })
})
