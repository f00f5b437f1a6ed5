/** Edits that cannot go as they are: written anew once and only once, whoever has the document open; and edits that go as few. */
import { yjs } from '@joinery/adapters/engines/yjs'
import { memoryDisk, memoryStorage, type MemoryDisk } from '@joinery/adapters/storage/memory'
import { memoryTabs } from '@joinery/adapters/tabs/memory'
import { JoineryError, type Clock, type Engine, type Transport } from '@joinery/core'
import { counter, defineKind, defineLibrary, latest, string, text } from '@joinery/core/kinds'
import { decodeMessage, encodeMessage } from '@joinery/core/protocol'
import { seededRandom } from '@joinery/core/testing'
import { expect, test } from 'vitest'
import { createClient } from '../src/base.ts'
import { settle, world, type World } from './kit.ts'
import { as, relayIn } from './relay.ts'

const paper = defineKind('paper', {
  version: 1,
  fields: { title: latest(string(), { default: '' }), body: text(), visits: counter() },
  row: d => ({ title: d.title, visits: d.visits }),
})
const papers = defineLibrary('papers', { paper })
let seeds = 0

function open(
  w: World,
  name: string,
  more: { disk?: MemoryDisk; clock?: Clock; linked?: boolean; transport?: Transport; engine?: Engine } = {},
) {
  const { disk = memoryDisk(), clock = w.clock, linked = true, transport = w.network.transport(name) } = more
  return createClient({
    library: papers,
    user: 'ada',
    engines: [more.engine ?? yjs],
    storage: memoryStorage({ disk }),
    tabs: memoryTabs().open(),
    transport,
    clock,
    random: seededRandom(++seeds),
    ...(linked ? as('ada') : {}),
  })
}

test('[S4] a clone’s texts and counts are written anew once, also where the document is open', async () => {
  const w = world()
  relayIn(w)
  const disk = memoryDisk()
  const original = await open(w, 'original', { disk })
  const made = original.paper.create({ body: 'start ' })
  await w.clock.advance(5_000)
  w.network.partition('original')
  const clone = await open(w, 'clone', { disk: disk.copy() })
  using a = await original.paper.open(made.id)
  using b = await clone.paper.open(made.id)
  const one = a.change(d => {
    d.body.insert(d.body.length, 'original ')
    d.visits.add(1)
  })
  b.change(d => {
    d.body.insert(d.body.length, 'clone ')
    d.visits.add(1)
  })
  await w.clock.advance(90_000)
  w.network.heal('original')
  await w.clock.advance(240_000)
  await one.acked
  expect(original.device()).not.toBe(clone.device())
  const words = (view: typeof a.view): string[] => view.body.toString().trim().split(' ').sort()
  for (const view of [a.view, b.view]) {
    expect(words(view)).toEqual(['clone', 'original', 'start'])
    expect(view.visits).toBe(2)
  }
  a.change(d => d.body.insert(d.body.length, 'after '))
  await w.clock.advance(5_000)
  expect(words(b.view)).toEqual(['after', 'clone', 'original', 'start'])
})

test('[S4] an edit under this device’s name that it never made is somebody else’s: it is shown, and the device takes another name', async () => {
  const w = world()
  relayIn(w)
  let own = ''
  let forge = false
  const inner = w.network.transport('phone')
  const transport: Transport = {
    connect: (url, on) =>
      inner.connect(url, {
        ...on,
        frame(bytes) {
          const message = decodeMessage(bytes)
          if (!forge || message?.type !== 'changes') return on.frame(bytes)
          on.frame(
            encodeMessage({ ...message, entries: message.entries.map(entry => ({ ...entry, device: own, n: 999 })) }),
          )
        },
      }),
  }
  const phone = await open(w, 'phone', { transport })
  const laptop = await open(w, 'laptop')
  await w.clock.advance(5_000)
  own = phone.device()
  forge = true
  laptop.paper.create({ title: 'Not mine' })
  await w.clock.advance(10_000)
  expect(phone.device()).not.toBe(own)
  expect((await phone.paper.get()).rows.map(row => row.title)).toEqual(['Not mine'])
})

test('[C2] what a fast clock stamped is written anew once, also where it is open', async () => {
  const w = world()
  relayIn(w)
  const phone = await open(w, 'phone', { clock: w.clock.skewed(3_600_000), linked: false })
  const made = phone.paper.create({ title: 'Ahead', body: 'once' })
  using a = await phone.paper.open(made.id)
  phone.linkTo(as('ada'))
  await w.clock.advance(20_000)
  await made.acked
  expect([a.view.title, a.view.body.toString()]).toEqual(['Ahead', 'once'])
  const laptop = await open(w, 'laptop')
  await w.clock.advance(5_000)
  using b = await laptop.paper.open(made.id)
  expect(b.view.body.toString()).toBe('once')
  expect(b.view.$created?.at).toBeLessThan(w.clock.now())
})

test('[C2] a clock that jumps ahead under a live link is set right by the relay first: what it stamped goes up again once', async () => {
  const w = world()
  relayIn(w)
  let pushes = 0
  const inner = w.network.transport('phone')
  const transport: Transport = {
    connect(url, on) {
      const wire = inner.connect(url, on)
      return {
        ...wire,
        send(frame) {
          if (decodeMessage(frame)?.type === 'push') pushes += 1
          wire.send(frame)
        },
      }
    },
  }
  const clock = w.clock.skewed(0)
  const phone = await open(w, 'phone', { clock, transport })
  await w.clock.advance(5_000)
  clock.jump(3_600_000)
  const made = phone.paper.create({ title: 'Ahead' })
  await w.clock.advance(5_000)
  await made.acked
  expect(pushes).toBe(2)
})

test('[D5] a document of another kind under the same name is left as it is, and the edit that would take it over is refused', async () => {
  const w = world()
  const kinds = ['left', 'right'].map(name =>
    defineKind(name, {
      version: 1,
      fields: { title: latest(string(), { default: '' }) },
      row: d => ({ title: d.title }),
      id: () => 'same',
    }),
  )
  const [left, right] = kinds
  if (left === undefined || right === undefined) throw new Error('two kinds')
  const client = await createClient({
    library: defineLibrary('two', { left, right }),
    user: 'ada',
    engines: [yjs],
    storage: memoryStorage(),
    tabs: memoryTabs().open(),
    transport: w.network.transport('phone'),
    clock: w.clock,
    random: seededRandom(9),
  })
  await client.left?.create({ title: 'First' }).saved
  await settle()
  const made = client.right?.create({ title: 'Second' })
  await expect(made?.saved).rejects.toMatchObject({ code: 'KIND_MISMATCH' })
  expect((await client.right?.get())?.rows).toEqual([])
  expect((await client.left?.get())?.rows.map(row => row['title'])).toEqual(['First'])
  using first = await client.left?.open('same')
  expect(() => client.right?.create({ title: 'Third' })).toThrow(expect.objectContaining({ code: 'KIND_MISMATCH' }))
  expect(first?.view['title']).toBe('First')
})

test('[§3.1] edits of an editor go together, too, when it has had the document since before', async () => {
  const w = world()
  const relay = relayIn(w)
  const phone = await open(w, 'phone')
  const made = phone.paper.create({})
  await w.clock.advance(5_000)
  using a = await phone.paper.open(made.id)
  const text = a.y.getText('body')
  for (let at = 0; at < 200; at++) text.insert(at, String(at % 10))
  await a.saved
  await w.clock.advance(5_000)
  await a.acked
  const { personalSpaceOf } = await import('@joinery/relay')
  const entries = await relay.store.body(personalSpaceOf('ada'), made.id)
  expect(entries.length).toBeLessThan(6)
  expect(a.view.body.toString()).toBe('0123456789'.repeat(20))
})

test('[§3.1] edits made while one is being written go together, as few bytes as they are, and every receipt is exact', async () => {
  const w = world()
  const relay = relayIn(w)
  const phone = await open(w, 'phone')
  const made = phone.paper.create({})
  await w.clock.advance(5_000)
  using a = await phone.paper.open(made.id)
  const receipts = Array.from({ length: 500 }, (_, at) => a.change(d => d.body.insert(at, String(at % 10))))
  await Promise.all(receipts.map(({ saved }) => saved))
  await w.clock.advance(5_000)
  await Promise.all(receipts.map(({ acked }) => acked))
  const { personalSpaceOf } = await import('@joinery/relay')
  const entries = await relay.store.body(personalSpaceOf('ada'), made.id)
  expect(entries.length).toBeLessThan(6)
  expect(entries.reduce((sum, entry) => sum + entry.bytes.length, 0)).toBeLessThan(2_000)
  expect(a.view.body.toString()).toBe('0123456789'.repeat(50))
  expect(a.change(() => undefined)).toMatchObject({ saved: expect.any(Promise) })
})

test('[R3] an unchanged reconnect is one question and one answer, with nothing asked for again', async () => {
  const w = world()
  relayIn(w)
  const disk = memoryDisk()
  const frames: string[] = []
  const inner = w.network.transport('phone')
  const transport: Transport = {
    connect(url, on) {
      const wire = inner.connect(url, {
        ...on,
        frame(bytes) {
          frames.push(`< ${decodeMessage(bytes)?.type}`)
          on.frame(bytes)
        },
      })
      return {
        ...wire,
        send(frame) {
          frames.push(`> ${decodeMessage(frame)?.type}`)
          wire.send(frame)
        },
      }
    },
  }
  const first = await open(w, 'phone', { disk })
  for (let count = 0; count < 50; count++) first.paper.create({ title: `${count}` })
  await w.clock.advance(5_000)
  await first.close()
  const again = await open(w, 'phone', { disk, transport })
  await w.clock.advance(5_000)
  expect(frames).toEqual(['> hello', '> watch', '< welcome', '< changes'])
  expect(again.status.get()).toMatchObject({ mode: 'realtime', syncing: false, replica: 'complete' })
})

const breaks = (update: Uint8Array): boolean => new TextDecoder().decode(update).includes('BREAKS')

/** An engine of which a document cannot be asked anything any more once it broke. */
function fragile(on: { checked?: () => void; broke?: () => void } = {}): Engine {
  return {
    ...yjs,
    check(update) {
      if (breaks(update)) on.checked?.()
      return yjs.check(update)
    },
    open(author) {
      const doc = yjs.open(author)
      let broken = false
      const applyAll = (updates: readonly Uint8Array[]): boolean => {
        if (!updates.some(breaks)) return doc.applyAll(updates)
        broken = true
        on.broke?.()
        throw new JoineryError('BAD_UPDATE')
      }
      return new Proxy(doc, {
        get(target, name: keyof typeof doc) {
          if (broken && name !== 'close') throw new JoineryError('CLOSED')
          return name === 'applyAll' ? applyAll : target[name]
        },
      })
    },
  }
}

test('[D2] an update that passed every check and breaks the engine is left out, in an open document too, and edits go on', async () => {
  const w = world()
  relayIn(w)
  const writer = await open(w, 'writer')
  const made = writer.paper.create({ title: 'Paper', body: 'one ' })
  await w.clock.advance(5_000)
  const reader = await open(w, 'reader', { engine: fragile() })
  await w.clock.advance(5_000)
  using theirs = await writer.paper.open(made.id)
  using ours = await reader.paper.open(made.id)
  theirs.change(d => d.body.insert(d.body.length, 'BREAKS '))
  await w.clock.advance(5_000)
  expect(ours.view.body.toString()).toBe('one ')
  const edit = ours.change(d => void (d.title = 'Still mine'))
  await w.clock.advance(5_000)
  await edit.acked
  expect(theirs.view.title).toBe('Still mine')
  ours.close()
  using again = await reader.paper.open(made.id)
  expect([again.view.title, again.view.body.toString()]).toEqual(['Still mine', 'one '])
})

test('[D2] [S1] what was edited when the engine breaks is kept, shown and sent', async () => {
  const w = world()
  relayIn(w)
  const writer = await open(w, 'writer')
  const made = writer.paper.create({ title: 'Paper', body: 'one ' })
  await w.clock.advance(5_000)
  const done: Promise<unknown>[] = []
  const type = (): void => {
    for (const letter of 'two ') done.push(ours.change(d => d.body.insert(d.body.length, letter)).acked)
    done.push(ours.change(d => void (d.title = 'Mine')).acked)
  }
  const lists: Promise<{ readonly rows: readonly { readonly title: string }[] }>[] = []
  const list = (): void => queueMicrotask(() => lists.push(reader.paper.where({}).get()))
  let isOpen = false
  // Edited while it arrives, so that the transaction of the edits comes upon it.
  const engine = fragile({ checked: () => isOpen && type(), broke: () => isOpen && list() })
  const reader = await open(w, 'reader', { engine })
  await w.clock.advance(5_000)
  using theirs = await writer.paper.open(made.id)
  using ours = await reader.paper.open(made.id)
  isOpen = true
  theirs.change(d => d.body.insert(d.body.length, 'BREAKS '))
  await w.clock.advance(5_000)
  isOpen = false
  expect(done.length).toBe(5)
  expect(reader.status.get()).toMatchObject({ pending: 0, storage: { failing: undefined } })
  await Promise.all(done)
  expect([ours.view.title, ours.view.body.toString()]).toEqual(['Mine', 'one two '])
  expect([theirs.view.title, theirs.view.body.toString().replace('BREAKS ', '')]).toEqual(['Mine', 'one two '])
  // Lists that are asked just then know nothing of it.
  expect(lists.length).toBeGreaterThan(0)
  for (const { rows } of await Promise.all(lists)) expect(rows.map(row => row.title)).toEqual(['Mine'])
})
