/** One device, no relay: everything works, for ever (C1). */
import { expect, test } from 'vitest'
import { world } from './kit.ts'

test('[CL-01] an edit that is saved is there after a crash at that instant', async () => {
  const device = world().device('phone')
  const client = await device.open()
  const made = client.note.create({ title: 'Shopping' })
  await made.saved
  device.disk.crash()

  const again = await device.open()
  using note = await again.note.open(made.id)
  expect(note.view.title).toBe('Shopping')
})

test('[C1] a new document is in its lists at once, before it is saved', async () => {
  const client = await world().device('phone').open()
  const seen: (readonly string[])[] = []
  client.note
    .where({ pinned: false })
    .subscribe(result => seen.push([result.state, ...result.rows.map(row => row.title)]))
  const { saved } = client.note.create({ title: 'One' })
  client.note.create({ title: 'Two' })
  await saved
  expect(seen[0]).toEqual(['loading'])
  expect(seen.at(-1)?.toSorted()).toEqual(['One', 'Two', 'complete'])
  expect((await client.note.limit(1).get()).rows.length).toBe(1)
})

test('[C1] all who open a document share one, and its edits are seen by each', async () => {
  const client = await world().device('phone').open()
  const { id } = client.note.create({ title: 'One' })
  using first = await client.note.open(id)
  using second = await client.note.open(id)
  expect(first.y).toBe(second.y)
  const titles: string[] = []
  second.subscribe(view => titles.push(view.title))
  await first.change(d => {
    d.title = 'Two'
  }).saved
  expect(titles).toEqual(['Two'])
  expect(first.undo()).toBe(true)
  await first.saved
  expect(second.view.title).toBe('One')
})

test('[CL-05] two tabs with the same document see each other’s edits, under different authors', async () => {
  const device = world().device('laptop')
  const [left, right] = [await device.open(), await device.open()]
  const { id, saved } = left.note.create({ title: 'One' })
  await saved
  using a = await left.note.open(id)
  using b = await right.note.open(id)
  expect(a.y.clientID).not.toBe(b.y.clientID)
  const done = new Promise(resolve => b.subscribe(resolve))
  await a.change(d => {
    d.title = 'Two'
  }).saved
  await done
  expect(b.view.title).toBe('Two')
  await b.change(d => {
    d.tags.add('home')
  }).saved
  await a.change(d => {
    d.pinned = true
  }).saved
  expect(a.view.tags).toEqual(['home'])
})

test('[C1] search finds what was just written, in alphabets and without spaces', async () => {
  const client = await world().device('phone').open()
  client.note.create({ title: 'Café in Zürich' })
  client.note.create({ title: '日本語の本' })
  const titles = async (question: string) => (await client.note.search(question).get()).rows.map(row => row.title)
  expect(await titles('cafe zur')).toEqual(['Café in Zürich'])
  expect(await titles('本語')).toEqual(['日本語の本'])
  expect(await titles('本')).toEqual(['日本語の本'])
  expect(await titles('nothing')).toEqual([])
})
