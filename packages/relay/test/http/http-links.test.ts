/** What stands in for a socket over HTTP, by itself, on virtual time. */
import type { Exchange } from '@joinery/core/protocol'
import { seededRandom, virtualClock } from '@joinery/core/testing'
import { expect, test } from 'vitest'
import { createHttpLinks } from '../../src/http/http-links.ts'
import { createCounters } from '../../src/index.ts'
import type { Socket } from '../../src/socket.ts'

const POLL: Exchange = { sent: 0, got: 0, close: 0, reason: '', frames: [] }

interface End {
  readonly socket: Socket
  readonly frames: number[]
  readonly closes: number[]
}

function rig(limits = { requestsPerSecond: 1_000, burstRequests: 1_000 }) {
  const clock = virtualClock()
  const ends: End[] = []
  const places: string[] = []
  const links = createHttpLinks({
    clock,
    random: seededRandom(1),
    counters: createCounters(),
    limits,
    accept(socket) {
      const end: End = { socket, frames: [], closes: [] }
      ends.push(end)
      return { frame: bytes => end.frames.push(bytes[0] ?? -1), closed: ({ code }) => end.closes.push(code) }
    },
  })
  /** A link that is open, and its other end. */
  const open = (): { key: string; end: End } => {
    const name = String(ends.length)
    const key = links.open({ known: () => places.push(`${name} is known`), leave: () => places.push(`${name} left`) })
    const end = ends.at(-1)
    if (end === undefined) throw new Error('no link')
    return { key, end }
  }
  const ask = async (key: string, exchange: Partial<Exchange>, wait = 0): Promise<Exchange | undefined> => {
    const asked = links.exchange(key, { ...POLL, ...exchange }, wait)
    await clock.advance(wait)
    await clock.advance(1)
    const answer = await asked
    return typeof answer === 'string' ? undefined : answer
  }
  return { clock, links, places, open, ask }
}

const frames = (...values: number[]): Uint8Array[] => values.map(value => Uint8Array.of(value))

test('[P107] a link without a request for 60 s is over, and one that is asked for stays', async () => {
  const { clock, open, ask } = rig()
  const [idle, busy] = [open(), open()]
  for (let time = 0; time < 6; time++) {
    await clock.advance(20_000)
    await ask(busy.key, {})
  }
  expect([idle.end.closes, busy.end.closes]).toEqual([[1006], []])
  expect(await ask(idle.key, {})).toBeUndefined()
})

test('[T3] what was sent counts until the device has got it, also when it was answered with', async () => {
  const { open, ask } = rig()
  const { key, end } = open()
  for (const frame of frames(1, 2, 3)) end.socket.send(frame)
  expect(end.socket.buffered()).toBe(3)
  expect(await ask(key, {})).toMatchObject({ sent: 0, frames: frames(1, 2, 3) })
  expect(end.socket.buffered()).toBe(3)
  expect(await ask(key, { got: 2 })).toMatchObject({ sent: 2, frames: frames(3) })
  expect(end.socket.buffered()).toBe(1)
})

test('[T3] an answer is of a bounded size, but for one frame, and the goodbye comes behind all of them', async () => {
  const { open, ask } = rig()
  const { key, end } = open()
  for (let at = 0; at < 3; at++) end.socket.send(new Uint8Array(700_000))
  end.socket.close(1012, 'RESTART')
  for (let got = 0; got < 3; got++) {
    const answer = await ask(key, { got })
    expect(answer?.frames.length).toBe(1)
    expect(answer?.close).toBe(got === 2 ? 1012 : 0)
  }
})

test('[T3] while frames are not taken they stay with the device', async () => {
  const { open, ask } = rig()
  const { key, end } = open()
  end.socket.hold?.(true)
  expect(await ask(key, { frames: frames(1, 2) }, 1_000)).toMatchObject({ got: 0 })
  end.socket.hold?.(false)
  expect(await ask(key, { frames: frames(1, 2) })).toMatchObject({ got: 2 })
  expect(end.frames).toEqual([1, 2])
})

test('[P102] frames are taken in their places only', async () => {
  const { open, ask } = rig()
  const { key, end } = open()
  expect(await ask(key, { sent: 1, frames: frames(2) })).toMatchObject({ got: 0 })
  expect(await ask(key, { frames: frames(1, 2) })).toMatchObject({ got: 2 })
  expect(await ask(key, { sent: 1, frames: frames(2, 3) })).toMatchObject({ got: 3 })
  expect(end.frames).toEqual([1, 2, 3])
})

test('[WS-13] a link takes its place when it begins and leaves it when it is over, and says when it is known', async () => {
  const { clock, places, open, ask } = rig()
  const [idle, told] = [open(), open()]
  told.end.socket.known?.()
  await ask(told.key, { close: 1000 })
  expect(places).toEqual(['1 is known', '1 left'])
  await clock.advance(60_000)
  expect(idle.end.closes).toEqual([1006])
  expect(places).toEqual(['1 is known', '1 left', '0 left'])
})

test('[P108] [T3] requests that come too quickly wait, and while some wait more are told to come later: nothing is lost', async () => {
  const { clock, links, open } = rig({ requestsPerSecond: 10, burstRequests: 2 })
  const { key, end } = open()
  let answered = 0
  const send = async (at: number): Promise<boolean> => {
    const answer = await links.exchange(key, { ...POLL, sent: at, frames: frames(at) }, 0)
    if (typeof answer !== 'string') answered += 1
    return answer !== 'RATE_LIMITED'
  }
  const all = Array.from({ length: 10 }, (_, at) => send(at))
  await clock.advance(1)
  expect([answered, end.frames]).toEqual([2, [0, 1]])
  await clock.advance(1_000)
  expect(await Promise.all(all)).toEqual([...Array(6).fill(true), ...Array(4).fill(false)])
  expect(end.frames).toEqual([0, 1, 2, 3, 4, 5])
  // What was not taken comes again.
  const again = [6, 7, 8, 9].map(send)
  await clock.advance(1_000)
  expect(await Promise.all(again)).toEqual([true, true, true, true])
  expect(end.frames.at(-1)).toBe(9)
  expect(end.closes).toEqual([])
})
