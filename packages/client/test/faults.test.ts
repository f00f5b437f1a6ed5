/** Faults of device, storage and relay, by their ids in the table of faults. */
import { JoineryError } from '@joinery/core'
import { decodeMessage, encodeMessage, type Message, type RelayMessage } from '@joinery/core/protocol'
import { memoryStore } from '@joinery/core/testing'
import { memoryDisk, memoryStorage } from '@joinery/adapters/storage/memory'
import type { Storage, Store, Transport } from '@joinery/core'
import { personalSpaceOf } from '@joinery/relay'
import { expect, test } from 'vitest'
import type { ClientEvent } from '../src/base.ts'
import { world, type TestClient, type World } from './kit.ts'
import { as, relayIn } from './relay.ts'

function eventsOf(client: TestClient): ClientEvent[] {
  const events: ClientEvent[] = []
  client.events.subscribe(event => events.push(event))
  return events
}

/** A transport on which what the relay says passes through `change`: undefined swallows it. */
function meddling(transport: Transport, change: (message: RelayMessage) => Message | undefined): Transport {
  return {
    connect: (url, on) =>
      transport.connect(url, {
        ...on,
        frame(bytes) {
          const message = decodeMessage(bytes)
          const changed = message && change(message as RelayMessage)
          if (changed !== undefined) on.frame(encodeMessage(changed))
        },
      }),
  }
}

async function linked(w: World, ...names: string[]): Promise<TestClient[]> {
  const clients: TestClient[] = []
  for (const name of names) clients.push(await w.device(name).open(as('ada')))
  await w.clock.advance(5_000)
  return clients
}

test('[CL-02] a device that lets nothing be stored works in memory, and says so', async () => {
  const w = world()
  const opening = w.device('phone').open({
    storage: () => Promise.reject(new JoineryError('STORAGE_UNAVAILABLE')),
    fallbackStorage: () => memoryStorage(),
  })
  await w.clock.advance(2_000)
  const client = await opening
  expect(eventsOf(client)).toEqual([{ type: 'storage', code: 'STORAGE_UNAVAILABLE' }])
  await client.note.create({ title: 'In memory' }).saved
  await w.clock.advance(10)
  expect((await client.note.get()).rows.length).toBe(1)
  expect(client.status.get()).toMatchObject({ safeToClose: false, storage: { degraded: true } })
})

test('[CL-02] a full disk is told, edits go on, and are written once there is room', async () => {
  const w = world()
  let full = false
  const disk = memoryDisk({
    step(step) {
      if (full && step === 'put') throw new JoineryError('STORAGE_FULL')
    },
  })
  const client = await w.device('phone', disk).open()
  full = true
  const made = client.note.create({ title: 'Kept' })
  await w.clock.advance(1_000)
  expect(client.status.get()).toMatchObject({ safeToClose: false, storage: { failing: 'STORAGE_FULL' } })
  expect((await client.note.get()).rows.map(row => row.title)).toEqual(['Kept'])
  full = false
  await w.clock.advance(10_000)
  await made.saved
  expect(client.status.get()).toMatchObject({ safeToClose: true, storage: { failing: undefined } })
})

test('[CL-02] a database that is deleted under the app is told, and edits are not taken for saved', async () => {
  const w = world()
  const device = w.device('phone')
  const client = await device.open()
  await client.note.create({ title: 'One' }).saved
  device.disk.wipe()
  let settled = false
  const made = client.note.create({ title: 'Two' })
  void made.saved.finally(() => (settled = true)).catch(() => undefined)
  await w.clock.advance(10_000)
  expect(settled).toBe(false)
  expect(client.status.get()).toMatchObject({ safeToClose: false, storage: { failing: 'CLOSED' } })
  const closing = client.close()
  await w.clock.advance(60_000)
  await closing
  await expect(made.saved).rejects.toMatchObject({ code: 'CLOSED' })
})

test('[CL-03] a device whose storage was evicted with unacked edits comes back with everything else', async () => {
  const w = world()
  relayIn(w)
  let asked = false
  const device = w.device('phone')
  const storage = (): Storage => ({
    ...device.disk.open(),
    async persist() {
      asked = true
      return true
    },
  })
  const phone = await device.open({ ...as('ada'), storage })
  phone.note.create({ title: 'Acked' })
  await w.clock.advance(5_000)
  w.network.partition('phone')
  const before = w.clock.now()
  await phone.note.create({ title: 'Unacked' }).saved
  await w.clock.advance(10)
  // What this device alone holds, and since when.
  expect(phone.status.get()).toMatchObject({ pending: 1, pendingSince: before })
  expect(asked).toBe(true)
  device.disk.crash()
  device.disk.wipe()
  device.lastTab()?.crash()
  w.network.crash('phone')
  w.network.heal('phone')
  const again = await device.open(as('ada'))
  await w.clock.advance(60_000)
  expect((await again.note.get()).rows.map(row => row.title)).toEqual(['Acked'])
  expect(again.status.get()).toMatchObject({ replica: 'complete', pending: 0 })
})

test('[CL-04] a storage that opens empty although it was not is noticed: new device id, everything read anew', async () => {
  const w = world()
  relayIn(w)
  const device = w.device('phone')
  let marked: string | undefined
  const marker = {
    get: () => marked,
    set: (value: string) => void (marked = value),
    clear: () => void (marked = undefined),
  }
  const first = await device.open({ ...as('ada'), marker })
  first.note.create({ title: 'One' })
  await w.clock.advance(5_000)
  const name = first.device()
  expect(marked).toBe(name)
  device.disk.crash()
  device.disk.wipe()
  device.lastTab()?.crash()
  w.network.crash('phone')
  const second = await device.open({ ...as('ada'), marker })
  expect(eventsOf(second)).toContainEqual({ type: 'storage', code: 'STORAGE_LOST' })
  expect(second.device()).not.toBe(name)
  await w.clock.advance(5_000)
  expect((await second.note.get()).rows.map(row => row.title)).toEqual(['One'])
})

test('[CL-05] two tabs send nothing twice; when the one with the link dies the other takes over, and pending edits go up', async () => {
  const w = world()
  const relay = relayIn(w)
  const device = w.device('phone')
  const left = await device.open({ ...as('ada'), transport: w.network.transport('left') })
  const leftTab = device.lastTab()
  const right = await device.open({ ...as('ada'), transport: w.network.transport('right') })
  await w.clock.advance(5_000)
  expect(w.network.links().map(link => link.from)).toEqual(['left'])
  const made = left.note.create({ title: '' })
  await w.clock.advance(1_000)
  using a = await left.note.open(made.id)
  using b = await right.note.open(made.id)
  for (let key = 0; key < 20; key++) {
    a.change(d => d.tags.add(`left-${key}`))
    b.change(d => d.tags.add(`right-${key}`))
    await w.clock.advance(20)
  }
  await w.clock.advance(2_000)
  const head = await relay.store.head(await personalSpace(relay))
  w.network.partition('left')
  const last = b.change(d => {
    d.title = 'From the right'
  })
  await w.clock.advance(500)
  expect(right.status.get().pending).toBe(1)
  w.network.crash('left')
  leftTab?.crash()
  await w.clock.advance(2_000)
  expect(right.status.get()).toMatchObject({ mode: 'realtime', pending: 0 })
  await last.acked
  expect((await relay.store.head(await personalSpace(relay)))?.seq).toBe((head?.seq ?? 0) + 1)
})

async function personalSpace(_relay: ReturnType<typeof relayIn>): Promise<string> {
  const { personalSpaceOf } = await import('@joinery/relay')
  return personalSpaceOf('ada')
}

test('[CL-06] a cloned device finds out, takes a name of its own, and both keep their edits', async () => {
  const w = world()
  relayIn(w)
  const device = w.device('phone')
  const phone = await device.open(as('ada'))
  const made = phone.note.create({ title: 'Before' })
  await w.clock.advance(5_000)
  w.network.crash('phone')
  const clone = await w
    .device('clone', device.disk.copy())
    .open({ ...as('ada'), transport: w.network.transport('clone') })
  expect(clone.device()).toBe(phone.device())
  // Both write under the same name and n while they cannot hear each other.
  w.network.partition('phone')
  using a = await phone.note.open(made.id)
  using b = await clone.note.open(made.id)
  expect(a.y.clientID).not.toBe(b.y.clientID)
  const one = a.change(d => d.tags.add('from the original'))
  await w.clock.advance(5_000)
  b.change(d => d.tags.add('from the clone'))
  await w.clock.advance(10_000)
  w.network.heal('phone')
  await w.clock.advance(180_000)
  await one.acked
  expect(phone.device()).not.toBe(clone.device())
  for (const view of [a.view, b.view]) expect([...view.tags].sort()).toEqual(['from the clone', 'from the original'])
  expect([phone.status.get().pending, clone.status.get().pending]).toEqual([0, 0])
  expect([phone.status.get().shelf, clone.status.get().shelf]).toEqual([0, 0])
})

test('[CL-08] a damaged update from the relay is left out and told, the document read anew, and the app goes on', async () => {
  const w = world()
  relayIn(w)
  let damage = true
  const transport = meddling(w.network.transport('laptop'), message => {
    if (message.type !== 'changes' || !damage || message.entries.length === 0) return message
    damage = false
    return {
      ...message,
      entries: message.entries.map(entry => ({ ...entry, bytes: new Uint8Array([1, 1, 255, 255, 3]) })),
    }
  })
  const [phone] = await linked(w, 'phone')
  const laptop = await w.device('laptop').open({ ...as('ada'), transport })
  await w.clock.advance(5_000)
  const events = eventsOf(laptop)
  phone?.note.create({ title: 'Whole' })
  await w.clock.advance(5_000)
  expect(events.filter(({ type }) => type === 'refused-update').length).toBe(1)
  expect((await laptop.note.get()).rows.map(row => row.title)).toEqual(['Whole'])
  expect(laptop.status.get().mode).toBe('realtime')
})

test('[CL-09] acks twice, in disorder and of what is unknown change nothing', async () => {
  const w = world()
  relayIn(w)
  const transport: Transport = {
    connect: (url, on) =>
      w.network.transport('phone').connect(url, {
        ...on,
        frame(bytes) {
          const message = decodeMessage(bytes)
          on.frame(bytes)
          if (message?.type !== 'ack') return
          on.frame(encodeMessage({ ...message, entries: message.entries.toReversed() }))
          on.frame(encodeMessage({ ...message, entries: [{ n: 900, seq: 1 }] }))
        },
      }),
  }
  const phone = await w.device('phone').open({ ...as('ada'), transport })
  for (let count = 0; count < 10; count++) phone.note.create({ title: `${count}` })
  await w.clock.advance(5_000)
  expect(phone.status.get()).toMatchObject({ pending: 0, mode: 'realtime' })
  await phone.note.create({ title: 'more' }).saved
  await w.clock.advance(1_000)
  expect(phone.status.get().pending).toBe(0)
})

test('[CL-10] a cursor that goes back is noticed and never stored; what comes is the same in the end', async () => {
  const w = world()
  relayIn(w)
  let wrong = false
  const transport = meddling(w.network.transport('laptop'), message => {
    if (!wrong || message.type !== 'changes') return message
    wrong = false
    return { ...message, cursor: { ...message.cursor, seq: 1 } }
  })
  const [phone] = await linked(w, 'phone')
  const device = w.device('laptop')
  const laptop = await device.open({ ...as('ada'), transport })
  for (let count = 0; count < 5; count++) phone?.note.create({ title: `${count}` })
  await w.clock.advance(5_000)
  const events = eventsOf(laptop)
  const seqs: number[] = []
  const look = async (): Promise<void> => {
    const position = await device.disk.open().read(['meta'], tx => tx.get('meta', ['position', 'me']))
    seqs.push((position as { cursor: { seq: number } }).cursor.seq)
  }
  await look()
  wrong = true
  phone?.note.create({ title: 'after' })
  await w.clock.advance(1_000)
  await look()
  await w.clock.advance(30_000)
  await look()
  expect(events.some(({ type }) => type === 'cursor-back')).toBe(true)
  expect(seqs).toEqual(seqs.toSorted((a, b) => a - b))
  expect((await laptop.note.get()).rows.length).toBe(6)
  expect(laptop.status.get()).toMatchObject({ mode: 'realtime', replica: 'complete', syncing: false })
})

test('[CL-11] a link that answers nothing to the oldest edit for 30 s is opened anew', async () => {
  const w = world()
  relayIn(w)
  let deaf = false
  const transport = meddling(w.network.transport('phone'), message =>
    deaf && (message.type === 'ack' || message.type === 'changes') ? undefined : message,
  )
  const phone = await w.device('phone').open({ ...as('ada'), transport })
  await w.clock.advance(5_000)
  deaf = true
  const made = phone.note.create({ title: 'Stuck' })
  await w.clock.advance(29_000)
  expect(w.network.links().length).toBe(1)
  expect(phone.status.get().pending).toBe(1)
  const before = w.network.links()[0]
  deaf = false
  await w.clock.advance(5_000)
  expect(w.network.links()[0]).not.toBe(before)
  await made.acked
})

test('[CL-13] an edit that is refused as damaged is not sent for ever: it goes to the shelf, the rest lives on', async () => {
  const w = world()
  relayIn(w)
  let pushes = 0
  const inner = w.network.transport('phone')
  let spoil = false
  const transport: Transport = {
    connect(url, on) {
      const wire = inner.connect(url, on)
      return {
        ...wire,
        send(frame) {
          const message = decodeMessage(frame)
          if (message?.type !== 'push' || !spoil) return wire.send(frame)
          pushes += 1
          const entries = message.entries.map(entry => ({ ...entry, bytes: entry.bytes.slice(0, -2) }))
          wire.send(encodeMessage({ ...message, entries }))
        },
      }
    },
  }
  const phone = await w.device('phone').open({ ...as('ada'), transport })
  const made = phone.note.create({ title: 'Good' })
  await w.clock.advance(5_000)
  using a = await phone.note.open(made.id)
  spoil = true
  const bad = a.change(d => {
    d.title = 'Refused'
  })
  const y = a.y
  await w.clock.advance(60_000)
  await expect(bad.acked).rejects.toMatchObject({ code: 'BAD_UPDATE' })
  expect(pushes).toBe(1)
  expect(a.view.title).toBe('Good')
  expect(a.y).not.toBe(y)
  expect((await phone.note.get()).rows.map(row => row.title)).toEqual(['Good'])
  expect(phone.status.get()).toMatchObject({ pending: 0, shelf: 1 })

  spoil = false
  const [shelved] = await phone.shelf.list()
  expect(shelved).toMatchObject({ code: 'BAD_UPDATE', document: made.id, edits: 1 })
  const again = await phone.shelf.applyAgain(shelved?.id ?? '')
  await w.clock.advance(5_000)
  await again.acked
  expect(a.view.title).toBe('Refused')
  expect(phone.status.get()).toMatchObject({ pending: 0, shelf: 0 })
})

test('[CL-15] with every Nth storage operation failing no edit that was saved is lost', async () => {
  for (const every of [3, 7, 17, 40]) {
    const w = world(every)
    relayIn(w)
    let steps = 0
    let calm = true
    const disk = memoryDisk({
      step() {
        if (!calm && ++steps % every === 0) throw new JoineryError('STORAGE_UNAVAILABLE')
      },
    })
    const device = w.device('phone', disk)
    const phone = await device.open(as('ada'))
    await w.clock.advance(2_000)
    calm = false
    const saved: string[] = []
    for (let count = 0; count < 30; count++) {
      const made = phone.note.create({ title: `${every}-${count}` })
      void made.saved.then(() => saved.push(`${every}-${count}`))
      await w.clock.advance(100)
    }
    disk.crash()
    device.lastTab()?.crash()
    w.network.crash('phone')
    calm = true
    const again = await device.open(as('ada'))
    await w.clock.advance(60_000)
    const titles = new Set((await again.note.get()).rows.map(row => row.title))
    expect(saved.filter(title => !titles.has(title))).toEqual([])
    expect(again.status.get().pending).toBe(0)
    const laptop = await w.device('laptop').open(as('ada'))
    await w.clock.advance(20_000)
    expect((await laptop.note.get()).rows.length).toBe(titles.size)
  }
})

test('[CL-16] logging out leaves nothing behind, in any tab', async () => {
  const w = world()
  relayIn(w)
  const device = w.device('phone')
  let marked: string | undefined
  const marker = {
    get: () => marked,
    set: (value: string) => void (marked = value),
    clear: () => void (marked = undefined),
  }
  const left = await device.open({ ...as('ada'), marker })
  const right = await device.open({ ...as('ada'), marker })
  left.note.create({ title: 'Secret' })
  await w.clock.advance(5_000)
  const events = eventsOf(right)
  await left.logout()
  await w.clock.advance(1_000)
  expect(events).toContainEqual({ type: 'logged-out' })
  expect(marked).toBe(undefined)
  expect(w.network.links()).toEqual([])
  const storage = device.disk.open()
  const { TABLES } = await import('@joinery/core')
  const counts = await storage.read(TABLES, tx => Promise.all(TABLES.map(table => tx.count(table, {}))))
  expect(counts.reduce((a, b) => a + b, 0)).toBe(0)
})

test('[R4] a relay that lost its log gets everything back from the devices, and nothing is wiped', async () => {
  const w = world()
  const relay = relayIn(w)
  const [phone, laptop] = await linked(w, 'phone', 'laptop')
  for (let count = 0; count < 100; count++) phone?.note.create({ title: `${count}` })
  const made = laptop?.note.create({ title: 'purged' })
  await w.clock.advance(5_000)
  await laptop?.trash.purge(made?.id ?? '')
  await w.clock.advance(5_000)
  relay.crash()
  relay.start(memoryStore())
  await w.clock.advance(60_000)
  expect((await phone?.note.get())?.rows.length).toBe(100)
  const fresh = await w.device('tablet').open(as('ada'))
  await w.clock.advance(30_000)
  expect((await fresh.note.get()).rows.length).toBe(100)
  for (const client of [phone, laptop, fresh])
    expect(client?.status.get()).toMatchObject({ pending: 0, shelf: 0, replica: 'complete' })
  await expect(fresh.note.open(made?.id ?? '')).rejects.toBeInstanceOf(Error)
})

test('[C2] an edit whose clock ran ahead is stamped anew and goes on by itself', async () => {
  const w = world()
  relayIn(w)
  const fast = w.clock.skewed(3_600_000)
  const phone = await w.device('phone').open({ clock: fast })
  const made = phone.note.create({ title: 'From the future' })
  await made.saved
  phone.linkTo(as('ada'))
  await w.clock.advance(20_000)
  await made.acked
  const [laptop] = await linked(w, 'laptop')
  expect((await laptop?.note.get())?.rows.map(row => row.title)).toEqual(['From the future'])
  expect(phone.status.get()).toMatchObject({ pending: 0, shelf: 0 })
  using b = await laptop!.note.open(made.id)
  b.change(d => {
    d.title = 'Later'
  })
  await w.clock.advance(2_000)
  expect((await phone.note.get()).rows.map(row => row.title)).toEqual(['Later'])
})

test('[WRONG_SUBJECT] a library that belongs to another account is not mixed with this one', async () => {
  const w = world()
  relayIn(w)
  const device = w.device('phone')
  const ada = await device.open(as('ada'))
  await ada.note.create({ title: 'Ada' }).saved
  await w.clock.advance(5_000)
  await ada.close()
  const eve = await device.open(as('eve'))
  await eve.note.create({ title: 'Eve?' }).saved
  await w.clock.advance(60_000)
  expect(eve.status.get()).toMatchObject({ mode: 'offline', connection: 'wrong-account', pending: 1 })
  const other = await w.device('other').open(as('eve'))
  await w.clock.advance(5_000)
  expect((await other.note.get()).rows).toEqual([])
})

test('[WS-18] a wall clock that is an hour wrong, or jumps, makes no storm and cuts no link', async () => {
  const w = world()
  let hellos = 0
  let tokens = 0
  const relay = relayIn(w, { verify: async () => ({ subject: 'ada', left: 300_000 }) })
  const clock = w.clock.skewed(3_600_000)
  const network = w.network.transport('phone')
  const transport: Transport = { connect: (url, on) => ((hellos += 1), network.connect(url, on)) }
  // Good for five minutes by the relay's clock, over for long by the phone's.
  const token = (): string => {
    tokens += 1
    return `head.${btoa(JSON.stringify({ exp: (w.clock.now() + 300_000) / 1_000 }))}.sign`
  }
  const phone = await w.device('phone').open({ ...as('ada'), token, clock, transport })
  await w.clock.advance(5_000)
  expect(phone.status.get().connection).toBe('live')
  for (const wrong of [-7_200_000, 3_600_000, 7_200_000]) {
    clock.jump(wrong)
    await w.clock.advance(120_000)
    expect(phone.status.get().connection).toBe('live')
  }
  // Once since the relay ended a link whose token it took for over, and the phone for good.
  expect(hellos).toBeLessThanOrEqual(2)
  expect(tokens).toBeLessThan(15)
  const made = phone.note.create({ title: 'On time' })
  await w.clock.advance(1_000)
  await made.acked
  expect((await relay.store.head(personalSpaceOf('ada')))?.seq).toBe(1)
  await phone.close()
})

test('[WS-20] a link that is dead and does not say so is found out within a minute, and its device goes on from its cursor', async () => {
  const w = world()
  relayIn(w)
  const [phone] = await linked(w, 'phone')
  let links = 0
  let entries = 0
  const counting = meddling(w.network.transport('laptop'), message => {
    if (message.type === 'welcome') links += 1
    if (message.type === 'changes') entries += message.entries.length
    return message
  })
  const laptop = await w.device('laptop').open({ ...as('ada'), transport: counting })
  for (let n = 0; n < 20; n++) phone?.note.create({ title: `before ${n}` })
  await w.clock.advance(5_000)
  expect((await laptop.note.get()).rows.length).toBe(20)
  const before = entries
  const [link] = w.network.links().filter(({ from }) => from === 'laptop')
  link?.halfOpen('client')
  phone?.note.create({ title: 'meanwhile' })
  await w.clock.advance(54_000)
  expect([links, entries]).toEqual([1, before])
  await w.clock.advance(8_000)
  expect([links, entries]).toEqual([2, before + 1])
  expect(laptop.status.get().connection).toBe('live')
  expect((await laptop.note.get()).rows.length).toBe(21)
  await phone?.close()
  await laptop.close()
})

test('[MN-06] a space that could not be looked at when the link came up is watched once it can', async () => {
  const w = world()
  let reached = false
  const inner = memoryStore()
  const store: Store = {
    ...inner,
    roleOf: (...asked) => (reached ? inner.roleOf(...asked) : Promise.reject(new JoineryError('UNAVAILABLE'))),
  }
  relayIn(w, { store })
  const [client] = (await linked(w, 'phone')) as [TestClient]
  await client.note.create({ title: 'Waits' }).saved
  await w.clock.advance(1_000)
  expect(client.status.get()).toMatchObject({ connection: 'live', syncing: true, pending: 1 })
  reached = true
  await w.clock.advance(20_000)
  expect(client.status.get()).toMatchObject({ connection: 'live', syncing: false, pending: 0, replica: 'complete' })
})
