/**
 * Names that a device gave and no longer vouches for: what arrives under one of them is news, whoever wrote it, and nobody is taken for a
 * clone of anybody.
 */
import type { Entry, Transport } from '@joinery/core'
import { decodeMessage, encodeMessage, type RelayMessage } from '@joinery/core/protocol'
import { memoryStore, storeDisk } from '@joinery/core/testing'
import { expect, test } from 'vitest'
import { world, type World } from './kit.ts'
import { as, relayIn } from './relay.ts'

/** The way of a device to the relay, on which somebody may hold back, change or add what the relay says. */
function way(w: World, name: string): { transport: Transport; hear: (message: RelayMessage) => RelayMessage[] } {
  const inner = w.network.transport(name)
  const made = {
    hear: (message: RelayMessage): RelayMessage[] => [message],
    transport: {
      connect: (url, on) =>
        inner.connect(url, {
          ...on,
          frame(bytes) {
            const message = decodeMessage(bytes) as RelayMessage
            for (const heard of made.hear(message)) on.frame(encodeMessage(heard))
          },
        }),
    } satisfies Transport,
  }
  return made
}

async function phoneAndLaptop() {
  const w = world()
  relayIn(w)
  const path = way(w, 'phone')
  const phone = await w.device('phone').open({ ...as('ada'), transport: path.transport })
  const laptop = await w.device('laptop').open(as('ada'))
  return { w, path, phone, laptop }
}

test('[C2] an edit that was withdrawn though the relay had taken it is shown when it comes back, as it is to everybody', async () => {
  const { w, path, phone, laptop } = await phoneAndLaptop()
  const made = phone.note.create({ title: 'Before' })
  await w.clock.advance(5_000)
  await made.acked
  const own = phone.device()

  // Whoever answers is wrong about it: the edit is in the log, and its author is told that it is not and never will be.
  const held: RelayMessage[] = []
  path.hear = message => {
    if (message.type === 'changes') held.push(message)
    if (message.type === 'changes') return []
    if (message.type !== 'ack') return [message]
    return message.entries.map(({ n }) => ({
      type: 'refused' as const,
      space: message.space,
      document: undefined,
      n,
      code: 'FORBIDDEN' as const,
      retryAfter: 0,
    }))
  }
  using handle = await phone.note.open(made.id)
  const edit = handle.change(d => {
    d.title = 'After'
  })
  edit.acked.catch(() => undefined)
  await w.clock.advance(5_000)
  await expect(edit.acked).rejects.toMatchObject({ code: 'FORBIDDEN' })
  expect(handle.view.title).toBe('Before')

  path.hear = message => [...held.splice(0), message]
  laptop.note.create({ title: 'Another' })
  await w.clock.advance(5_000)
  expect(handle.view.title).toBe('After')
  const titles = async (device: typeof phone): Promise<string[]> =>
    (await device.note.get()).rows.map(({ title }) => title).sort()
  expect(await titles(phone)).toEqual(await titles(laptop))
  expect(phone.device()).toBe(own)
})

test('[R4] a name that the relay’s log has lost may be another’s: what comes under it afterwards is shown', async () => {
  const w = world()
  const relay = relayIn(w)
  const path = way(w, 'phone')
  const phone = await w.device('phone').open({ ...as('ada'), transport: path.transport })
  const made = phone.note.create({ title: 'First' })
  await w.clock.advance(5_000)
  await made.acked
  const own = phone.device()

  relay.crash()
  relay.start(memoryStore())
  await w.clock.advance(60_000)
  // A clone of this device gives the first number anew, with something of its own.
  path.hear = message =>
    message.type === 'changes'
      ? [{ ...message, entries: message.entries.map(entry => ({ ...entry, device: own, n: 1 })) }]
      : [message]
  const laptop = await w.device('laptop').open(as('ada'))
  laptop.note.create({ title: 'Of the clone' })
  await w.clock.advance(10_000)
  expect((await phone.note.get()).rows.map(({ title }) => title).sort()).toEqual(['First', 'Of the clone'])
  expect(phone.device()).toBe(own)
})

test('[S4] what is given back goes under a name that may be a clone’s: the relay acks without an entry what it holds by then', async () => {
  const w = world()
  const relay = relayIn(w)
  const path = way(w, 'phone')
  const phone = await w.device('phone').open({ ...as('ada'), transport: path.transport })
  const laptop = await w.device('laptop').open(as('ada'))
  const made = phone.note.create({ title: 'First' })
  await w.clock.advance(5_000)
  await made.acked
  const own = phone.device()

  const store = memoryStore({ disk: storeDisk({ epoch: () => 'another' }) })
  relay.crash()
  relay.start(store)
  w.network.partition('phone')
  await w.clock.advance(60_000)
  w.network.heal('phone')
  // Both are asked for it, the other one was quicker, and the name under which this one brings it is in no log.
  const acked: number[] = []
  path.hear = message => {
    if (message.type === 'ack') acked.push(...message.entries.map(({ n }) => n))
    if (message.type !== 'want') return [message]
    return [{ ...message, documents: [{ document: made.id, version: new Uint8Array(0) }] }]
  }
  await w.clock.advance(60_000)
  expect(acked).toEqual([2])
  for (const { space } of await store.spaces('', 9)) expect(await store.named(space, own, 2)).toBeUndefined()

  path.hear = message =>
    message.type === 'changes'
      ? [{ ...message, entries: message.entries.map(entry => ({ ...entry, device: own, n: 2 })) }]
      : [message]
  laptop.note.create({ title: 'Of the clone' })
  await w.clock.advance(10_000)
  expect((await phone.note.get()).rows.map(({ title }) => title).sort()).toEqual(['First', 'Of the clone'])
  expect(phone.device()).toBe(own)
})

test('[S4] a seed that another device made too goes under a name that may be a clone’s, since the relay acks it without an entry', async () => {
  const w = world()
  const relay = relayIn(w)
  const path = way(w, 'phone')
  const phone = await w.device('phone').open({ ...as('ada'), transport: path.transport })
  const laptop = await w.device('laptop').open(as('ada'))
  await w.clock.advance(5_000)
  w.network.partition('phone')
  const today = { date: '2026-11-22', achievements: ['From the template'] }
  const [first, second] = [laptop.review.create(today), phone.review.create(today)]
  await w.clock.advance(5_000)
  await first.acked
  w.network.heal('phone')
  await w.clock.advance(60_000)
  await second.acked
  const own = phone.device()
  for (const { space } of await relay.store.spaces('', 9)) {
    expect(await relay.store.named(space, own, 1)).toBeUndefined()
    expect(await relay.store.named(space, own, 2)).toBeDefined()
  }

  path.hear = message =>
    message.type === 'changes'
      ? [{ ...message, entries: message.entries.map(entry => ({ ...entry, device: own, n: 1 })) }]
      : [message]
  laptop.note.create({ title: 'Of the clone' })
  await w.clock.advance(10_000)
  expect((await phone.note.get()).rows.map(({ title }) => title)).toEqual(['Of the clone'])
  expect(phone.device()).toBe(own)
})

test('[S4] a name that was acked may be in the log again as another’s, though the cursor fits: what comes under it is shown', async () => {
  const w = world()
  relayIn(w)
  const path = way(w, 'phone')
  const phone = await w.device('phone').open({ ...as('ada'), transport: path.transport })
  const made = phone.note.create({ title: 'Mine' })
  await w.clock.advance(5_000)
  await made.acked
  const own = phone.device()
  // The log lost the edit and has it again from somebody else: its mark is what it was. A clone writes under the name that is free now.
  path.hear = message =>
    message.type === 'changes'
      ? [{ ...message, entries: message.entries.map(entry => ({ ...entry, device: own, n: 1 })) }]
      : [message]
  const laptop = await w.device('laptop').open(as('ada'))
  laptop.note.create({ title: 'Of the clone' })
  await w.clock.advance(10_000)
  expect((await phone.note.get()).rows.map(({ title }) => title).sort()).toEqual(['Mine', 'Of the clone'])
  expect(phone.device()).toBe(own)
})

test('[CL-09] an own edit that comes back where its ack said is not written a second time', async () => {
  const { w, path, phone, laptop } = await phoneAndLaptop()
  await w.clock.advance(5_000)
  const own = phone.device()
  const others: Entry[] = []
  const written: Entry[] = []
  // What comes back says something else, so that it would show if it were written.
  path.hear = message => {
    if (message.type !== 'changes') return [message]
    const entries: Entry[] = []
    for (const entry of message.entries) {
      const [other] = others
      if (entry.device !== own) others.push(entry)
      else if (other) entries.push({ ...other, device: own, n: entry.n, seq: entry.seq })
    }
    written.push(...entries)
    return [{ ...message, entries }]
  }
  laptop.note.create({ title: 'Of the laptop' })
  await w.clock.advance(5_000)
  const made = phone.note.create({ title: 'Mine' })
  await w.clock.advance(5_000)
  await made.acked
  expect(written).toMatchObject([{ device: own, n: 1 }])
  expect((await phone.note.get()).rows.map(({ title }) => title)).toEqual(['Mine'])
  expect(phone.device()).toBe(own)
})

test('[S4] [R4] what a log acked and lost says nothing of what its next one holds there, on the same link', async () => {
  const { w, path, phone, laptop } = await phoneAndLaptop()
  await w.clock.advance(5_000)
  const own = phone.device()
  path.hear = message => (message.type === 'changes' ? [] : [message])
  const made = phone.note.create({ title: 'Mine' })
  await w.clock.advance(5_000)
  await made.acked
  const epoch = 'restored'
  path.hear = message =>
    message.type === 'changes'
      ? [{ ...message, reset: true, entries: [], cursor: { ...message.cursor, epoch, seq: 0 } }]
      : [message]
  laptop.note.create({ title: 'Of the laptop' })
  await w.clock.advance(5_000)
  // The seq and the n of what was lost.
  path.hear = message =>
    message.type === 'changes'
      ? [
          {
            ...message,
            entries: message.entries.map(entry => ({ ...entry, device: own, n: 1, seq: 1 })),
            cursor: { ...message.cursor, epoch },
          },
        ]
      : [message]
  laptop.note.create({ title: 'Of the clone' })
  await w.clock.advance(1_000)
  expect((await phone.note.get()).rows.map(({ title }) => title).sort()).toContain('Of the clone')
  expect(phone.device()).toBe(own)
})
