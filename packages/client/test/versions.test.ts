// An app and what a newer one left on its device, said in another tab, or wrote into the log.
import { entryDigest, type CommitEntry, type Storage } from '@joinery/core'
import { indexedDbStorage } from '@joinery/adapters/storage/indexeddb'
import { memoryStorage } from '@joinery/adapters/storage/memory'
import { IDBFactory, IDBKeyRange } from 'fake-indexeddb'
import { expect, test } from 'vitest'
import { settle, world } from './kit.ts'
import { as, relayIn } from './relay.ts'

test('[CL-14] an app does not begin with nothing beside what a newer one keeps: it says so, and the newer one finds it as it was', async () => {
  const w = world()
  const indexedDB = new IDBFactory()
  const storage = (): Storage => indexedDbStorage({ app: 'notes', user: 'ada', platform: { indexedDB, IDBKeyRange } })
  const device = w.device('phone')
  const before = await device.open({ storage })
  const { saved } = before.note.create({ title: 'Shopping' })
  await saved
  await before.close()
  const [name] = (await indexedDB.databases()).map(one => one.name)
  const newer = await new Promise<IDBDatabase>(resolve => {
    const request = indexedDB.open(name ?? '', 2)
    request.onsuccess = () => resolve(request.result)
  })
  const held = (): Promise<unknown[]> =>
    new Promise(resolve => {
      const request = newer.transaction('log').objectStore('log').getAll()
      request.onsuccess = () => resolve(request.result as unknown[])
    })
  const kept = await held()
  expect(kept).toHaveLength(1)
  let spare = 0
  const older = device.open({
    storage,
    fallbackStorage: () => {
      spare += 1
      return memoryStorage()
    },
  })
  let isOver = false
  const over = (): void => void (isOver = true)
  older.then(over, over)
  while (!isOver) {
    await settle()
    await w.clock.advance(10)
  }
  await expect(older).rejects.toMatchObject({ code: 'VERSION' })
  expect(spare).toBe(0)
  expect(await held()).toEqual(kept)
  newer.close()
})

test('[MN-12] what a tab of a newer app says is passed over, and what it adds to what is known too', async () => {
  const w = world()
  const device = w.device('phone')
  const client = await device.open()
  const other = device.tabs.open()
  const { id, saved } = client.note.create({ title: 'Shopping' })
  await saved
  other.send({ type: 'of-the-future', space: 'me', documents: [id] })
  other.send({ type: 'stale', space: 'me', document: id, soon: true, colour: 'blue' })
  other.send({ type: 'grown', space: 'me', documents: [{ document: id, tail: 1, colour: 'blue' }], colour: 'blue' })
  await w.clock.advance(1_000)
  expect((await client.note.where({}).get()).rows.map(({ title }) => title)).toEqual(['Shopping'])
  await client.close()
})

test('[P97] [D5] [MN-12] entries of a type that only newer versions know take nothing away, and what comes behind them arrives', async () => {
  const w = world()
  const relay = relayIn(w)
  const team = { ...as('ada'), spaces: ['team'] }
  const [one, other] = [await w.device('phone').open(team), await w.device('laptop').open({ ...team, user: 'bob' })]
  await w.clock.advance(1_000)
  const made = one.space('team').note.create({ title: 'Shopping' })
  await w.clock.advance(1_000)
  await made.acked
  const { seq = 0 } = (await relay.store.head('team')) ?? {}
  const named = { document: made.id, kind: 'note', engine: 'yjs', bytes: new Uint8Array([1, 2, 3]) }
  const entry = {
    ...named,
    type: 'other-9' as 'update',
    at: 1,
    device: 'newer',
    n: 1,
    subject: 'ada',
    basedOn: seq,
    authors: [],
  }
  const entries: CommitEntry[] = [
    { ...entry, digest: entryDigest(entry) },
    {
      ...entry,
      n: 2,
      document: 'unheard-of',
      kind: 'poem',
      engine: 'loro',
      basedOn: 0,
      digest: entryDigest({ ...entry, engine: 'loro' }),
    },
  ]
  const [done] = await relay.store.commit([{ space: 'team', entries }])
  expect(done?.outcomes.map(({ outcome }) => outcome)).toEqual(['written', 'written'])
  await w.clock.advance(10_000)
  using open = await one.space('team').note.open(made.id)
  const change = open.change(draft => {
    draft.title = 'Shopping, and more'
  })
  await w.clock.advance(10_000)
  await change.acked
  const rows = await other.space('team').note.where({}).get()
  expect(rows.rows.map(({ title }) => title)).toEqual(['Shopping, and more'])
  // Whoever comes later, and whoever reads it from its bodies.
  const late = await w.device('tablet').open({ ...team, user: 'cid' })
  await w.clock.advance(10_000)
  expect((await late.space('team').note.where({}).get()).rows.map(({ title }) => title)).toEqual(['Shopping, and more'])
  const page = await relay.store.read('team', 0, 1_000_000)
  expect(page.entries.map(({ type }) => type)).toEqual(['update', 'other-9', 'other-9', 'update'])
  for (const client of [one, other, late]) {
    expect(client.status.get()).toMatchObject({ mode: 'realtime', pending: 0, shelf: 0, syncing: false })
    await client.close()
  }
})
