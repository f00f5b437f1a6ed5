/** The client on IndexedDB, as far as a stand-in for a browser's goes: reloads, tabs, failing operations, nothing left behind. */
import { indexedDbStorage } from '@joinery/adapters/storage/indexeddb'
import { memoryTabs } from '@joinery/adapters/tabs/memory'
import { TABLES, JoineryError, type Storage, type WriteTransaction } from '@joinery/core'
import { IDBFactory, IDBKeyRange } from 'fake-indexeddb'
import { expect, test } from 'vitest'
import { settle, world, type OpenOptions, type TestClient, type World } from './kit.ts'
import { as, relayIn } from './relay.ts'

/** A browser profile: what its tabs share. */
function browser(w: World, name: string) {
  const indexedDB = new IDBFactory()
  const tabs = memoryTabs()
  const device = w.device(name)
  const storage = (): Storage => indexedDbStorage({ app: 'notes', user: 'ada', platform: { indexedDB, IDBKeyRange } })
  return {
    indexedDB,
    storage,
    open: (options: OpenOptions = {}): Promise<TestClient> =>
      device.open({ storage, tabs: () => tabs.open(), ...options }),
  }
}

/** The stand-in needs turns of the event loop for what a disk does: lets time pass until something holds. */
async function until(w: World, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let round = 0; round < 2_000; round++) {
    if (await holds()) return
    await settle()
    await w.clock.advance(10)
  }
  throw new Error('it never held')
}

test('[CL-01] what was saved is there after a reload, with lists and search', async () => {
  const w = world()
  const profile = browser(w, 'phone')
  const first = await profile.open()
  const made = first.note.create({ title: 'Shopping', tags: ['home'] })
  await made.saved
  await first.close()
  const second = await profile.open()
  expect((await second.note.where({ tags: 'home' }).get()).rows.map(row => row.title)).toEqual(['Shopping'])
  using note = await second.note.open(made.id)
  expect(note.view.title).toBe('Shopping')
  await until(w, async () => (await second.note.search('shop').get()).rows.length === 1)
  await second.close()
})

test('[CL-05] tabs on one database see each other’s edits and send nothing twice', async () => {
  const w = world()
  const relay = relayIn(w)
  const profile = browser(w, 'phone')
  const [left, right] = [await profile.open(as('ada')), await profile.open(as('ada'))]
  const made = left.note.create({ title: '' })
  await made.saved
  using a = await left.note.open(made.id)
  using b = await right.note.open(made.id)
  for (let key = 0; key < 10; key++) {
    await Promise.all([a.change(d => d.tags.add(`l${key}`)).saved, b.change(d => d.tags.add(`r${key}`)).saved])
  }
  await until(w, () => a.view.tags.length === 20 && b.view.tags.length === 20)
  await until(w, () => left.status.get().pending === 0 && right.status.get().pending === 0)
  const { personalSpaceOf } = await import('@joinery/relay')
  expect((await relay.store.head(personalSpaceOf('ada')))?.seq).toBe(21)
  await left.close()
  await right.close()
})

test('[CL-15] with every Nth operation of the database failing no edit that was saved is lost', async () => {
  for (const every of [19, 37, 83]) {
    const w = world(every)
    const profile = browser(w, 'phone')
    let operations = 0
    let calm = true
    const storage = (): Storage => {
      const inner = profile.storage()
      /** As the port has it: one operation that fails fails the whole, whether the body minds or not. */
      const run = async <T>(tx: WriteTransaction, body: (tx: WriteTransaction) => Promise<T>): Promise<T> => {
        let failure: JoineryError | undefined
        const step = (): void => {
          if (calm || ++operations % every !== 0) return
          failure = new JoineryError('STORAGE_UNAVAILABLE', { every })
          throw failure
        }
        const result = await body({
          get: async (...asked) => (step(), tx.get(...asked)),
          getMany: async (...asked) => (step(), tx.getMany(...asked)),
          range: async (...asked) => (step(), tx.range(...asked)),
          count: async (...asked) => (step(), tx.count(...asked)),
          put: async (...asked) => (step(), tx.put(...asked)),
          delete: async (...asked) => (step(), tx.delete(...asked)),
          deleteRange: async (...asked) => (step(), tx.deleteRange(...asked)),
        })
        if (failure !== undefined) throw failure
        return result
      }
      return {
        ...inner,
        read: (tables, body) => inner.read(tables, tx => run(tx as WriteTransaction, body)),
        write: (tables, body) => inner.write(tables, tx => run(tx, body)),
      }
    }
    const client = await profile.open({ storage })
    calm = false
    const made = Array.from({ length: 25 }, (_, at) => client.note.create({ title: `${at}` }))
    const saved = new Set<string>()
    for (const one of made) void one.saved.then(() => saved.add(one.id))
    await until(w, () => saved.size === made.length)
    calm = true
    // What failed last is tried again after a pause, and closing waits for that.
    let closed = false
    void client.close().then(() => (closed = true))
    await until(w, () => closed)
    const again = await profile.open()
    const ids = new Set((await again.note.get()).rows.map(row => row.id))
    expect([...saved].filter(id => !ids.has(id))).toEqual([])
    for (const id of saved) {
      using note = await again.note.open(id)
      expect(note.view.$created).toBeDefined()
    }
    await again.close()
  }
})

test('[CL-16] logging out deletes the database', async () => {
  const w = world()
  const profile = browser(w, 'phone')
  const client = await profile.open()
  await client.note.create({ title: 'Secret' }).saved
  expect((await profile.indexedDB.databases()).length).toBe(1)
  await client.logout()
  expect(await profile.indexedDB.databases()).toEqual([])
  const storage = profile.storage()
  const counts = await storage.read(TABLES, tx => Promise.all(TABLES.map(table => tx.count(table, {}))))
  expect(counts.every(count => count === 0)).toBe(true)
  await storage.close()
})
