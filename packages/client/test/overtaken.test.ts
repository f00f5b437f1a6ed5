/** What happens to a document while its body is on its way to a device: the body was read before, and the news of it come first. */
import type { Transport } from '@joinery/core'
import { decodeMessage } from '@joinery/core/protocol'
import { memoryStore, storeDisk } from '@joinery/core/testing'
import { expect, test } from 'vitest'
import { world, type World } from './kit.ts'
import { as, relayIn } from './relay.ts'
import { TRIALS, VOIDED_MS } from './trials.ts'

/** Until bodies above the limit were left to the relay. */
const EVICTED_MS = 6 * 60_000

/** The way of a device to the relay, on which bodies stay while they are held back. */
function way(w: World, name: string): { transport: Transport; isHeld: boolean; release(): void } {
  const inner = w.network.transport(name)
  const held: (() => void)[] = []
  const made = {
    isHeld: false,
    release() {
      made.isHeld = false
      for (const go of held.splice(0)) go()
    },
    transport: {
      connect: (url, on) =>
        inner.connect(url, {
          ...on,
          frame(bytes) {
            if (made.isHeld && decodeMessage(bytes)?.type === 'bodies') held.push(() => on.frame(bytes))
            else on.frame(bytes)
          },
        }),
    } satisfies Transport,
  }
  return made
}

test('[R2] an edit that comes while the body of an evicted document is on its way is not lost, whatever the body holds', async () => {
  const w = world()
  relayIn(w)
  const path = way(w, 'phone')
  const device = w.device('phone')
  const linked = { ...as('ada'), transport: path.transport, evictAbove: 1 }
  const phone = await device.open(linked)
  const { id } = phone.note.create({ title: 'Tea' })
  await w.clock.advance(EVICTED_MS)
  const laptop = await w.device('laptop').open(as('ada'))
  await w.clock.advance(2_000)
  using there = await laptop.note.open(id)

  path.isHeld = true
  const opening = phone.note.open(id)
  await w.clock.advance(1_000)
  there.change(d => d.body.insert(0, 'Green'))
  await w.clock.advance(1_000)
  path.release()
  await w.clock.advance(1_000)
  using here = await opening
  expect(here.view.body.toString()).toBe('Green')
  there.change(d => d.body.insert(5, ', hot'))
  await w.clock.advance(1_000)
  expect(here.view.body.toString()).toBe('Green, hot')

  // It is on the disk, too.
  w.network.crash('phone')
  device.disk.crash()
  device.lastTab()?.crash()
  w.network.partition('phone')
  const again = await device.open(linked)
  using after = await again.note.open(id)
  expect(after.view.body.toString()).toBe('Green, hot')
})

test('[R2] nor is one that comes before a page which was read without it, after a reset', async () => {
  const w = world()
  const disk = storeDisk()
  const relay = relayIn(w, { store: memoryStore({ disk }) })
  const path = way(w, 'phone')
  const phone = await w.device('phone').open({ ...as('ada'), transport: path.transport, evictAbove: 1 })
  const { id } = phone.note.create({ title: 'Tea' })
  await w.clock.advance(EVICTED_MS)
  const laptop = await w.device('laptop').open(as('ada'))
  await w.clock.advance(2_000)
  using there = await laptop.note.open(id)
  const early = disk.copy()
  const desk = await w.device('desk').open(as('ada'))
  desk.note.create({ title: 'Lost' })
  await w.clock.advance(1_000)
  // Or it would be given back under its name, and the cursors would fit.
  w.network.partition('desk')

  relay.crash()
  path.isHeld = true
  relay.start(memoryStore({ disk: early }))
  await w.clock.advance(60_000)
  there.change(d => d.body.insert(0, 'Green'))
  await w.clock.advance(1_000)
  expect(phone.status.get().replica).toBe('partial')
  path.release()
  await w.clock.advance(5_000)
  using here = await phone.note.open(id)
  expect(here.view.body.toString()).toBe('Green')
})

test('[D2] a body that was read before a void does not bring back what was voided, alone or in a page', async () => {
  const w = world()
  relayIn(w, { trials: TRIALS })
  const [path, late] = [way(w, 'phone'), way(w, 'late')]
  const phone = await w.device('phone').open({ ...as('ada'), transport: path.transport, evictAbove: 1 })
  const { id } = phone.note.create({ title: 'Tea' })
  await w.clock.advance(EVICTED_MS)
  const laptop = await w.device('laptop').open(as('ada'))
  await w.clock.advance(2_000)
  using there = await laptop.note.open(id)

  path.isHeld = late.isHeld = true
  const other = await w.device('late').open({ ...as('ada'), transport: late.transport })
  there.change(d => {
    d.title = 'poison'
  })
  await w.clock.advance(1_000)
  const opening = phone.note.open(id)
  const another = other.note.open(id)
  await w.clock.advance(VOIDED_MS)
  expect(there.view.title).toBe('Tea')
  path.release()
  late.release()
  await w.clock.advance(5_000)
  using here = await opening
  using elsewhere = await another
  expect([here.view.title, elsewhere.view.title]).toEqual(['Tea', 'Tea'])
  for (const { note } of [phone, other]) expect((await note.get()).rows.map(({ title }) => title)).toEqual(['Tea'])
})

test('[C2] an edit of a document whose body is not here goes to the shelf, where it would have to be written anew', async () => {
  const w = world()
  relayIn(w)
  const path = way(w, 'phone')
  const clock = w.clock.skewed(0)
  const device = w.device('phone')
  const first = await device.open({ ...as('ada'), transport: path.transport, clock, evictAbove: 1 })
  const { id } = first.note.create({ title: 'Tea', body: 'Green' })
  await w.clock.advance(2_000)
  const second = await device.open({ ...as('ada'), transport: path.transport, clock })
  using here = await second.note.open(id)
  await w.clock.advance(EVICTED_MS)
  path.isHeld = true
  clock.jump(3_600_000)
  const typed = here.change(d => {
    d.title = 'Hot tea'
    d.body.insert(5, ', hot')
  })
  const outcome = typed.acked.catch((error: unknown) => error)
  await w.clock.advance(5_000)
  expect(await outcome).toMatchObject({ code: 'STAMP_AHEAD' })
  expect((await second.shelf.list()).map(({ document, code }) => [document, code])).toEqual([[id, 'STAMP_AHEAD']])
  expect((await first.note.get()).rows.map(({ title }) => title)).toEqual(['Tea'])
  path.release()
  await w.clock.advance(5_000)
  using again = await first.note.open(id)
  expect([again.view.title, again.view.body.toString()]).toEqual(['Tea', 'Green'])
})
