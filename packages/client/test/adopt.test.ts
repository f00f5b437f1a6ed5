// What the real y-indexeddb kept in a page, taken over by a client.
import { yjs } from '@joinery/adapters/engines/yjs'
import { memoryDisk, type MemoryDisk } from '@joinery/adapters/storage/memory'
import { memoryTabs } from '@joinery/adapters/tabs/memory'
import { TABLES } from '@joinery/core'
import { defineKind, defineLibrary, richText, text } from '@joinery/core/kinds'
import { memoryStore, seededRandom } from '@joinery/core/testing'
import { personalSpaceOf } from '@joinery/relay'
import { IDBFactory } from 'fake-indexeddb'
import 'fake-indexeddb/auto'
import { expect, test } from 'vitest'
import { IndexeddbPersistence } from 'y-indexeddb'
import * as Y from 'yjs'
import { adoptYIndexedDb } from '../src/adopt.ts'
import { createClient, type BaseOptions } from '../src/base.ts'
import { world, type World } from './kit.ts'
import { as, relayIn } from './relay.ts'

const page = defineKind('page', {
  version: 1,
  fields: { title: text(), body: richText() },
  alias: { prosemirror: 'body' },
  row: d => ({ title: d.title.toString() }),
})
const raw = defineKind('raw', { version: 1, fields: {} })
const library = defineLibrary('pages', { page, raw })

/** A browser with its old databases, and a place for the client's. */
interface Browser {
  readonly indexedDB: IDBFactory
  readonly disk: MemoryDisk
}

let seeds = 0

const browser = (): Browser => ({ indexedDB: new IDBFactory(), disk: memoryDisk() })

function open({ disk }: Browser, w: World, name = 'phone', options: Partial<BaseOptions<typeof library.kinds>> = {}) {
  return createClient({
    library,
    user: 'ada',
    engines: [yjs],
    storage: () => disk.open(),
    tabs: memoryTabs().open(),
    transport: w.network.transport(name),
    clock: w.clock,
    random: seededRandom(++seeds),
    ...options,
  })
}

/** What an app did that kept its document with y-indexeddb. Gives the document back as it was. */
async function before({ indexedDB }: Browser, name: string, ...edits: ((doc: Y.Doc) => void)[]): Promise<Y.Doc> {
  globalThis.indexedDB = indexedDB
  const doc = new Y.Doc()
  const persistence = new IndexeddbPersistence(name, doc)
  await persistence.whenSynced
  for (const edit of edits) edit(doc)
  await persistence.destroy()
  return doc
}

const type =
  (words: string) =>
  (doc: Y.Doc): void =>
    doc.getText('title').insert(doc.getText('title').length, words)

async function count({ disk }: Browser): Promise<number> {
  const storage = disk.open()
  const counts = await storage.read(TABLES, tx => Promise.all(TABLES.map(table => tx.count(table, {}))))
  await storage.close()
  return counts.reduce((a, b) => a + b, 0)
}

test('[S1, C1] what is adopted is saved before anything is said of it, without any relay; again is nothing, and the old database stays', async () => {
  const [w, phone] = [world(), browser()]
  const old = await before(phone, 'my doc', type('one '), type('two'), doc => doc.getText('title').delete(0, 1))
  await before(phone, 'my doc', doc => doc.getXmlFragment('prosemirror').insert(0, [new Y.XmlText('body')]))
  const client = await open(phone, w)
  const options = { database: 'my doc', as: { kind: 'page' }, platform: phone } as const
  const { id, found, whole } = await adoptYIndexedDb(client, options)
  expect([id, found, whole]).toEqual(['_y_my_20doc', true, true])
  // The power goes: what is on the disk by now is all there is.
  const again = await open({ ...phone, disk: phone.disk.copy() }, w)
  using opened = await again.page.open(id)
  expect(opened.view.title.toString()).toBe('ne two')
  expect(opened.view.body.toString()).toBe('body')
  expect(opened.y.getXmlFragment('prosemirror').toJSON()).toBe('body')
  await w.clock.advance(1_000)
  expect((await client.page.get()).rows.map(({ title }) => title)).toEqual(['ne two'])

  await client.syncNow()
  const stored = await count(phone)
  await Promise.all([adoptYIndexedDb(client, options), adoptYIndexedDb(client, options)])
  await w.clock.advance(1_000)
  expect(await count(phone)).toBe(stored)
  const there = await before(phone, 'my doc')
  expect(there.getText('title').toJSON()).toBe('ne two')
  // What the old app wrote since then is what is new.
  await before(phone, 'my doc', type('!'))
  await adoptYIndexedDb(client, options)
  using live = await client.page.open(id)
  expect(live.view.title.toString()).toBe('ne two!')
  expect(live.y.store.clients.get(old.clientID)).toBeDefined()
})

test('[D1, A3] two devices that adopt the same document, each with what the other has not, hold it once; nobody’s edits are refused', async () => {
  const w = world()
  const relay = relayIn(w)
  const [phone, laptop] = [browser(), browser()]
  const shared = await before(phone, 'plan', type('shared '))
  const update = Y.encodeStateAsUpdate(shared)
  const onLaptop = await before(laptop, 'plan', doc => Y.applyUpdate(doc, update), type('laptop '))
  // Under the author ids of the old document, both ways.
  const onPhone = await before(phone, 'plan', type('phone '))

  const [one, two] = [await open(phone, w), await open(laptop, w, 'laptop')]
  const as_ = { kind: 'page', id: 'plan' } as const
  const first = await adoptYIndexedDb(one, { database: 'plan', as: as_, platform: phone })
  const second = await adoptYIndexedDb(two, { database: 'plan', as: as_, platform: laptop })
  using here = await one.page.open('plan')
  here.change(d => d.title.insert(0, 'NEW '))
  one.linkTo(as('ada'))
  two.linkTo(as('ada'))
  await w.clock.advance(60_000)
  await Promise.all([first.acked, second.acked])
  using there = await two.page.open('plan')
  const whole = here.view.title.toString()
  expect(there.view.title.toString()).toBe(whole)
  expect(whole.split(' ').sort()).toEqual(['', 'NEW', 'laptop', 'phone', 'shared'])
  for (const client of [one, two]) {
    expect(client.status.get()).toMatchObject({ pending: 0, shelf: 0, failed: 0, connection: 'live' })
  }
  const authors = await relay.store.authors(personalSpaceOf('ada'), 'plan')
  const ofOld = authors.filter(({ author }) => [shared, onLaptop, onPhone].some(doc => String(doc.clientID) === author))
  expect(ofOld.map(({ owner }) => owner)).toEqual(['', '', ''])
  expect(authors.find(({ owner }) => owner !== '')?.owner).toBe(one.device())
  // On both devices everything goes on.
  there.change(d => d.title.insert(0, 'AND '))
  await w.clock.advance(5_000)
  expect(here.view.title.toString()).toBe(`AND ${whole}`)
  expect((await adoptYIndexedDb(two, { database: 'plan', as: as_, platform: laptop })).found).toBe(true)
  await w.clock.advance(5_000)
  expect(two.status.get()).toMatchObject({ pending: 0, shelf: 0 })
})

test('[S1] the old database is removed when the relay has all of it, what was written to it meanwhile too, and not before', async () => {
  const w = world()
  const [phone, laptop] = [browser(), browser()]
  await before(phone, 'plan', type('one '))
  const client = await open(phone, w)
  const options = { database: 'plan', as: { kind: 'page' }, platform: phone, remove: true } as const
  const { id, acked, removed } = await adoptYIndexedDb(client, options)
  await w.clock.advance(5_000)
  expect(await namesIn(phone)).toEqual(['plan'])
  await before(phone, 'plan', type('two'))
  const relay = relayIn(w)
  client.linkTo(as('ada'))
  let isAcked = false
  void acked.then(() => (isAcked = true))
  while (!isAcked) {
    expect(await namesIn(phone)).toEqual(['plan'])
    await w.clock.advance(100)
  }
  await w.clock.advance(20_000)
  expect(await removed).toBe(true)
  expect(await namesIn(phone)).toEqual([])
  expect((await relay.store.document(personalSpaceOf('ada'), id))?.kind).toBe('page')
  const other = await open(laptop, w, 'laptop', as('ada'))
  await w.clock.advance(5_000)
  using there = await other.page.open(id)
  expect(there.view.title.toString()).toBe('one two')
  // Now there is none, and looking makes none.
  expect(await adoptYIndexedDb(client, options)).toMatchObject({ found: false })
  expect(await namesIn(phone)).toEqual([])
})

test('[CL-01] a page that closes between saved and acked: what was adopted goes up by itself, and asked again it says so', async () => {
  const w = world()
  const phone = browser()
  await before(phone, 'plan', type('one'))
  const options = { database: 'plan', as: { kind: 'page', space: 'team' }, platform: phone } as const
  const first = await open(phone, w, 'phone', { spaces: ['team'] })
  const { acked } = await adoptYIndexedDb(first, options)
  await first.close()
  await expect(acked).rejects.toMatchObject({ code: 'CLOSED' })

  const relay = relayIn(w)
  const second = await open(phone, w, 'phone', { spaces: ['team'], ...as('ada') })
  await w.clock.advance(20_000)
  expect(second.status.get()).toMatchObject({ pending: 0, connection: 'live' })
  const again = await adoptYIndexedDb(second, options)
  await w.clock.advance(5_000)
  await again.acked
  const { seq } = (await relay.store.head('team')) ?? {}
  expect(await relay.store.authors('team', 'plan')).toMatchObject([{ clock: 3, owner: '' }])
  // From now on it is known that the relay has it.
  await (
    await adoptYIndexedDb(second, options)
  ).acked
  await w.clock.advance(5_000)
  expect((await relay.store.head('team'))?.seq).toBe(seq)
})

test('[D2] what cannot be read or waits is left in the old database, which then is not removed; the rest is adopted', async () => {
  const w = world()
  relayIn(w)
  const phone = browser()
  const updates: Uint8Array[] = []
  await before(phone, 'plan', doc => {
    doc.on('update', (update: Uint8Array) => updates.push(update))
    for (const word of ['one ', 'two ', 'three']) type(word)(doc)
  })
  const [firstUpdate, , third] = updates as [Uint8Array, Uint8Array, Uint8Array]
  await rewrite(phone, 'holed', [firstUpdate, third])
  await rewrite(phone, 'damaged', [firstUpdate, Uint8Array.of(9, 9, 9)])
  const client = await open(phone, w, 'phone', as('ada'))
  for (const database of ['holed', 'damaged']) {
    const adopted = await adoptYIndexedDb(client, { database, as: { kind: 'page' }, platform: phone, remove: true })
    expect(adopted.whole).toBe(false)
    await w.clock.advance(20_000)
    expect(await adopted.removed).toBe(false)
    using opened = await client.page.open(database)
    expect(opened.view.title.toString()).toBe('one ')
  }
  expect(new Set(await namesIn(phone))).toEqual(new Set(['damaged', 'holed', 'plan']))
})

test('[TOO_LARGE, KIND_MISMATCH, GONE] what no relay takes, and what is something else here, is not begun', async () => {
  const w = world()
  relayIn(w)
  const phone = browser()
  await before(phone, 'large', type('x'.repeat(17_000_000)))
  await before(phone, 'small', type('x'))
  await rewrite(phone, 'foreign', ['text'])
  const client = await open(phone, w, 'phone', as('ada'))
  const stored = await count(phone)
  const adopting = (database: string, kind: 'page' | 'raw', id = database) =>
    adoptYIndexedDb(client, { database, as: { kind, id }, platform: phone })
  await expect(adopting('large', 'page')).rejects.toMatchObject({ code: 'TOO_LARGE' })
  await expect(adopting('foreign', 'page')).rejects.toMatchObject({ code: 'BAD_INPUT' })
  await expect(adopting('small', 'none' as 'raw')).rejects.toMatchObject({ code: 'BAD_INPUT' })
  await expect(adopting('small', 'page', 'no id')).rejects.toMatchObject({ code: 'BAD_INPUT' })
  expect(await count(phone)).toBe(stored)
  const made = client.page.create({ title: 'here' })
  await made.saved
  await expect(adopting('small', 'raw', made.id)).rejects.toMatchObject({ code: 'KIND_MISMATCH' })
  await client.trash.purge(made.id)
  await expect(adopting('small', 'page', made.id)).rejects.toMatchObject({ code: 'GONE' })
})

test('[R2, C1] a document whose body was left to the relay is fetched before what is new goes into it; what is adopted already needs no body', async () => {
  const w = world()
  relayIn(w)
  const phone = browser()
  await before(phone, 'plan', type('one '))
  const options = { database: 'plan', as: { kind: 'page' }, platform: phone } as const
  const client = await open(phone, w, 'phone', { ...as('ada'), evictAbove: 1 })
  await (
    await adoptYIndexedDb(client, options).then(async adopted => (await w.clock.advance(20_000), adopted))
  ).acked
  await w.clock.advance(6 * 60_000)
  await client.close()
  const alone = await open(phone, w)
  await expect(alone.page.open('plan')).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  await (
    await adoptYIndexedDb(alone, options)
  ).acked
  await before(phone, 'plan', type('two'))
  await expect(adoptYIndexedDb(alone, options)).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  alone.linkTo(as('ada'))
  await w.clock.advance(2_000)
  const adopting = adoptYIndexedDb(alone, options)
  await w.clock.advance(20_000)
  await (
    await adopting
  ).acked
  using opened = await alone.page.open('plan')
  expect(opened.view.title.toString()).toBe('one two')
})

test('[C2] a relay that has another document by that name says so, and the old database stays', async () => {
  const w = world()
  const store = memoryStore()
  relayIn(w, { store })
  const [phone, laptop] = [browser(), browser()]
  const other = await open(laptop, w, 'laptop', as('ada'))
  await before(laptop, 'plan', type('other'))
  await adoptYIndexedDb(other, { database: 'plan', as: { kind: 'raw' }, platform: laptop })
  await w.clock.advance(5_000)
  await before(phone, 'plan', type('mine'))
  const client = await open(phone, w)
  const options = { database: 'plan', as: { kind: 'page' }, platform: phone, remove: true } as const
  const { acked, removed } = await adoptYIndexedDb(client, options)
  client.linkTo(as('ada'))
  await w.clock.advance(20_000)
  await expect(acked).rejects.toMatchObject({ code: 'KIND_MISMATCH' })
  await expect(removed).rejects.toMatchObject({ code: 'KIND_MISMATCH' })
  expect(await namesIn(phone)).toEqual(['plan'])
})

async function namesIn({ indexedDB }: Browser): Promise<(string | undefined)[]> {
  return (await indexedDB.databases()).map(({ name }) => name)
}

/** A database of this name with these rows. */
async function rewrite(at: Browser, name: string, rows: readonly unknown[]): Promise<void> {
  await before(at, name)
  await new Promise<void>(resolve => {
    const request = at.indexedDB.open(name)
    request.onsuccess = () => {
      const transaction = request.result.transaction('updates', 'readwrite')
      transaction.objectStore('updates').clear()
      for (const row of rows) transaction.objectStore('updates').add(row)
      transaction.oncomplete = () => {
        request.result.close()
        resolve()
      }
    }
  })
}
