/** Devices and a relay: what is edited on one is on the other, whatever happens in between. */
import type { Transport } from '@joinery/core'
import { decodeMessage } from '@joinery/core/protocol'
import { memoryStore, storeDisk } from '@joinery/core/testing'
import { expect, test } from 'vitest'
import { world, type World } from './kit.ts'
import { as, relayIn } from './relay.ts'

/** The laptop's network: from the second page on they wait in `late`, and a body by itself never comes. */
function slowPages(w: World): { late: (() => void)[]; transport: Transport } {
  const inner = w.network.transport('laptop')
  const late: (() => void)[] = []
  const transport: Transport = {
    connect(url, on) {
      const wire = inner.connect(url, on)
      const send = (frame: Uint8Array): void => {
        const message = decodeMessage(frame)
        if (message?.type !== 'fetch') wire.send(frame)
        else if (message.before > 0) late.push(() => wire.send(frame))
        else if (message.document === undefined) wire.send(frame)
      }
      return { ...wire, send }
    },
  }
  return { late, transport }
}

test('[D1] what one device writes, another shows; both see the same', async () => {
  const w = world()
  relayIn(w)
  const phone = await w.device('phone').open(as('ada'))
  const laptop = await w.device('laptop').open(as('ada'))
  await w.clock.advance(5_000)
  expect(phone.status.get().mode).toBe('realtime')
  const made = phone.note.create({ title: 'Shopping' })
  await made.saved
  await w.clock.advance(1_000)
  await made.acked
  const { state, rows } = await laptop.note.where({ pinned: false }).get()
  expect(state).toBe('complete')
  expect(rows.map(row => row.title)).toEqual(['Shopping'])

  using a = await phone.note.open(made.id)
  using b = await laptop.note.open(made.id)
  a.change(d => {
    d.title = 'Groceries'
  })
  b.change(d => {
    d.tags.add('home')
  })
  await w.clock.advance(1_000)
  for (const view of [a.view, b.view]) expect([view.title, view.tags]).toEqual(['Groceries', ['home']])
  expect(phone.status.get()).toMatchObject({ pending: 0, safeToClose: true, syncing: false })
})

test('[C1] 200 edits made offline go up when there is a network, in order, and nothing is lost', async () => {
  const w = world()
  relayIn(w)
  const phone = await w.device('phone').open(as('ada'))
  const laptop = await w.device('laptop').open(as('ada'))
  const made = phone.note.create({ title: 'Long' })
  await w.clock.advance(5_000)
  w.network.partition('phone')
  using a = await phone.note.open(made.id)
  for (let edit = 1; edit <= 200; edit++) {
    await a.change(d => {
      d.title = `Long ${edit}`
      d.tags.add(`tag-${edit}`)
    }).saved
  }
  using b = await laptop.note.open(made.id)
  b.change(d => {
    d.pinned = true
  })
  await w.clock.advance(90_000)
  expect(phone.status.get()).toMatchObject({ mode: 'offline', pending: 200 })
  w.network.heal('phone')
  await w.clock.advance(90_000)
  expect(phone.status.get()).toMatchObject({ mode: 'realtime', pending: 0, shelf: 0 })
  for (const view of [a.view, b.view])
    expect([view.title, view.tags.length, view.pinned]).toEqual(['Long 200', 200, true])
})

test('[R2] a new replica is live at once and fills in backwards; it says so until it is complete', async () => {
  const w = world()
  relayIn(w, { limits: { pageBytes: 2_000 } })
  const phone = await w.device('phone').open(as('ada'))
  for (let count = 0; count < 40; count++) phone.note.create({ title: `Note ${count}` })
  await w.clock.advance(5_000)
  const laptop = await w.device('laptop').open(as('ada'))
  const states: string[] = []
  laptop.note.limit(100).subscribe(({ state, rows }) => states.push(`${state} ${rows.length}`))
  await w.clock.advance(10_000)
  expect(states[0]).toBe('loading 0')
  expect(states.some(state => state.startsWith('partial'))).toBe(true)
  expect(states.filter(state => state === 'complete 0')).toEqual([])
  expect(states.at(-1)).toBe('complete 40')
  expect((await laptop.note.search('note 39').get()).rows.length).toBe(1)
})

test('[R2] filling in goes on after a break where it stopped', async () => {
  const w = world()
  relayIn(w, { limits: { pageBytes: 1_000 } })
  const phone = await w.device('phone').open(as('ada'))
  for (let count = 0; count < 60; count++) phone.note.create({ title: `Note ${count}` })
  await w.clock.advance(5_000)
  const device = w.device('laptop')
  const first = await device.open(as('ada'))
  while (first.status.get().mode !== 'realtime') await w.clock.advance(10)
  await w.clock.advance(20)
  w.network.crash('laptop')
  device.disk.crash()
  device.lastTab()?.crash()
  // What is edited meanwhile is of a document that the laptop may not have yet.
  using a = await phone.note.open((await phone.note.orderBy('createdAt').limit(1).get()).rows[0]?.id ?? '')
  a.change(d => {
    d.title = 'Changed'
  })
  await w.clock.advance(2_000)
  const second = await device.open(as('ada'))
  await w.clock.advance(20_000)
  const { state, rows } = await second.note.get()
  expect([state, rows.length]).toEqual(['complete', 60])
  expect(rows.filter(row => row.title === 'Changed').length).toBe(1)
})

test('[R2] a body that was still to be fetched when the device died is fetched when it comes back, before anybody opens it', async () => {
  const w = world()
  relayIn(w, { limits: { pageBytes: 1_000 } })
  const phone = await w.device('phone').open(as('ada'))
  const oldest = phone.note.create({ title: 'Oldest' })
  await w.clock.advance(1_000)
  for (let count = 0; count < 60; count++) phone.note.create({ title: `Note ${count}` })
  await w.clock.advance(5_000)
  const device = w.device('laptop')
  const { late, transport } = slowPages(w)
  const first = await device.open({ ...as('ada'), transport })
  await w.clock.advance(2_000)
  using a = await phone.note.open(oldest.id)
  a.change(d => {
    d.title = 'Changed'
  })
  await w.clock.advance(2_000)
  while (first.status.get().replica !== 'complete' && late.length > 0) {
    for (const send of late.splice(0)) send()
    await w.clock.advance(1_000)
  }
  w.network.crash('laptop')
  device.disk.crash()
  device.lastTab()?.crash()
  const second = await device.open(as('ada'))
  await w.clock.advance(20_000)
  const { state, rows } = await second.note.limit(100).get()
  expect([state, rows.length]).toEqual(['complete', 61])
  expect(rows.filter(row => row.title === 'Changed').length).toBe(1)
})

test('[R4] what a log lost, and others gave back, of a document that moves while all is read anew, is fetched after a death too', async () => {
  const w = world()
  const disk = storeDisk()
  const relay = relayIn(w, { limits: { pageBytes: 1_000 }, store: memoryStore({ disk }) })
  const other = w.device('phone')
  let phone = await other.open(as('ada'))
  const oldest = phone.note.create({ title: 'Oldest' })
  const notes = Array.from({ length: 30 }, (_, count) => phone.note.create({ title: `Note ${count}` }))
  const device = w.device('laptop')
  const die = (): void => {
    w.network.crash('laptop')
    device.disk.crash()
    device.lastTab()?.crash()
  }
  const laptop = await device.open(as('ada'))
  await w.clock.advance(20_000)
  const early = disk.copy()
  await phone.close()
  laptop.note.create({ title: 'Lost' })
  await w.clock.advance(2_000)
  die()
  relay.crash()
  relay.start(memoryStore({ disk: early }))
  phone = await other.open(as('ada'))
  await w.clock.advance(20_000)
  const edit = async (id: string, change: (note: { title: string; pinned: boolean }) => void): Promise<void> => {
    using handle = await phone.note.open(id)
    handle.change(change)
    await w.clock.advance(100)
  }
  await edit(oldest.id, note => (note.title = 'Changed'))
  for (const { id } of notes) await edit(id, note => (note.pinned = true))

  const { late, transport } = slowPages(w)
  const first = await device.open({ ...as('ada'), transport })
  await w.clock.advance(2_000)
  await edit(oldest.id, note => (note.pinned = true))
  await w.clock.advance(2_000)
  while (first.status.get().replica !== 'complete' && late.length > 0) {
    for (const send of late.splice(0)) send()
    await w.clock.advance(1_000)
  }
  die()
  const second = await device.open(as('ada'))
  await w.clock.advance(20_000)
  const { rows } = await second.note.where({ pinned: true }).limit(100).get()
  expect([rows.length, rows.filter(row => row.title === 'Changed').length]).toEqual([31, 1])
})

test('[S1] a relay that is killed again and again loses nothing that it acked', async () => {
  const w = world()
  const relay = relayIn(w)
  const phone = await w.device('phone').open(as('ada'))
  const laptop = await w.device('laptop').open(as('ada'))
  const made = phone.note.create({ title: '' })
  using a = await phone.note.open(made.id)
  for (let round = 0; round < 10; round++) {
    for (let key = 0; key < 10; key++) {
      a.change(d => {
        d.tags.add(`${round}-${key}`)
      })
      await w.clock.advance(50)
    }
    relay.crash()
    await w.clock.advance(300)
    relay.start()
    await w.clock.advance(3_000)
  }
  await w.clock.advance(60_000)
  expect(phone.status.get().pending).toBe(0)
  using b = await laptop.note.open(made.id)
  expect(b.view.tags.length).toBe(100)
})

test('[D6] the trash gives back, also what was edited elsewhere meanwhile; a purge does not, and the late edit goes to the shelf', async () => {
  const w = world()
  relayIn(w)
  const phone = await w.device('phone').open(as('ada'))
  const laptop = await w.device('laptop').open(as('ada'))
  const made = phone.note.create({ title: 'Old' })
  await w.clock.advance(5_000)
  using a = await phone.note.open(made.id)
  using b = await laptop.note.open(made.id)
  a.delete()
  b.change(d => {
    d.title = 'Edited elsewhere'
  })
  await w.clock.advance(2_000)
  expect((await phone.note.get()).rows).toEqual([])
  const trash = await laptop.trash.list()
  expect(trash.map(row => row['title'])).toEqual(['Edited elsewhere'])
  await laptop.trash.restore(made.id)
  await w.clock.advance(2_000)
  expect((await phone.note.get()).rows.map(row => row.title)).toEqual(['Edited elsewhere'])

  w.network.partition('laptop')
  b.change(d => {
    d.title = 'Too late'
  })
  const purged = await phone.trash.purge(made.id)
  await w.clock.advance(2_000)
  await purged.acked
  w.network.heal('laptop')
  await w.clock.advance(90_000)
  expect((await laptop.note.get()).rows).toEqual([])
  const shelf = await laptop.shelf.list()
  expect(shelf.map(({ code, edits }) => [code, edits])).toEqual([['GONE', 1]])
  expect(laptop.status.get()).toMatchObject({ pending: 0, shelf: 1 })
  await expect(laptop.note.open(made.id)).rejects.toMatchObject({ code: 'GONE' })
  await expect(phone.note.open(made.id)).rejects.toMatchObject({ code: 'GONE' })
})

test('[D7] what a field lost to an edit made at the same time is one tap away', async () => {
  const w = world()
  relayIn(w)
  const phone = await w.device('phone').open(as('ada'))
  const laptop = await w.device('laptop').open(as('ada'))
  const made = phone.note.create({ title: 'One' })
  await w.clock.advance(5_000)
  using a = await phone.note.open(made.id)
  using b = await laptop.note.open(made.id)
  w.network.partition('laptop')
  b.change(d => {
    d.title = 'Laptop'
  })
  await w.clock.advance(1_000)
  a.change(d => {
    d.title = 'Phone'
  })
  w.network.heal('laptop')
  await w.clock.advance(60_000)
  expect(b.view.title).toBe('Phone')
  expect(b.losers('title').map(({ value }) => value)).toEqual(['Laptop'])
})

test('[D6] two devices that make the review of one day from a template, both offline, make one', async () => {
  const w = world()
  relayIn(w)
  const phone = await w.device('phone').open()
  const laptop = await w.device('laptop').open()
  const init = { date: '2026-11-22', plans: ['Rest', 'Read'] }
  const one = phone.review.create(init)
  const other = laptop.review.create(init)
  await Promise.all([one.saved, other.saved])
  expect(one.id).toBe(other.id)
  phone.linkTo(as('ada'))
  laptop.linkTo(as('ada'))
  await w.clock.advance(10_000)
  expect([phone.status.get(), laptop.status.get()]).toMatchObject([
    { pending: 0, shelf: 0 },
    { pending: 0, shelf: 0 },
  ])
  using a = await phone.review.open(one.id)
  using b = await laptop.review.open(one.id)
  for (const view of [a.view, b.view]) expect(view.plans.length).toBe(2)
})

test('[C1] a library that never had a relay moves into an account as it is', async () => {
  const w = world()
  relayIn(w)
  const phone = await w.device('phone').open()
  for (let count = 0; count < 20; count++) await phone.note.create({ title: `Note ${count}` }).saved
  expect(phone.status.get()).toMatchObject({ connection: 'no-relay', safeToClose: true })
  phone.linkTo(as('ada'))
  const synced = phone.syncNow()
  await w.clock.advance(10_000)
  expect(await synced).toBe(true)
  const laptop = await w.device('laptop').open(as('ada'))
  await w.clock.advance(5_000)
  expect((await laptop.note.get()).rows.length).toBe(20)
})
