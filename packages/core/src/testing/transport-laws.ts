/** The laws of the Transport port, against a peer that the test holds. */
import type { Transport, Wire, WireClose } from '../ports/transport.ts'
import type { Law } from './law.ts'
import { must, same } from './must.ts'

/** A transport, someone to talk to, and how time is made to pass. */
export interface TransportSubject {
  readonly transport: Transport
  /** An address at which a peer answers. */
  readonly url: string
  /** A good address at which nobody does. */
  readonly nowhere: string
  /** The other ends of the links that came to be, in order. */
  readonly peers: readonly TransportPeer[]
  /** Lets time pass until the condition holds; rejects after long enough. */
  until(condition: () => boolean, what: string): Promise<void>
  close(): Promise<void>
}

/** The other end of one link. */
export interface TransportPeer {
  /** The address that was asked for, as far as this end knows it: path and query at least. */
  readonly address: string
  readonly received: readonly Uint8Array[]
  /** How this end learnt that the link is over. */
  readonly closed: WireClose | undefined
  send(frame: Uint8Array): void
  close(code: number, reason: string): void
  /** Breaks the connection without a word. */
  cut(): void
}

/** For each transport: `make` gives one with a peer that no other check shares. */
export const transportLaws: readonly Law<() => Promise<TransportSubject>>[] = [
  {
    rule: 'TRANSPORT',
    title: '`connect` returns at once, and `opened` comes once, before any frame',
    check: withSubject(async subject => {
      const end = connect(subject, subject.url)
      same(end.events, [], 'events inside the call')
      await subject.until(() => subject.peers.length === 1, 'a peer')
      subject.peers[0]?.send(bytes(1))
      await subject.until(() => end.events.length === 2, 'two events')
      same(end.events, ['opened', '01'], 'events')
    }),
  },
  {
    rule: 'TRANSPORT',
    title: 'frames arrive whole, in order, each once, in both directions',
    check: withSubject(async subject => {
      const { end, peer } = await open(subject)
      const sizes = [1, 0, 125, 126, 127, 65_535, 65_536, 300_000, 1, 1]
      const frames = sizes.map((size, at) => new Uint8Array(size).fill(at + 1))
      for (const frame of frames) {
        end.wire.send(frame)
        peer.send(frame)
      }
      await subject.until(() => peer.received.length >= frames.length, 'every frame at the peer')
      await subject.until(() => end.frames.length >= frames.length, 'every frame here')
      same(peer.received, frames, 'frames at the peer')
      same(end.frames, frames, 'frames here')
    }),
  },
  {
    rule: 'TRANSPORT',
    title: 'a frame is sent as it was when `send` was called, also from the middle of a buffer',
    check: withSubject(async subject => {
      const { end, peer } = await open(subject)
      const pool = bytes(9, 1, 2, 9)
      end.wire.send(pool.subarray(1, 3))
      pool.fill(0)
      await subject.until(() => peer.received.length > 0, 'the frame')
      same(peer.received, [bytes(1, 2)], 'frames at the peer')
    }),
  },
  {
    rule: 'TRANSPORT',
    title: '`send` before `opened` and after `closed` does nothing',
    check: withSubject(async subject => {
      const early = connect(subject, subject.url)
      early.wire.send(bytes(66))
      await subject.until(() => early.events.length > 0, '`opened`')
      early.wire.send(bytes(1))
      await subject.until(() => (subject.peers[0]?.received.length ?? 0) > 0, 'a frame')
      same(subject.peers[0]?.received, [bytes(1)], 'frames at the peer')
      subject.peers[0]?.close(4400, 'enough')
      await subject.until(() => early.events.includes('closed 4400 enough'), '`closed`')
      early.wire.send(bytes(67))
      await fence(subject)
      same(subject.peers[0]?.received, [bytes(1)], 'frames at the peer after `closed`')
    }),
  },
  {
    rule: 'TRANSPORT',
    title: 'the peer closes: what it sent before arrives, then its code and reason, then nothing',
    check: withSubject(async subject => {
      const { end, peer } = await open(subject)
      peer.send(bytes(1))
      peer.send(bytes(2))
      peer.close(4409, 'a newer link')
      await subject.until(() => end.events.length >= 4, '`closed`')
      end.wire.close(1000, 'after')
      await fence(subject)
      same(end.events, ['opened', '01', '02', 'closed 4409 a newer link'], 'events')
      same(end.wire.buffered(), 0, 'bytes buffered')
    }),
  },
  {
    rule: 'TRANSPORT',
    title: 'this side closes: `closed` follows with the code given, once and after the call, and no frame does',
    check: withSubject(async subject => {
      const { end, peer } = await open(subject)
      end.wire.send(bytes(1))
      peer.send(bytes(9))
      end.wire.close(4400, 'not understood')
      same(end.events, ['opened'], 'events inside the call')
      end.wire.close(1000, 'again')
      end.wire.send(bytes(66))
      await subject.until(() => peer.closed !== undefined, 'the close at the peer')
      peer.send(bytes(9))
      await fence(subject)
      same(end.events, ['opened', 'closed 4400 not understood'], 'events')
      same(peer.received, [bytes(1)], 'frames at the peer')
      same(peer.closed, { code: 4400, reason: 'not understood' }, 'how the peer was told')
    }),
  },
  {
    rule: 'TRANSPORT',
    title: 'closed before it opened: only `closed` follows',
    check: withSubject(async subject => {
      const end = connect(subject, subject.url)
      end.wire.close(1000, 'changed my mind')
      same(end.events, [], 'events inside the call')
      await subject.until(() => end.events.length > 0, '`closed`')
      await fence(subject)
      same(end.events, ['closed 1000 changed my mind'], 'events')
    }),
  },
  {
    rule: 'TRANSPORT',
    title: 'any code and reason may be given',
    check: withSubject(async subject => {
      const odd = [0, 999, 1001, 1005, 1006, 1015, 2_999, 5_000, 70_000, -1, 1.5, Number.NaN]
      for (const code of odd) {
        const { end, peer } = await open(subject)
        end.wire.close(code, '木'.repeat(100))
        await subject.until(() => peer.closed !== undefined && end.events.length > 1, `the close with ${code}`)
        same(end.events[1], `closed ${code} ${'木'.repeat(100)}`, 'how this side was told')
        same(peer.closed, { code: 1000, reason: '木'.repeat(41) }, `how the peer was told of ${code}`)
      }
      for (const [character, fit] of [
        ['a', 123],
        ['é', 61],
        ['🪵', 30],
      ] as const) {
        const { end, peer } = await open(subject)
        end.wire.close(4000, character.repeat(fit))
        await subject.until(() => peer.closed !== undefined, `the close for ${character}`)
        same(peer.closed, { code: 4000, reason: character.repeat(fit) }, 'how the peer was told')
        const longer = await open(subject)
        longer.end.wire.close(4000, character.repeat(fit + 1))
        await subject.until(() => longer.peer.closed !== undefined, `the longer close for ${character}`)
        same(longer.peer.closed, { code: 4000, reason: character.repeat(fit) }, 'how the peer was told of more')
      }
    }),
  },
  {
    rule: 'TRANSPORT',
    title: 'an address where nobody answers is `closed` with 1006, and never throws',
    check: withSubject(async subject => {
      const end = connect(subject, subject.nowhere)
      same(end.events, [], 'events inside the call')
      await subject.until(() => end.events.length > 0, '`closed`')
      await fence(subject)
      same(end.closes, [1006], 'closes')
      same(end.events.length, 1, 'number of events')
    }),
  },
  {
    rule: 'TRANSPORT',
    title: 'so is what is no address at all',
    check: withSubject(async subject => {
      for (const url of ['', 'nonsense', 'ws://', 'ws://[', 'ftp://example.org', '/v1/sync']) {
        const end = connect(subject, url)
        same(end.events, [], `events inside the call with ${JSON.stringify(url)}`)
        await subject.until(() => end.closes.length > 0, `\`closed\` of ${JSON.stringify(url)}`)
        same(end.closes, [1006], `closes of ${JSON.stringify(url)}`)
        same(end.events.length, 1, `number of events of ${JSON.stringify(url)}`)
      }
    }),
  },
  {
    rule: 'TRANSPORT',
    title: 'a connection that breaks is `closed` with 1006',
    check: withSubject(async subject => {
      const { end, peer } = await open(subject)
      peer.cut()
      await subject.until(() => end.events.length > 1, '`closed`')
      await fence(subject)
      same(end.closes, [1006], 'closes')
      same(end.events.length, 2, 'number of events')
    }),
  },
  {
    rule: 'TRANSPORT',
    title: 'links do not hear each other',
    check: withSubject(async subject => {
      const a = await open(subject)
      const b = await open(subject)
      a.end.wire.send(bytes(1))
      b.peer.send(bytes(2))
      await subject.until(() => a.peer.received.length > 0 && b.end.frames.length > 0, 'both frames')
      a.end.wire.close(1000, '')
      b.end.wire.send(bytes(3))
      await subject.until(() => b.peer.received.length > 0, 'a frame after the other link closed')
      same([a.end.frames, b.peer.received], [[], [bytes(3)]], 'what was heard')
    }),
  },
  {
    rule: 'T3',
    title: '`buffered` is never negative and comes to nothing once all is sent',
    check: withSubject(async subject => {
      const { end, peer } = await open(subject)
      same(end.wire.buffered(), 0, 'bytes buffered at first')
      for (let i = 0; i < 8; i++) {
        end.wire.send(new Uint8Array(300_000))
        must(end.wire.buffered() >= 0, 'fewer than no bytes are buffered')
      }
      await subject.until(() => peer.received.length === 8, 'every frame')
      await subject.until(() => end.wire.buffered() === 0, 'an empty buffer')
    }),
  },
]

interface End {
  readonly wire: Wire
  /** What happened here, in words. */
  readonly events: string[]
  readonly frames: Uint8Array[]
  readonly closes: number[]
}

function connect(subject: TransportSubject, url: string): End {
  const events: string[] = []
  const frames: Uint8Array[] = []
  const closes: number[] = []
  const wire = subject.transport.connect(url, {
    opened: () => events.push('opened'),
    frame: frame => {
      frames.push(frame)
      events.push([...frame.subarray(0, 8)].map(byte => byte.toString(16).padStart(2, '0')).join(''))
    },
    closed: ({ code, reason }) => {
      closes.push(code)
      events.push(`closed ${code} ${reason}`)
    },
  })
  return { wire, events, frames, closes }
}

/** An open link of its own address, so that its peer is told from one that comes late. */
async function open(subject: TransportSubject): Promise<{ end: End; peer: TransportPeer }> {
  const mark = `?link=${subject.peers.length}-`
  const end = connect(subject, subject.url + mark)
  const find = (): TransportPeer | undefined => subject.peers.find(({ address }) => address.endsWith(mark))
  await subject.until(() => end.events.length > 0 && find() !== undefined, 'an open link')
  const peer = find()
  must(peer !== undefined && end.events[0] === 'opened', `the link did not open: ${end.events[0]}`)
  return { end, peer }
}

/** A round trip on a link of its own: whatever was to happen on others has had as long as that. */
async function fence(subject: TransportSubject): Promise<void> {
  const { end, peer } = await open(subject)
  end.wire.send(bytes(1))
  await subject.until(() => peer.received.length > 0, 'a frame there')
  peer.send(bytes(1))
  await subject.until(() => end.frames.length > 0, 'a frame back')
  end.wire.close(1000, '')
}

function withSubject(
  check: (subject: TransportSubject) => Promise<void>,
): Law<() => Promise<TransportSubject>>['check'] {
  return async make => {
    const subject = await make()
    try {
      await check(subject)
    } finally {
      await subject.close()
    }
  }
}

function bytes(...values: number[]): Uint8Array {
  return Uint8Array.from(values)
}
