/** Devices and a relay: what is edited on one is on the other, whatever happens in between. */
import { expect, test } from 'vitest'
import { world } from './kit.ts'
import { as, relayIn } from './relay.ts'

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
