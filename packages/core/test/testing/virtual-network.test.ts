// A network in one process: the laws of every transport, and the faults it is there for.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  must,
  seededRandom,
  transportLaws,
  virtualClock,
  virtualNetwork,
  type TransportPeer,
  type TransportSubject,
  type VirtualLink,
  type VirtualSocket,
} from '@joinery/core/testing'
import type { Wire, WireClose } from '@joinery/core'

const URL = 'ws://relay/v1/sync'

describe('a virtual network is a transport', () => {
  for (const law of transportLaws) test(`[${law.rule}] ${law.title}`, () => law.check(makeSubject))
})

async function makeSubject(): Promise<TransportSubject> {
  const clock = virtualClock()
  const network = virtualNetwork({ clock, random: seededRandom(1), delay: () => 7 })
  const peers: TransportPeer[] = []
  network.accept('relay', socket => peers.push(peerOf(socket)))
  const peerOf = (socket: VirtualSocket): TransportPeer => {
    const received: Uint8Array[] = []
    let closed: WireClose | undefined
    socket.on({ frame: bytes => received.push(bytes), closed: close => (closed = close) })
    const own = network.links().at(-1)
    return {
      address: socket.url,
      received,
      get closed() {
        return closed
      },
      send: frame => socket.send(frame),
      close: (code, reason) => socket.close(code, reason),
      cut: () => own?.break(),
    }
  }
  return {
    transport: network.transport('phone'),
    url: URL,
    nowhere: 'ws://nobody/v1/sync',
    peers,
    async until(condition, what) {
      for (let ms = 0; ms < 10_000 && !condition(); ms++) await clock.advance(1)
      must(condition(), `waited for ${what} in vain`)
    },
    close: async () => {},
  }
}

interface Endpoint {
  /** Bytes of the frames, and how it closed. */
  readonly heard: (number | string)[]
  readonly wire: Wire
}

/** One open link between a phone and a relay, and whatever a test wants to do to it. */
async function openLink(options: { seed?: number; delay?: () => number } = {}) {
  const clock = virtualClock()
  const network = virtualNetwork({
    clock,
    random: seededRandom(options.seed ?? 1),
    ...(options.delay ? { delay: options.delay } : {}),
  })
  const sockets: Endpoint[] = []
  network.accept('relay', socket => sockets.push({ heard: record(socket), wire: socket }))
  const connect = (from: string): Endpoint => {
    const heard: (number | string)[] = []
    const wire = network.transport(from).connect(URL, {
      opened: () => heard.push('opened'),
      frame: bytes => heard.push(bytes[0] ?? -1),
      closed: ({ code }) => heard.push(`closed ${code}`),
    })
    return { heard, wire }
  }
  const phone = connect('phone')
  await clock.advance(3_000)
  const [relay] = sockets
  const [link] = network.links()
  must(relay !== undefined && link !== undefined && phone.heard.length === 1, 'the link did not open')
  phone.heard.length = 0
  return { clock, network, connect, sockets, phone, relay, link }
}

function record(socket: VirtualSocket): (number | string)[] {
  const heard: (number | string)[] = []
  socket.on({ frame: bytes => heard.push(bytes[0] ?? -1), closed: ({ code }) => heard.push(`closed ${code}`) })
  return heard
}

function sendAll(wire: Wire, count: number, from = 0): void {
  for (let n = from; n < from + count; n++) wire.send(Uint8Array.of(n, 0, 0, 0))
}

const range = (count: number): number[] => Array.from({ length: count }, (_, n) => n)

/** The frames heard, if they are a prefix of 0, 1, 2 …, and how many there are. */
function prefixLength(heard: readonly (number | string)[]): number {
  const frames = heard.filter(item => typeof item === 'number')
  expect(frames).toEqual(range(frames.length))
  return frames.length
}

describe('delay', () => {
  test('each frame takes its own and none overtakes', async () => {
    const waits = [1, 1, 100, 5, 5, 50, 1]
    const { clock, phone, relay } = await openLink({ delay: () => waits.shift() ?? 1 })
    sendAll(phone.wire, 5)
    await clock.advance(99)
    expect(relay.heard).toEqual([])
    await clock.advance(1)
    expect(relay.heard).toEqual(range(5))
  })

  test('frames are told apart by direction and by who they are between', async () => {
    const asked: string[] = []
    const clock = virtualClock()
    const network = virtualNetwork({
      clock,
      random: seededRandom(1),
      delay: ({ from, to, direction }) => asked.push(`${direction} ${from} ${to}`),
    })
    network.accept('relay', socket => socket.on({ frame: bytes => socket.send(bytes), closed: () => {} }))
    const wire = network
      .transport('phone')
      .connect(URL, { opened: () => wire.send(Uint8Array.of(1)), frame() {}, closed() {} })
    await clock.advance(100)
    expect(asked).toEqual(['up phone relay', 'down phone relay', 'up phone relay', 'down phone relay'])
  })
})

describe('a break', () => {
  test('loses a suffix of what is on its way, on both sides, and tells both', async () => {
    const lost = new Set<string>()
    for (let seed = 0; seed < 60; seed++) {
      const { clock, phone, relay, link } = await openLink({ seed, delay: () => 10 })
      sendAll(phone.wire, 3)
      sendAll(relay.wire, 3)
      link.break()
      // Whoever does not know yet goes on, for nothing.
      sendAll(phone.wire, 3, 3)
      sendAll(relay.wire, 3, 3)
      await clock.advance(1_000)
      expect([phone.heard.at(-1), relay.heard.at(-1)]).toEqual(['closed 1006', 'closed 1006'])
      lost.add(`${prefixLength(phone.heard)} ${prefixLength(relay.heard)}`)
      sendAll(phone.wire, 1, 9)
      await clock.advance(1_000)
      expect(relay.heard.filter(item => item === 9)).toEqual([])
    }
    // Everything from nothing to all came to be, and each side for itself.
    expect(lost.size).toBe(16)
  })

  test('what has arrived stays arrived, and nothing comes after the end', () =>
    fc.assert(
      fc.asyncProperty(fc.nat(), fc.nat(20), fc.nat(200), async (seed, count, wait) => {
        const waits = seededRandom(seed)
        const { clock, phone, relay, link } = await openLink({ seed, delay: () => waits.number() * 100 })
        sendAll(phone.wire, count)
        await clock.advance(wait)
        const before = prefixLength(relay.heard)
        link.break()
        await clock.advance(10_000)
        expect(prefixLength(relay.heard)).toBeGreaterThanOrEqual(before)
        expect(relay.heard.indexOf('closed 1006')).toBe(relay.heard.length - 1)
        expect(phone.heard).toEqual(['closed 1006'])
      }),
      { numRuns: 50 },
    ))
})

describe('[WS-20] a half-open link', () => {
  test('the phone goes on sending into nothing until it gives up by itself', async () => {
    const { clock, network, phone, relay, link } = await openLink()
    link.halfOpen('client')
    await clock.advance(60_000)
    expect([phone.heard, relay.heard]).toEqual([[], ['closed 1006']])
    sendAll(phone.wire, 5)
    await clock.advance(60_000)
    expect(phone.wire.buffered()).toBe(20)
    expect(relay.heard).toEqual(['closed 1006'])
    expect(network.links()).toHaveLength(1)
    phone.wire.close(4000, 'silence')
    await clock.advance(1_000)
    expect([phone.heard, relay.heard]).toEqual([['closed 4000'], ['closed 1006']])
    expect(phone.wire.buffered()).toBe(0)
    expect(network.links()).toHaveLength(0)
  })

  test('and so does a relay whose phone went under a bridge', async () => {
    const { clock, phone, relay, link } = await openLink()
    link.halfOpen('server')
    sendAll(relay.wire, 2)
    await clock.advance(60_000)
    expect([phone.heard, relay.heard]).toEqual([['closed 1006'], []])
    expect(relay.wire.buffered()).toBe(8)
  })

  test('a later break tells the other one too', async () => {
    const { clock, phone, relay, link } = await openLink()
    link.halfOpen('client')
    await clock.advance(10)
    link.break()
    await clock.advance(10)
    expect([phone.heard, relay.heard]).toEqual([['closed 1006'], ['closed 1006']])
  })
})

describe('a stalled direction', () => {
  test('holds what it has and gets while the other one goes on, and lets all through when it resumes', async () => {
    const { clock, phone, relay, link } = await openLink({ delay: () => 10 })
    sendAll(phone.wire, 2)
    link.stall('up')
    sendAll(phone.wire, 2, 2)
    sendAll(relay.wire, 2)
    await clock.advance(30_000)
    expect([phone.heard, relay.heard]).toEqual([[0, 1], []])
    expect([phone.wire.buffered(), relay.wire.buffered()]).toEqual([16, 0])
    link.resume('up')
    await clock.advance(9)
    expect(relay.heard).toEqual([])
    await clock.advance(1)
    expect(relay.heard).toEqual(range(4))
    expect(phone.wire.buffered()).toBe(0)
  })

  test('[T3] a reader who does not read fills the buffer of whoever writes', async () => {
    const { clock, relay, link } = await openLink()
    link.stall('down')
    for (let i = 0; i < 10; i++) relay.wire.send(new Uint8Array(1_000_000))
    await clock.advance(1_000)
    expect(relay.wire.buffered()).toBe(10_000_000)
  })

  test('a break loses all of what it holds', async () => {
    const { clock, phone, relay, link } = await openLink()
    link.stall('up')
    sendAll(phone.wire, 5)
    await clock.advance(1_000)
    link.break()
    await clock.advance(1_000)
    expect(relay.heard).toEqual(['closed 1006'])
    expect(phone.wire.buffered()).toBe(0)
  })
})

describe('a partition', () => {
  test('of what goes out of the phone: it hears and is not heard, and connects to nobody', async () => {
    const { clock, network, connect, sockets, phone, relay } = await openLink()
    network.partition('phone', 'out')
    sendAll(phone.wire, 1)
    sendAll(relay.wire, 1)
    const again = connect('phone')
    const laptop = connect('laptop')
    await clock.advance(60_000)
    expect([phone.heard, relay.heard, again.heard, laptop.heard]).toEqual([[0], [], [], ['opened']])
    expect(sockets).toHaveLength(2)
    network.heal('phone')
    await clock.advance(1_000)
    expect([relay.heard, again.heard]).toEqual([[0], ['opened']])
  })

  test('of what comes in to it: it is heard and does not hear', async () => {
    const { clock, network, phone, relay } = await openLink()
    network.partition('phone', 'in')
    sendAll(phone.wire, 1)
    sendAll(relay.wire, 1)
    await clock.advance(60_000)
    expect([phone.heard, relay.heard]).toEqual([[], [0]])
    network.heal('phone')
    await clock.advance(1_000)
    expect(phone.heard).toEqual([0])
  })

  test('of what goes out of the relay, or comes in to it', async () => {
    for (const [which, phoneHears, relayHears] of [
      ['out', [], [0]],
      ['in', [0], []],
    ] as const) {
      const { clock, network, phone, relay } = await openLink()
      network.partition('relay', which)
      sendAll(phone.wire, 1)
      sendAll(relay.wire, 1)
      await clock.advance(60_000)
      expect([phone.heard, relay.heard]).toEqual([phoneHears, relayHears])
    }
  })

  test('does not hide a break that came before it', async () => {
    const { clock, network, phone, relay, link } = await openLink()
    link.break()
    network.partition('phone')
    await clock.advance(100)
    expect([phone.heard, relay.heard]).toEqual([['closed 1006'], ['closed 1006']])
  })

  test('of the relay: nobody reaches it, and who gives up meanwhile is heard of when it heals', async () => {
    const { clock, network, connect, sockets, phone, relay } = await openLink()
    network.partition('relay')
    const laptop = connect('laptop')
    await clock.advance(5_000)
    laptop.wire.close(4000, 'no welcome')
    await clock.advance(5_000)
    expect([phone.heard, relay.heard, laptop.heard]).toEqual([[], [], ['closed 4000']])
    network.heal('relay')
    await clock.advance(1_000)
    expect(sockets.map(({ heard }) => heard)).toEqual([[], ['closed 4000']])
    expect(laptop.heard).toEqual(['closed 4000'])
  })
})

describe('a crash', () => {
  test('of the relay: it hears nothing any more, the phones are told, and nobody answers until it is back', async () => {
    const { clock, network, connect, phone, relay } = await openLink()
    const laptop = connect('laptop')
    await clock.advance(100)
    sendAll(relay.wire, 1)
    relay.wire.close(1012, 'on its way when the process ended')
    network.crash('relay')
    sendAll(relay.wire, 1)
    const early = connect('tablet')
    await clock.advance(1_000)
    expect(relay.heard).toEqual([])
    expect(phone.heard.at(-1)).toMatch(/closed (1006|1012)/)
    expect([laptop.heard, early.heard]).toEqual([['opened', 'closed 1006'], ['closed 1006']])
    expect(network.links()).toHaveLength(0)

    const heard: (number | string)[] = []
    network.accept('relay', socket => heard.push(...record(socket), socket.from))
    expect(connect('tablet').heard).toEqual([])
    await clock.advance(1_000)
    expect(heard).toEqual(['tablet'])
  })

  test('of a phone: nothing is called there, and the relay is told', async () => {
    const { clock, network, phone, relay } = await openLink()
    phone.wire.close(1000, 'its own close is on its way')
    network.crash('phone')
    await clock.advance(1_000)
    expect(phone.heard).toEqual([])
    expect(relay.heard).toHaveLength(1)
  })
})

describe('the server side', () => {
  test('may say every code, and a host is one server', async () => {
    const { clock, network, phone, relay } = await openLink()
    relay.wire.close(1013, 'later')
    await clock.advance(10)
    expect(phone.heard).toEqual(['closed 1013'])
    expect(relay.heard).toEqual(['closed 1013'])
    expect(() => network.accept('relay', () => {})).toThrow('relay is taken')
  })

  test('gives its place up to the next one, once', async () => {
    const { clock, connect, network } = await openLink()
    const heard: string[] = []
    network.crash('relay')
    const leaveFirst = network.accept('relay', () => heard.push('first'))
    leaveFirst()
    network.accept('relay', () => heard.push('second'))
    leaveFirst()
    connect('phone')
    await clock.advance(100)
    expect(heard).toEqual(['second'])
  })

  test('that throws on a frame gets the next one', async () => {
    const { clock, phone, network, sockets, connect } = await openLink()
    phone.wire.close(1000, '')
    network.crash('relay')
    const heard: number[] = []
    network.accept('relay', socket =>
      socket.on({
        frame: ([first = -1]) => {
          heard.push(first)
          if (first === 0) throw new Error('on the first frame')
        },
        closed: () => {},
      }),
    )
    expect(sockets).toHaveLength(1)
    const { wire } = connect('phone')
    await clock.advance(100)
    sendAll(wire, 3)
    await expect(clock.advance(100)).rejects.toThrow('on the first frame')
    await clock.advance(100)
    expect(heard).toEqual([0, 1, 2])
  })

  test('what came before anybody listened is told as soon as somebody does', async () => {
    const clock = virtualClock()
    const network = virtualNetwork({ clock, random: seededRandom(1) })
    const sockets: VirtualSocket[] = []
    const leave = network.accept('relay', socket => sockets.push(socket))
    const wire = network.transport('phone').connect(URL, {
      opened: () => {
        wire.send(Uint8Array.of(7))
        wire.close(4000, '')
      },
      frame() {},
      closed() {},
    })
    await clock.advance(100)
    expect(sockets.map(record)).toEqual([[7, 'closed 4000']])
    expect(sockets[0]?.url).toBe(URL)
    leave()
  })
})

test('the same seed tells the same history', async () => {
  const history = async (seed: number): Promise<string> => {
    const random = seededRandom(seed)
    const { clock, connect, sockets, phone, network } = await openLink({ seed, delay: () => random.number() * 1_000 })
    const ends = [phone, connect('laptop')]
    const faults: ((link: VirtualLink) => void)[] = [
      link => link.break(),
      link => link.halfOpen('client'),
      link => link.stall('up'),
      link => link.resume('up'),
    ]
    for (let step = 0; step < 40; step++) {
      for (const end of ends) sendAll(end.wire, 2, step)
      for (const socket of sockets) sendAll(socket.wire, 1, step)
      const [link] = network.links()
      if (link && random.number() < 0.2) faults[Math.floor(random.number() * faults.length)]?.(link)
      await clock.advance(random.number() * 300)
    }
    return JSON.stringify([...ends, ...sockets].map(({ heard }) => heard))
  }
  const seeds = range(20)
  const first = await Promise.all(seeds.map(history))
  expect(await Promise.all(seeds.map(history))).toEqual(first)
  expect(new Set(first).size).toBe(20)
})
