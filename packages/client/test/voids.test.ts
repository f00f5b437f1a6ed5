/** What a device does when the relay voids an edit: it begins the document anew from what the relay holds. */
import { expect, test } from 'vitest'
import { world, type TestClient } from './kit.ts'
import { as, relayIn } from './relay.ts'
import { TRIALS, VOIDED_MS } from './trials.ts'

async function titlesIn(clients: readonly TestClient[]): Promise<unknown[]> {
  return Promise.all(clients.map(async client => (await client.note.get()).rows.map(({ title }) => title)))
}

test('[D2] [P132] a voided edit is nowhere: every device begins the document anew without it, open or not, and its author finds it on the shelf', async () => {
  const w = world()
  relayIn(w, { trials: TRIALS })
  const [desk, phone, tablet] = (await Promise.all(
    ['desk', 'phone', 'tablet'].map(name => w.device(name).open(as('ada'))),
  )) as [TestClient, TestClient, TestClient]
  const { id } = desk.note.create({ title: 'Tea' })
  await w.clock.advance(2_000)
  using onDesk = await desk.note.open(id)
  using onPhone = await phone.note.open(id)
  onPhone.change(d => {
    d.title = 'poison'
  })
  await w.clock.advance(1_000)
  onDesk.change(d => d.body.insert(0, 'Green, '))
  await w.clock.advance(1_000)
  expect(await titlesIn([desk, phone, tablet])).toEqual([['poison'], ['poison'], ['poison']])
  await w.clock.advance(VOIDED_MS)
  expect(await titlesIn([desk, phone, tablet])).toEqual([['Tea'], ['Tea'], ['Tea']])
  expect([onDesk.view.title, onPhone.view.title]).toEqual(['Tea', 'Tea'])
  expect(onPhone.view.body.toString()).toContain('Green')
  expect((await phone.shelf.list()).map(({ document, code }) => [document, code])).toEqual([[id, 'BAD_UPDATE']])
  expect([await desk.shelf.list(), await tablet.shelf.list()]).toEqual([[], []])
  // And they go on.
  onPhone.change(d => d.body.insert(0, 'Cold. '))
  onDesk.change(d => d.body.insert(0, 'Hot. '))
  await w.clock.advance(2_000)
  const body = onDesk.view.body.toString()
  expect(body).toContain('Hot. ')
  expect(body).toContain('Cold. ')
  expect(onPhone.view.body.toString()).toBe(body)
  const late = await w.device('late').open(as('ada'))
  await w.clock.advance(2_000)
  using onLate = await late.note.open(id)
  expect([onLate.view.title, onLate.view.body.toString()]).toEqual(['Tea', body])
  expect([desk, phone, tablet, late].map(client => client.status.get().pending)).toEqual([0, 0, 0, 0])
})

test('[C5] what a device wrote offline on a document that began anew meanwhile is kept, in its outbox and on its screen', async () => {
  const w = world()
  relayIn(w, { trials: TRIALS })
  const desk = await w.device('desk').open(as('ada'))
  const phone = await w.device('phone').open(as('ada'))
  const { id } = desk.note.create({ title: 'Tea' })
  await w.clock.advance(2_000)
  using onDesk = await desk.note.open(id)
  using onPhone = await phone.note.open(id)
  onDesk.change(d => {
    d.title = 'poison'
  })
  await w.clock.advance(500)
  expect(onPhone.view.title).toBe('poison')
  w.network.partition('phone', 'both')
  onPhone.change(d => d.body.insert(0, 'Offline. '))
  await w.clock.advance(VOIDED_MS)
  expect(onDesk.view.title).toBe('Tea')
  w.network.heal('phone')
  await w.clock.advance(60_000)
  expect([onDesk.view.body.toString(), onPhone.view.body.toString()]).toEqual(['Offline. ', 'Offline. '])
  expect([onDesk.view.title, onPhone.view.title]).toEqual(['Tea', 'Tea'])
  expect(phone.status.get()).toMatchObject({ pending: 0, shelf: 0 })
})
