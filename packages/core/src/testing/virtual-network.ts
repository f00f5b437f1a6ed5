/**
 * A network in one process on virtual time, with the faults that real ones have. It keeps the laws of the Transport port, and:
 * - A link is two pipes, `up` from the device and `down` to it. Each is FIFO and loses nothing by itself; every frame takes its delay.
 * - A break loses an unknown suffix of what is on its way, in both pipes, and then both ends are told (1006), each in its own time.
 * - A half-open link is told to one end only; the other goes on sending into nothing until it gives up by itself.
 * - A stalled pipe holds what it has and gets, as TCP does while packets are lost: `resume` lets it through, a break loses it.
 * - Whoever crashes hears nothing any more; the others are told.
 */
import type { Clock } from '../ports/clock.ts'
import type { Random } from '../ports/random.ts'
import type { Transport, Wire, WireClose, WireEvents } from '../ports/transport.ts'
import { pipe, type Pipe } from './virtual-pipe.ts'

export type Direction = 'up' | 'down'
export type Side = 'client' | 'server'

export interface VirtualNetwork {
  /** The network as the machine named `from` uses it. */
  transport(from: string): Transport
  /** Answers at every address whose host is `host` (with its port, if it has one), until what this gives is called. One at a time. */
  accept(host: string, listener: (socket: VirtualSocket) => void): () => void
  /** The links that are not over, oldest first. */
  links(): readonly VirtualLink[]
  /** Holds what goes out of a machine or host, comes in, or both: for its links and for those to come. */
  partition(place: string, which?: 'out' | 'in' | 'both'): void
  /** Ends the partitions of a machine or host; what was held goes on. */
  heal(place: string): void
  /** A machine or host is gone from one moment to the next: nothing there is called again, and nobody answers until `accept`. */
  crash(place: string): void
}

/** The server's end of a link. */
export interface VirtualSocket extends Wire {
  readonly url: string
  readonly from: string
  /** To be called once, with what is done about frames and about the end. What came before is told at once. */
  on(events: Omit<WireEvents, 'opened'>): void
}

/** A link from outside: what a test does to it. */
export interface VirtualLink {
  readonly from: string
  readonly to: string
  break(): void
  /** The end that is named goes on thinking that the link is alive; the other one is told that it broke. */
  halfOpen(unaware: Side): void
  stall(direction: Direction): void
  resume(direction: Direction): void
}

export interface VirtualNetworkOptions {
  readonly clock: Clock
  /** Decides how much a break loses. */
  readonly random: Random
  /** One way, in ms, asked for each frame; 1 by default. Frames never overtake. */
  readonly delay?: (way: { readonly from: string; readonly to: string; readonly direction: Direction }) => number
}

const BROKEN: WireClose = { code: 1006, reason: '' }
const REASON_BYTES = 123

/**
 * An empty network.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { seededRandom, virtualClock, virtualNetwork } from '@joinery/core/testing'
 *
 * const clock = virtualClock()
 * const network = virtualNetwork({ clock, random: seededRandom(1), delay: () => 50 })
 * network.accept('relay', socket => socket.on({ frame: bytes => socket.send(bytes), closed: () => {} }))
 *
 * const heard: string[] = []
 * const wire = network.transport('phone').connect('ws://relay/v1/sync', {
 *   opened: () => wire.send(new Uint8Array([7])),
 *   frame: bytes => heard.push(`${bytes} at ${clock.monotonic()}`),
 *   closed: ({ code }) => heard.push(`closed ${code}`),
 * })
 * await clock.advance(1_000)
 * network.crash('relay')
 * await clock.advance(1_000)
 * assert.deepEqual(heard, ['7 at 200', 'closed 1006'])
 * ```
 */
export function virtualNetwork(options: VirtualNetworkOptions): VirtualNetwork {
  const { clock, random } = options
  const delay = options.delay ?? (() => 1)
  const listenersByHost = new Map<string, (socket: VirtualSocket) => void>()
  const held = { out: new Set<string>(), in: new Set<string>() }
  let links: Link[] = []

  const linksOf = (place: string): Link[] => links.filter(link => link.from === place || link.to === place)
  const stallIfPartitioned = (link: Link): void => {
    link.up.stall(held.out.has(link.from) || held.in.has(link.to))
    link.down.stall(held.out.has(link.to) || held.in.has(link.from))
  }

  const connect = (from: string, url: string, on: WireEvents): Wire => {
    const client = end(clock, on)
    const to = hostOf(url)
    if (to === undefined) {
      client.close(BROKEN)
      return wire(client, undefined)
    }
    const server = end(clock)
    const up = pipe(clock, random, () => delay({ from, to, direction: 'up' }))
    const down = pipe(clock, random, () => delay({ from, to, direction: 'down' }))
    const link: Link = { from, to, client, server, up, down }
    links = [...links.filter(({ client: a, server: b }) => !a.over() || !b.over()), link]
    stallIfPartitioned(link)
    up.push(0, () => {
      const listener = listenersByHost.get(to)
      if (listener === undefined) {
        server.vanish()
        down.push(0, () => client.ended(BROKEN))
        return
      }
      server.opened()
      down.push(0, client.opened)
      listener({
        url,
        from,
        ...wire(server, { out: down, peer: client }),
        on: events => server.listen({ opened: () => {}, ...events }),
      })
    })
    return wire(client, { out: up, peer: server, told: asTold })
  }

  return {
    transport: from => ({ connect: (url, on) => connect(from, url, on) }),

    accept(host, listener) {
      if (listenersByHost.has(host)) throw new Error(`${host} is taken`)
      listenersByHost.set(host, listener)
      return () => {
        if (listenersByHost.get(host) === listener) listenersByHost.delete(host)
      }
    },

    links: () => links.filter(({ client, server }) => !client.over() || !server.over()).map(faultsOf),

    partition(place, which = 'both') {
      if (which !== 'in') held.out.add(place)
      if (which !== 'out') held.in.add(place)
      linksOf(place).forEach(stallIfPartitioned)
    },

    heal(place) {
      held.out.delete(place)
      held.in.delete(place)
      linksOf(place).forEach(stallIfPartitioned)
    },

    crash(place) {
      listenersByHost.delete(place)
      for (const link of linksOf(place)) {
        if (link.from === place) link.client.vanish()
        if (link.to === place) link.server.vanish()
        faultsOf(link).break()
      }
    },
  }
}

interface Link {
  readonly from: string
  readonly to: string
  readonly client: End
  readonly server: End
  readonly up: Pipe
  readonly down: Pipe
}

function faultsOf({ from, to, client, server, up, down }: Link): VirtualLink {
  const tellClient = (): void => client.ended(BROKEN)
  const tellServer = (): void => server.ended(BROKEN)
  const pipes = { up, down }
  return {
    from,
    to,
    break() {
      up.sever(tellServer)
      down.sever(tellClient)
    },
    halfOpen(unaware) {
      up.sever(unaware === 'server' ? undefined : tellServer)
      down.sever(unaware === 'client' ? undefined : tellClient)
    },
    stall: direction => pipes[direction].stall(true),
    resume: direction => pipes[direction].stall(false),
  }
}

/** One end of a link, and what it still may tell whoever listens there. */
interface End {
  listen(events: WireEvents): void
  opened(): void
  frame(bytes: Uint8Array): void
  /** The link is over, as the other side or the network says. */
  ended(close: WireClose): void
  /** The link is over because this side says so: the listener hears of it after the call. */
  close(close: WireClose): void
  /** Nothing is told any more. */
  vanish(): void
  isOpen(): boolean
  over(): boolean
}

function end(clock: Clock, on?: WireEvents): End {
  let state: 'connecting' | 'open' | 'over' = 'connecting'
  let listener = on
  let early: ((listener: WireEvents) => void)[] = []
  let vanished = false
  const tell = (what: (listener: WireEvents) => void): void => {
    if (vanished) return
    if (listener === undefined) early.push(what)
    else what(listener)
  }
  return {
    listen(events) {
      listener = events
      for (const what of early) what(events)
      early = []
    },
    opened() {
      if (state !== 'connecting') return
      state = 'open'
      tell(({ opened }) => opened())
    },
    frame(bytes) {
      if (state === 'open') tell(({ frame }) => frame(bytes))
    },
    ended(close) {
      if (state === 'over') return
      state = 'over'
      tell(({ closed }) => closed(close))
    },
    close(close) {
      state = 'over'
      clock.after(0, () => tell(({ closed }) => closed(close)))
    },
    vanish() {
      state = 'over'
      vanished = true
    },
    isOpen: () => state === 'open',
    over: () => state === 'over',
  }
}

function wire(
  own: End,
  way: { readonly out: Pipe; readonly peer: End; readonly told?: (close: WireClose) => WireClose } | undefined,
): Wire {
  return {
    send(frame) {
      if (!own.isOpen()) return
      const bytes = frame.slice()
      way?.out.push(bytes.length, () => way.peer.frame(bytes))
    },
    close(code, reason) {
      if (own.over()) return
      own.close({ code, reason })
      const told = way?.told?.({ code, reason }) ?? { code, reason }
      way?.out.push(0, () => way.peer.ended(told))
    },
    buffered: () => (own.over() ? 0 : (way?.out.held() ?? 0)),
  }
}

/** What a browser lets a page say to a server: 1000 and 3000 to 4999, and 123 bytes. */
function asTold({ code, reason }: WireClose): WireClose {
  const sayable = Number.isInteger(code) && (code === 1000 || (code >= 3_000 && code <= 4_999))
  let [told, bytes] = ['', 0]
  for (const character of reason) {
    bytes += utf8Bytes(character.codePointAt(0) ?? 0)
    if (bytes > REASON_BYTES) break
    told += character
  }
  return { code: sayable ? code : 1000, reason: told }
}

function utf8Bytes(codePoint: number): number {
  if (codePoint < 0x80) return 1
  if (codePoint < 0x800) return 2
  return codePoint < 0x1_0000 ? 3 : 4
}

function hostOf(url: string): string | undefined {
  return /^wss?:\/\/([^/?#[\]\s]+)/u.exec(url)?.[1]
}
