/** Links of another node over HTTP, by themselves, on virtual time: what goes over the bus for a request. */
import { memoryHub } from '@joinery/adapters/bus/memory'
import { BUS_PAYLOAD_BYTES, sameBytes, type Bus } from '@joinery/core'
import type { Exchange } from '@joinery/core/protocol'
import { seededRandom, virtualClock } from '@joinery/core/testing'
import { expect, test } from 'vitest'
import { createFarLinks } from '../../src/http/far-links.ts'
import { createHttpLinks } from '../../src/http/http-links.ts'
import { createCounters } from '../../src/index.ts'
import type { Socket } from '../../src/socket.ts'

const POLL: Exchange = { sent: 0, got: 0, close: 0, reason: '', frames: [] }
const MIB = 1_024 * 1_024
const HERE = '192.0.2.1'

interface Fleet {
  /** So many messages went over the bus. */
  readonly said: Uint8Array[]
  /** Whether it is there, and whether it brings what is said only later: by `bring`. */
  readonly way: { isUp: boolean; isSlow: boolean }
  bring(): void
  /** A link that `one` holds, welcomed, and its other end. */
  open(): Promise<{ readonly key: string; readonly socket: Socket; readonly got: Uint8Array[] }>
  readonly one: ReturnType<typeof createFarLinks>
  readonly other: ReturnType<typeof createFarLinks>
  /** What `other` finds out about a link. */
  look(key: string, from?: string): Promise<boolean | undefined | 'RATE_LIMITED'>
  /** Lets everything come about that takes no longer. */
  soon<T>(work: T | Promise<T>, ms?: number): Promise<T>
}

/** Two nodes on a bus that takes so much and brings each message `times`. */
function fleet({ payloadBytes = BUS_PAYLOAD_BYTES, times = 1, wholeBytes = 64 * MIB } = {}): Fleet {
  const clock = virtualClock()
  const hub = memoryHub()
  const said: Uint8Array[] = []
  const way = { isUp: true, isSlow: false }
  const held: (() => void)[] = []
  const got: Uint8Array[] = []
  const sockets: Socket[] = []
  const limits = { requestsPerSecond: 10, burstRequests: 20 }
  const bus = (): Bus => {
    const own = hub.bus()
    return {
      ...own,
      payloadBytes,
      isUp: () => way.isUp,
      publish(topic, payload) {
        said.push(payload)
        if (payload.length > payloadBytes) return
        const bring = (): void => {
          for (let time = 0; time < times; time++) own.publish(topic, payload)
        }
        if (way.isSlow) held.push(bring)
        else bring()
      },
    }
  }
  const node = (seed: number): Fleet['one'] => {
    const random = seededRandom(seed)
    const near = createHttpLinks({
      clock,
      random,
      counters: createCounters(),
      limits: { requestsPerSecond: 1_000, burstRequests: 1_000 },
      accept(socket) {
        sockets.push(socket)
        return { frame: bytes => void got.push(bytes), closed: () => {} }
      },
    })
    return createFarLinks({ near, bus: bus(), clock, random, limits, wholeBytes })
  }
  const [one, other] = [node(1), node(2)]
  const soon: Fleet['soon'] = async (work, ms = 10) => {
    // What it leads to is looked at where it is awaited.
    Promise.resolve(work).catch(() => undefined)
    await clock.advance(ms)
    return work
  }
  return {
    said,
    way,
    bring() {
      way.isSlow = false
      for (const bring of held.splice(0)) bring()
    },
    one,
    other,
    soon,
    look: async (key, from = HERE) => other.greeted(key, from),
    async open() {
      const key = one.open({ known: () => {}, leave: () => {} })
      const socket = sockets.at(-1) as Socket
      socket.send(Uint8Array.of(1))
      await soon(one.exchange(key, POLL, 0))
      await soon(one.exchange(key, { ...POLL, got: 1 }, 0))
      return { key, socket, got }
    },
  }
}

/** A key that nobody gave, of a node that is not there. */
function madeUp(at: number, node = 0): string {
  return `${node.toString(16).padStart(16, '1')}.${at.toString(16).padStart(48, '0')}`
}

test('[T3] keys that nobody knows are looked for so many times and no more, of one address and of all', async () => {
  const { look, said, soon } = fleet()
  let nodes = 0
  const ask = (from: (at: number) => string): Promise<unknown[]> =>
    soon(Promise.all(Array.from({ length: 1_000 }, (_, at) => look(madeUp(at, (nodes += 1)), from(at)))), 1_250)
  const counted = (answers: unknown[]): number[] =>
    [undefined, 'RATE_LIMITED'].map(like => answers.filter(answer => answer === like).length)
  expect(counted(await ask(() => HERE))).toEqual([32, 1_000 - 32])
  expect(said).toHaveLength(2 * 32)
  let looked = 32
  for (let round = 1; round < 10; round++) looked += counted(await ask(() => HERE))[0] ?? Infinity
  expect(looked).toBeGreaterThanOrEqual(128)
  expect(looked).toBeLessThanOrEqual(128 + 8 * 10 * 1.25)
  expect(counted(await ask(at => `192.0.2.${at}`))).toEqual([512, 1_000 - 512])
  // With time, others are looked for again.
  expect(await soon(look(madeUp(1)), 2_000)).toBeUndefined()
})

test('[T4] a node that said nothing is taken to be gone for a while, and who makes keys of it up holds nobody else up', async () => {
  const { look, open, said, soon } = fleet()
  const everybody = (): Promise<unknown>[] => Array.from({ length: 600 }, (_, at) => look(madeUp(at), `192.0.2.${at}`))
  await soon(Promise.all(everybody()), 2_000)
  said.length = 0
  const { key } = await open()
  const asked = everybody()
  expect(await soon(look(key))).toBe(true)
  expect(new Set(await Promise.all(asked))).toEqual(new Set([undefined]))
  expect(said).toHaveLength(2)
  await soon(undefined, 3_000)
  expect(await soon(look(madeUp(1)), 2_000)).toBeUndefined()
  expect(said).toHaveLength(2 + 2)
})

test('[T4] a node that only answered late is asked again, as is one that answers for a link that was found there', async () => {
  const { look, open, way, bring, soon } = fleet()
  const [found, lost, second, third] = [await open(), await open(), await open(), await open()]
  expect(await soon(look(found.key))).toBe(true)
  way.isSlow = true
  expect(await soon(look(lost.key), 2_000)).toBeUndefined()
  way.isSlow = false
  expect(await soon(look(second.key))).toBeUndefined()
  bring()
  await soon(undefined)
  expect(await soon(look(second.key))).toBe(true)
  way.isSlow = true
  expect(await soon(look(lost.key), 2_000)).toBeUndefined()
  way.isSlow = false
  expect(await soon(look(third.key))).toBeUndefined()
  expect(await soon(look(found.key))).toBe(true)
  expect(await soon(look(third.key))).toBe(true)
})

test('[P102] of a bus that went away meanwhile nobody learns that a node is gone', async () => {
  const { look, open, way, soon } = fleet()
  const { key } = await open()
  way.isSlow = true
  const asked = Promise.allSettled([look(key)])
  way.isUp = false
  expect(await soon(asked, 2_000)).toMatchObject([{ reason: { code: 'UNAVAILABLE' } }])
  Object.assign(way, { isUp: true, isSlow: false })
  expect(await soon(look(key))).toBe(true)
})

test('[T4] links that are there cost their address nothing, and are found whatever others of it ask for', async () => {
  const { look, open, soon } = fleet()
  const { key } = await open()
  for (let time = 0; time < 200; time++) expect(await soon(look((await open()).key))).toBe(true)
  expect(await soon(look(key))).toBe(true)
  for (let at = 0; at < 200; at++) void look(madeUp(at))
  expect(await soon(look(madeUp(7)))).toBe('RATE_LIMITED')
  expect(await soon(look(key))).toBe(true)
})

test('[T3] a link is looked for as often as it may be asked, and no more', async () => {
  const { look, open, said, soon } = fleet()
  const { key } = await open()
  await soon(look(key))
  said.length = 0
  const answers = await soon(Promise.all(Array.from({ length: 500 }, () => look(key))))
  expect(answers.filter(answer => answer === true).length).toBeLessThan(50)
  expect(said.length).toBeLessThan(100)
})

test.each([
  [BUS_PAYLOAD_BYTES, 2_500],
  [131_072, 160],
])(
  '[P102] what one request brings goes in messages of %i bytes, however large it is',
  async (payloadBytes, messages) => {
    const { other, open, said, soon } = fleet({ payloadBytes })
    const { key, socket, got } = await open()
    const large = new Uint8Array(8 * MIB).map((_, at) => at % 251)
    socket.send(large)
    said.length = 0
    const answer = await soon(other.exchange(key, { ...POLL, got: 1, frames: [large] }, 0), 100)
    const brought = typeof answer === 'object' ? [...answer.frames, ...got] : []
    expect(brought.map(frame => sameBytes(frame, large))).toEqual([true, true])
    expect(said.every(({ length }) => length <= payloadBytes)).toBe(true)
    expect(said.length).toBeLessThan(messages)
  },
)

test('[T3] what is more than a node holds is TOO_LARGE at once, either way, and the link keeps it', async () => {
  const { one, other, open, soon } = fleet({ wholeBytes: 20_000 })
  const { key, socket, got } = await open()
  expect(await soon(other.exchange(key, { ...POLL, got: 1, frames: [new Uint8Array(20_001)] }, 0))).toBe('TOO_LARGE')
  socket.send(new Uint8Array(20_001))
  expect(await soon(other.exchange(key, { ...POLL, got: 1 }, 0))).toBe('TOO_LARGE')
  const near = await soon(one.exchange(key, { ...POLL, got: 1, frames: [Uint8Array.of(7)] }, 0))
  expect(near).toMatchObject({ sent: 1, got: 1, frames: [{ length: 20_001 }] })
  expect(got).toEqual([Uint8Array.of(7)])
})

test('[P102] what the bus brings twice is answered once', async () => {
  const { other, open, said, soon } = fleet({ times: 2 })
  const { key, socket, got } = await open()
  socket.send(new Uint8Array(20_000).fill(2))
  said.length = 0
  const answer = await soon(other.exchange(key, { ...POLL, got: 1, frames: [new Uint8Array(20_000).fill(3)] }, 0))
  expect(answer).toMatchObject({ sent: 1, got: 1, frames: [{ length: 20_000 }] })
  expect(got).toHaveLength(1)
  await soon(undefined, 10_000)
  expect(said).toHaveLength(3 + 3)
  await soon(other.exchange(key, { ...POLL, sent: 1, got: 2, frames: [Uint8Array.of(4)] }, 0), 10_000)
  expect(said).toHaveLength(3 + 3 + 1 + 1)
})

test('[DU-13] whoever waits for another node is told so when this one stops', async () => {
  const { look, other, open, soon } = fleet()
  const { key } = await open()
  await soon(look(key))
  const waiting = [look(madeUp(1)), other.exchange(key, { ...POLL, got: 1 }, 20_000)]
  const told = Promise.allSettled(waiting)
  await soon(undefined)
  other.close()
  expect((await told).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
})
