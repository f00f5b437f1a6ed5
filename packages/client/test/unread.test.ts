/** What a device heard of the log before it had read so far, and the relay lost: its cursor fits, and nobody else may have it (R4). */
import type { Transport } from '@joinery/core'
import { decodeMessage } from '@joinery/core/protocol'
import { memoryStore, storeDisk } from '@joinery/core/testing'
import { expect, test } from 'vitest'
import { world, type Device, type World } from './kit.ts'
import { as, relayIn, type TestRelay } from './relay.ts'

/** The way of a device to the relay, on which no news come while they are held back, and on which it is counted what it tells. */
function way(w: World, name: string): { transport: Transport; isHeld: boolean; told: number } {
  const inner = w.network.transport(name)
  const made = {
    isHeld: false,
    told: 0,
    transport: {
      connect(url, on) {
        const wire = inner.connect(url, {
          ...on,
          frame(bytes) {
            if (!made.isHeld || decodeMessage(bytes)?.type !== 'changes') on.frame(bytes)
          },
        })
        return {
          ...wire,
          send(frame) {
            if (decodeMessage(frame)?.type === 'have') made.told += 1
            wire.send(frame)
          },
        }
      },
    } satisfies Transport,
  }
  return made
}

function kill(w: World, { name, disk, lastTab }: Device): void {
  w.network.crash(name)
  disk.crash()
  lastTab()?.crash()
}

async function titlesAt(w: World): Promise<string[]> {
  const tablet = await w.device('tablet').open(as('ada'))
  await w.clock.advance(5_000)
  return (await tablet.note.get()).rows.map(({ title }) => title).sort()
}

/** The relay is as it was, under the same life of its log; of the laptop nobody hears any more. */
async function lose(w: World, relay: TestRelay, path: { isHeld: boolean }, reopen: () => unknown): Promise<void> {
  w.network.partition('laptop')
  relay.crash()
  await reopen()
  path.isHeld = false
}

test.each([{ isNewTab: false }, { isNewTab: true }])(
  '[R4] what was fetched before it was read, and is lost, is given back by whoever fetched it; in a new tab: $isNewTab',
  async ({ isNewTab }) => {
    const w = world()
    const disk = storeDisk()
    const relay = relayIn(w, { store: memoryStore({ disk }) })
    const path = way(w, 'phone')
    const device = w.device('phone')
    const linked = { ...as('ada'), transport: path.transport }
    const phone = await device.open(linked)
    const laptop = await w.device('laptop').open(as('ada'))
    laptop.note.create({ title: 'Before' })
    await w.clock.advance(5_000)

    path.isHeld = true
    const early = disk.copy()
    const made = laptop.note.create({ title: 'Fetched' })
    await w.clock.advance(1_000)
    await made.acked
    const opening = phone.note.open(made.id)
    await w.clock.advance(1_000)
    ;(await opening)[Symbol.dispose]()

    await lose(w, relay, path, () => isNewTab && kill(w, device))
    relay.start(memoryStore({ disk: early }))
    if (isNewTab) await device.open(linked)
    await w.clock.advance(60_000)
    expect(await titlesAt(w)).toEqual(['Before', 'Fetched'])
  },
)

test('[D6] a purge that was heard of before it was read, and is lost, is told by whoever heard of it', async () => {
  const w = world()
  const disk = storeDisk()
  const relay = relayIn(w, { store: memoryStore({ disk }) })
  const path = way(w, 'phone')
  const phone = await w.device('phone').open({ ...as('ada'), transport: path.transport })
  const laptop = await w.device('laptop').open(as('ada'))
  const made = laptop.note.create({ title: 'Purged' })
  await w.clock.advance(5_000)
  using handle = await phone.note.open(made.id)

  path.isHeld = true
  const early = disk.copy()
  await laptop.trash.purge(made.id)
  await w.clock.advance(1_000)
  const late = handle.change(d => {
    d.title = 'Edited'
  })
  await w.clock.advance(1_000)
  await expect(late.acked).rejects.toMatchObject({ code: 'GONE' })

  await lose(w, relay, path, () => undefined)
  relay.start(memoryStore({ disk: early }))
  await w.clock.advance(60_000)
  expect(await titlesAt(w)).toEqual([])
})

test('[R3] how far a log went that was put back says nothing of the next one: what is held is told once, and not at each start', async () => {
  const w = world()
  const relay = relayIn(w)
  const path = way(w, 'phone')
  const device = w.device('phone')
  const linked = { ...as('ada'), transport: path.transport }
  const phone = await device.open(linked)
  for (const title of ['One', 'Two', 'Three']) {
    const made = phone.note.create({ title })
    await w.clock.advance(1_000)
    using handle = await phone.note.open(made.id)
    handle.change(d => {
      d.pinned = true
    })
    await w.clock.advance(1_000)
  }
  expect(path.told).toBe(0)
  relay.crash()
  relay.start(memoryStore({ disk: storeDisk({ epoch: () => 'another' }) }))
  await w.clock.advance(60_000)
  expect(path.told).toBeGreaterThan(0)
  const told = path.told
  kill(w, device)
  await device.open(linked)
  await w.clock.advance(5_000)
  expect(path.told).toBe(told)
  expect(await titlesAt(w)).toEqual(['One', 'Three', 'Two'])
})

/** Where the second tab takes over: before anything was told, after the first page was, and after all of it. */
test.each(['at once', 'halfway', 'afterwards'] as const)(
  '[R3] [R4] what the log lost behind a cursor that fits is told once: a tab that is opened %s goes on, and tells nothing anew',
  async when => {
    const w = world()
    const disk = storeDisk()
    const relay = relayIn(w, { store: memoryStore({ disk }) })
    const path = way(w, 'phone')
    const device = w.device('phone')
    const linked = { ...as('ada'), transport: path.transport }
    const phone = await device.open(linked)
    // More than one page of them.
    const made = Array.from({ length: 100 }, (_, at) => phone.note.create({ title: `${at}` }))
    await w.clock.advance(10_000)
    const restart = async (): Promise<void> => {
      kill(w, device)
      await device.open(linked)
    }

    path.isHeld = true
    const early = disk.copy()
    const edited = made[0] as (typeof made)[number]
    using handle = await phone.note.open(edited.id)
    for (const title of ['One', 'Two', 'Three', 'Four', 'Five']) {
      const edit = handle.change(d => {
        d.title = title
      })
      await w.clock.advance(1_000)
      await edit.acked
    }
    expect(path.told).toBe(0)
    relay.crash()
    path.isHeld = false
    relay.start(memoryStore({ disk: early }))
    if (when === 'at once') await restart()
    else if (when === 'halfway') {
      for (let step = 0; path.told < 2 && step < 10_000; step++) await w.clock.advance(10)
      await restart()
    }
    await w.clock.advance(60_000)
    // A page of which the answer was not stored is told again.
    expect(path.told).toBeGreaterThanOrEqual(2)
    expect(path.told).toBeLessThanOrEqual(when === 'halfway' ? 3 : 2)
    const { told } = path
    for (let start = 0; start < 3; start++) {
      await restart()
      await w.clock.advance(5_000)
    }
    expect(path.told).toBe(told)
    expect(await titlesAt(w)).toEqual([...made.slice(1).map((_, at) => `${at + 1}`), 'Five'].sort())
  },
)
