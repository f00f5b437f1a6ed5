/** Sockets that are read too slowly, or written too quickly, on a real server: they wait, lose nothing, and cost nobody else anything. */
import { encodeMessage } from '@joinery/core/protocol'
import { memoryStore, virtualClock } from '@joinery/core/testing'
import { expect, test } from 'vitest'
import type { WebSocket } from 'ws'
import * as Y from 'yjs'
import { closeOf, dial, open, type Dialled } from '../dial.ts'
import { readFrame, visitor } from '../door/visitor.ts'
import { RELAY_LIMITS } from '../../src/index.ts'
import { rig, type as typing, update, writer } from '../rig.ts'
import { served, type ServedRelay } from '../served.ts'
import { bystander, type Told } from './bystander.ts'

const turnedClock = () => virtualClock({ settle: () => new Promise(resolve => setImmediate(resolve)) })

interface DoorReader {
  readonly socket: WebSocket
  /** What it was shown, as its document has it. */
  length(): number
  arrived(length: number): Promise<void>
}

/** Somebody at the door of garden/plan who applies what he is sent. */
async function doorReader(port: number, name: string): Promise<DoorReader> {
  const socket = await open(port, {}, `/y/garden/plan?token=dev:${name}`)
  const doc = new Y.Doc()
  const length = (): number => doc.getText('body').length
  let look = (): void => undefined
  socket.on('message', (data: Uint8Array) => {
    const heard = readFrame(data)
    if (heard.type === 'step2' || heard.type === 'update') Y.applyUpdate(doc, heard.bytes)
    look()
  })
  socket.send(Uint8Array.of(0, 0, 1, 0))
  const arrived = (wanted: number): Promise<void> =>
    new Promise(resolve => {
      look = () => void (length() >= wanted && resolve())
      look()
    })
  return { socket, length, arrived }
}

const EDIT = 500_000
/** More than the system's own buffers and ours hold. */
const EDITS = 48

/** Ann writes, one edit after the other, while others read or do not. */
async function write(ann: Dialled): Promise<void> {
  const pen = writer(1)
  for (let n = 1; n <= EDITS; n++) {
    ann.push('garden', update(n, 'plan', pen.edit(typing('x'.repeat(EDIT)))))
    expect(await ann.answer(n)).toBe(n)
  }
}

/** What these connections of one device were sent, as its document has it; who was away may be sent a snapshot of what he lacks. */
function lengthOf(...connections: Dialled[]): number {
  const doc = new Y.Doc()
  for (const { heard } of connections)
    for (const message of heard)
      if (message.type === 'changes') for (const { bytes } of message.entries) Y.applyUpdate(doc, bytes)
  return doc.getText('body').length
}

async function watcher(relay: ServedRelay, name: string): Promise<Dialled> {
  const one = await relay.device(name, 'desk')
  one.say({ type: 'watch', space: 'garden', cursor: undefined })
  await one.next('changes')
  return one
}

test('[WS-10] readers who stop are left behind, by link and at the door, and have lost nothing when they read again', async () => {
  const relay = await served()
  const unharmed = await bystander(relay)
  const ann = await relay.device('ann', 'phone')
  const [slow, quick] = [await watcher(relay, 'bob'), await watcher(relay, 'cid')]
  const [slowDoor, quickDoor] = [await doorReader(relay.port, 'dot'), await doorReader(relay.port, 'eve')]
  await Promise.all([slowDoor.arrived(0), quickDoor.arrived(0)])
  slow.socket.pause()
  slowDoor.socket.pause()
  await write(ann)
  // The others had it all meanwhile.
  await quick.next('changes', ({ cursor }) => cursor.seq === EDITS)
  await quickDoor.arrived(EDITS * EDIT)
  expect(relay.relay.figures().laggingReaders).toBe(2)
  expect(relay.counted('door-lagged')).toBe(1)
  slow.socket.resume()
  slowDoor.socket.resume()
  await slow.next('changes', ({ cursor, live }) => live && cursor.seq === EDITS)
  await slowDoor.arrived(EDITS * EDIT)
  expect(lengthOf(slow)).toBe(EDITS * EDIT)
  expect(slowDoor.length()).toBe(EDITS * EDIT)
  await expect.poll(() => relay.relay.figures().laggingReaders).toBe(0)
  await unharmed()
}, 60_000)

test('[WS-10] who takes nothing for 30 s is told 1013, by link and at the door, and goes on from where he was', async () => {
  const clock = turnedClock()
  const relay = await served({ clock, limits: { commitDistanceMs: 0 } })
  const ann = await relay.device('ann', 'phone')
  const slow = await watcher(relay, 'bob')
  const slowDoor = await doorReader(relay.port, 'dot')
  const ends = [slow.closed(), closeOf(slowDoor.socket)]
  slow.socket.pause()
  slowDoor.socket.pause()
  await write(ann)
  expect(relay.relay.figures().laggingReaders).toBe(2)
  await clock.advance(29_000)
  expect(relay.counted('stuck')).toBe(0)
  await clock.advance(2_000)
  expect(relay.counted('stuck')).toBe(2)
  expect(relay.lines.filter(({ event }) => event === 'stuck')).toHaveLength(2)
  slow.socket.resume()
  slowDoor.socket.resume()
  expect((await Promise.all(ends)).map(({ code }) => code)).toEqual([1013, 1013])
  expect(lengthOf(slow)).toBeLessThan(EDITS * EDIT)
  const cursor = slow.heard.findLast(message => message.type === 'changes')?.cursor
  const again = await dial(relay.port, 'bob', 'desk')
  again.say({ type: 'watch', space: 'garden', cursor })
  await again.next('changes', ({ cursor: to, live }) => live && to.seq === EDITS)
  expect(lengthOf(slow, again)).toBe(EDITS * EDIT)
}, 60_000)

test('[WS-11] one who lags among 100 costs the others nothing: each commit is one frame to each, and only he is read to from the store', async () => {
  const base = memoryStore()
  let reads = 0
  const at = rig({
    limits: { sendBuffer: 10_000 },
    store: { ...base, read: (...asked) => ((reads += 1), base.read(...asked)) },
  })
  const ann = await at.device('ann', 'phone')
  const readers = []
  for (let i = 0; i < 100; i++) {
    const one = await at.device(`reader${i}`, 'desk')
    one.say({ type: 'watch', space: 'garden', cursor: undefined })
    readers.push(one)
  }
  await at.rest()
  const [slow, ...others] = readers
  slow?.reads(false)
  for (const one of readers) one.forget()
  reads = 0
  for (let n = 1; n <= 200; n++) {
    ann.say({
      type: 'push',
      space: 'garden',
      entries: [update(n, `d${n}`, writer(n).edit(typing('x'.repeat(1_000))))],
    })
    await at.rest(10)
    for (const one of others) expect(one.of('changes')).toHaveLength(n)
  }
  expect(reads).toBe(0)
  expect(at.relay.figures().laggingReaders).toBe(1)
  slow?.reads(true)
  await at.rest(1_000)
  expect(slow?.of('changes').at(-1)?.cursor.seq).toBe(200)
  // About 200 KB in pages.
  expect(reads).toBeLessThan(5)
})

test('[WS-11] nor does one at the door', async () => {
  const base = memoryStore()
  let bodies = 0
  const at = rig({
    limits: { sendBuffer: 10_000 },
    store: { ...base, body: (...asked) => ((bodies += 1), base.body(...asked)) },
  })
  const everybody = Array.from({ length: 100 }, (_, i) => visitor(at, 'garden/plan', `p${i}`))
  for (const one of everybody) one.step1()
  await at.rest()
  const [slow, ann, ...others] = everybody
  slow?.reads(false)
  for (const one of everybody) one.forget()
  bodies = 0
  const pen = writer(7)
  for (let n = 1; n <= 200; n++) {
    ann?.update(pen.edit(typing('x'.repeat(1_000))))
    await at.rest(10)
    const frames = new Set(others.map(one => one.frames.at(-1)))
    expect(frames.size).toBe(1)
    for (const one of others) expect(one.of('update')).toHaveLength(n)
  }
  expect(bodies).toBe(0)
  slow?.reads(true)
  await at.rest(1_000)
  expect(bodies).toBeLessThan(5)
})

const { burstMessages, messagesPerSecond, burstBytes, bytesPerSecond } = RELAY_LIMITS
/** What is in a chunk that ws has taken off the socket still arrives. */
const CHUNK = 65_536

test.each(['a link', 'the door'])(
  '[WS-12] 100,000 tiny messages at once from %s: reading pauses, nobody is cut, others are answered meanwhile',
  async who => {
    const clock = turnedClock()
    const relay = await served({ clock })
    const unharmed = await bystander(relay)
    const isLink = who === 'a link'
    const hasty = isLink
      ? (await relay.device('hasty', 'phone')).socket
      : await open(relay.port, {}, '/y/garden/plan?token=dev:hasty')
    const tiny = isLink ? encodeMessage({ type: 'time', id: 1 }) : Uint8Array.of(3)
    if (!isLink) hasty.send(Uint8Array.of(0, 0, 1, 0))
    let end: number | undefined
    void closeOf(hasty).then(({ code }) => (end = code))
    const count = 100_000
    const before = relay.counted('frames-in')
    /** Without what the bystander says. */
    let asides = 0
    const taken = (): number => relay.counted('frames-in') - before - asides
    const check = async (...told: Told[]): Promise<void> => {
      await unharmed(...told)
      asides += 2
    }
    for (let n = 0; n < count; n++) hasty.send(tiny)
    const chunk = Math.ceil(CHUNK / (tiny.length + 6)) * 2
    await expect.poll(taken).toBeGreaterThanOrEqual(burstMessages)
    await check({ counted: 'throttled', event: 'throttled', reason: 'RATE_LIMITED' })
    expect(taken()).toBeLessThanOrEqual(burstMessages + chunk)
    for (let second = 1; taken() < count; second++) {
      // What came over at first is paid for before more is read.
      expect(second).toBeLessThan(60)
      await clock.advance(1_000)
      await check()
      expect(taken()).toBeLessThanOrEqual(burstMessages + second * messagesPerSecond + chunk)
    }
    expect(end).toBeUndefined()
  },
)

test('[WS-12] bytes have a bucket of their own: what is above it waits, and all of it arrives', async () => {
  const clock = turnedClock()
  const relay = await served({ clock })
  const unharmed = await bystander(relay)
  const hasty = await relay.device('hasty', 'phone')
  // Of a type that a newer client may know.
  const large = new Uint8Array(RELAY_LIMITS.frameBytes - 16)
  large.set([128, 1])
  const before = relay.counted('bytes-in')
  const taken = (): number => relay.counted('bytes-in') - before
  const count = 44
  for (let n = 0; n < count; n++) hasty.socket.send(large)
  await expect.poll(taken).toBeGreaterThanOrEqual(burstBytes)
  await unharmed({ counted: 'throttled', event: 'throttled', reason: 'RATE_LIMITED' })
  expect(taken()).toBeLessThanOrEqual(burstBytes + 2 * RELAY_LIMITS.frameBytes)
  await clock.advance(1_000)
  await unharmed()
  expect(taken()).toBeLessThanOrEqual(burstBytes + bytesPerSecond + 3 * RELAY_LIMITS.frameBytes)
  await clock.advance(3_000)
  await expect.poll(taken).toBeGreaterThanOrEqual(count * large.length)
  hasty.say({ type: 'time', id: 1 })
  await hasty.next('clock')
}, 30_000)
