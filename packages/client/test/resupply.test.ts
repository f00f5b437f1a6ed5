/** What a relay lost: more than once, with an engine whose updates do not tell a gap; and what nobody had read back. */
import { automerge } from '@joinery/adapters/engines/automerge'
import { yjs } from '@joinery/adapters/engines/yjs'
import { memoryStorage } from '@joinery/adapters/storage/memory'
import { memoryTabs } from '@joinery/adapters/tabs/memory'
import type { Transport } from '@joinery/core'
import { defineKind, defineLibrary, text } from '@joinery/core/kinds'
import { decodeMessage, encodeMessage, type Message, type PushedEntry } from '@joinery/core/protocol'
import { memoryStore, seededRandom, storeDisk } from '@joinery/core/testing'
import { automergeGate } from '@joinery/relay'
import { expect, test } from 'vitest'
import { createClient } from '../src/base.ts'
import { world, type World } from './kit.ts'
import { as, relayIn } from './relay.ts'

const card = defineKind('card', { version: 1, engine: 'automerge', fields: { body: text() }, row: () => ({}) })
const slip = defineKind('slip', { version: 1, engine: 'yjs', fields: { body: text() }, row: () => ({}) })
const cards = defineLibrary('cards', { card, slip })

let seeds = 0

function open(w: World, transport: Transport) {
  return createClient({
    library: cards,
    user: 'ada',
    engines: [automerge, yjs],
    storage: memoryStorage(),
    tabs: memoryTabs().open(),
    transport,
    clock: w.clock,
    random: seededRandom(++seeds),
    ...as('ada'),
  })
}

test('[R4] what was to be given back to a log that is lost in its turn makes way for what the next one lacks', async () => {
  const w = world()
  const disk = storeDisk()
  const relay = relayIn(w, { gates: [automergeGate()], store: memoryStore({ disk }) })
  let supplies = 0
  const inner = w.network.transport('phone')
  const transport: Transport = {
    connect(url, on) {
      const wire = inner.connect(url, on)
      return {
        ...wire,
        send(frame) {
          const message = decodeMessage(frame)
          const isSupply = message?.type === 'push' && message.entries.some(({ resupply }) => resupply)
          if (!isSupply || supplies++ > 0) return wire.send(frame)
          // Put back once more, before the first supply arrives.
          relay.crash()
          relay.start(memoryStore())
        },
      }
    },
  }
  const phone = await open(w, transport)
  const made = phone.card.create({})
  using handle = await phone.card.open(made.id)
  handle.change(d => d.body.insert(0, 'one '))
  await w.clock.advance(1_000)
  const early = disk.copy()
  handle.change(d => d.body.insert(4, 'two'))
  await w.clock.advance(1_000)
  expect(phone.status.get()).toMatchObject({ pending: 0 })
  relay.crash()
  relay.start(memoryStore({ disk: early }))
  await w.clock.advance(120_000)
  expect(supplies).toBeGreaterThan(1)
  expect(phone.status.get()).toMatchObject({ pending: 0, failed: 0, connection: 'live' })
  const laptop = await open(w, w.network.transport('laptop'))
  await w.clock.advance(5_000)
  using there = await laptop.card.open(made.id)
  expect(there.view.body.toString()).toBe('one two')
})

test('[R4] [C2] what is to be given back outlives an edit that is refused for good meanwhile, and goes to the shelf', async () => {
  const w = world()
  const relay = relayIn(w, { store: memoryStore() })
  const inner = w.network.transport('phone')
  let isLost = false
  let edit: Extract<Message, { type: 'push' }> | undefined
  const transport: Transport = {
    connect(url, on) {
      const frame = (bytes: Uint8Array): void => {
        on.frame(bytes)
        const message = decodeMessage(bytes)
        if (edit === undefined || message?.type !== 'want' || message.documents.length === 0) return
        const { document, n } = edit.entries[0] as PushedEntry
        on.frame(encodeMessage({ type: 'refused', space: edit.space, document, n, code: 'TOO_DEEP', retryAfter: 0 }))
      }
      const wire = inner.connect(url, { ...on, frame })
      return {
        ...wire,
        send(bytes) {
          const message = decodeMessage(bytes)
          if (isLost && message?.type === 'push' && edit === undefined) edit = message
          else wire.send(bytes)
        },
      }
    },
  }
  const phone = await open(w, transport)
  const made = phone.slip.create({})
  using handle = await phone.slip.open(made.id)
  handle.change(d => d.body.insert(0, 'one '))
  await w.clock.advance(1_000)
  relay.crash()
  isLost = true
  handle.change(d => d.body.insert(4, 'two'))
  relay.start(memoryStore())
  await w.clock.advance(120_000)
  expect(phone.status.get()).toMatchObject({ pending: 0, shelf: 1, connection: 'live' })
  const laptop = await open(w, w.network.transport('laptop'))
  await w.clock.advance(5_000)
  using there = await laptop.slip.open(made.id)
  expect(there.view.body.toString()).toBe('one ')
})

test('[R4] a page that is told is not over with the answer about one document that was told meanwhile', async () => {
  const w = world()
  const relay = relayIn(w, { store: memoryStore() })
  const inner = w.network.transport('phone')
  let isLost = false
  const said: string[] = []
  const transport: Transport = {
    connect(url, on) {
      let first: Uint8Array | undefined
      const frame = (bytes: Uint8Array): void => {
        on.frame(bytes)
        if (!isLost || decodeMessage(bytes)?.type !== 'want' || said.push('want') < 5) return
        isLost = false
        w.network.partition('phone')
      }
      const wire = inner.connect(url, { ...on, frame })
      return {
        ...wire,
        send(bytes) {
          const message = decodeMessage(bytes)
          if (!isLost || message?.type !== 'have') return wire.send(bytes)
          said.push(`have ${message.documents.length}`)
          // The answer to the page comes when the one document was told, too.
          if (said.length === 1) first = bytes
          else if (first !== undefined) wire.send(first)
          if (said.length > 1) {
            first = undefined
            wire.send(bytes)
          }
        },
      }
    },
  }
  const phone = await open(w, transport)
  const made = Array.from({ length: 70 }, () => phone.slip.create({}).id)
  using handle = await phone.slip.open(made[69] ?? '')
  for (const id of made) {
    using slip = await phone.slip.open(id)
    slip.change(d => d.body.insert(0, 'one '))
  }
  await w.clock.advance(10_000)
  expect(phone.status.get()).toMatchObject({ pending: 0 })
  relay.crash()
  isLost = true
  handle.change(d => d.body.insert(4, 'two'))
  relay.start(memoryStore())
  await w.clock.advance(60_000)
  expect(said).toEqual(['have 64', 'have 1', 'want', 'have 6', 'want'])
  w.network.heal('phone')
  await w.clock.advance(120_000)
  expect(phone.status.get()).toMatchObject({ pending: 0, connection: 'live' })
  const laptop = await open(w, w.network.transport('laptop'))
  await w.clock.advance(10_000)
  const there = await Promise.all(made.map(id => laptop.slip.open(id)))
  expect(there.filter(({ view }) => !view.body.toString().startsWith('one '))).toEqual([])
  for (const slip of there) slip.close()
})

test.each([
  { read: 'a part', isNewTab: false },
  { read: 'a part', isNewTab: true },
  { read: 'nothing', isNewTab: false },
  { read: 'nothing', isNewTab: true },
])(
  '[R4] a log that loses what was acked and not yet read back gets it again, though the cursor fits: $read was read, in a new tab: $isNewTab',
  async ({ read, isNewTab }) => {
    const w = world()
    const disk = storeDisk()
    const relay = relayIn(w, { store: memoryStore({ disk }) })
    let isDeaf = read === 'nothing'
    const inner = w.network.transport('phone')
    const transport: Transport = {
      connect: (url, on) =>
        inner.connect(url, {
          ...on,
          frame(bytes) {
            if (!isDeaf || decodeMessage(bytes)?.type !== 'changes') on.frame(bytes)
          },
        }),
    }
    const device = w.device('phone')
    const phone = await device.open({ ...as('ada'), transport })
    const first = phone.note.create({ title: 'First' })
    await w.clock.advance(5_000)
    await first.acked
    const early = disk.copy()
    isDeaf = true
    const second = phone.note.create({ title: 'Second' })
    await w.clock.advance(5_000)
    await second.acked
    relay.crash()
    if (isNewTab) {
      w.network.crash('phone')
      device.disk.crash()
      device.lastTab()?.crash()
    }
    relay.start(memoryStore({ disk: early }))
    isDeaf = false
    if (isNewTab) await device.open({ ...as('ada'), transport })
    await w.clock.advance(120_000)
    const laptop = await w.device('laptop').open(as('ada'))
    await w.clock.advance(5_000)
    const { rows } = await laptop.note.where({}).get()
    expect(rows.map(({ title }) => title).sort()).toEqual(['First', 'Second'])
  },
)
