/**
 * What comes over WebSocket: links, at `/v1/sync`, and the y-websocket door, at `/y/<space>/<document>`. Laws:
 * - Who may not connect is told before the upgrade. A link's token never stands in the address (AU-10); at the door it has to, since a
 *   stock client has nowhere else for it, and then it is in no log.
 * - What a peer may make us hold is bounded before it is read: frames, fragments, pieces, and almost nothing before `hello` (WS-06, WS-07).
 * - So is what all messages of one address hold that have begun and not ended (`unfinished.ts`).
 * - A silent socket is asked after 30 s and gone after 60 (WS-05). Only binary frames are spoken (WS-15).
 */
import type { Clock } from '@joinery/core'
import { HELLO_BYTES } from '@joinery/core/protocol'
import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer, type RawData, type WebSocket } from 'ws'
import { reasonOf, type Counters, type Log } from '../log.ts'
import { withoutQuotes } from '../logs/redaction.ts'
import { readAddress } from '../door/address.ts'
import type { DoorAddress } from '../door/door.ts'
import type { Relay } from '../relay.ts'
import type { SocketEvents } from '../socket.ts'
import type { Admission, Place } from './admission.ts'
import { household, type ClientAddress } from './client-address.ts'
import type { Origins } from './origins.ts'
import { beyondBudget } from './unfinished.ts'
import { Wire } from './wire.ts'

const PATH = '/v1/sync'
const FRAGMENTS = 64
const CHUNKS = 1_024
/** A stock client sends a document in one frame, and a slow network brings that in pieces of little more than a kilobyte. */
const DOOR_CHUNKS = 16_384
const BEAT_MS = 5_000
const ASK_MS = 30_000
/** With the beat, less than a minute. */
const DEAD_MS = 54_000
const CLOSE_MS = 5_000
/** What stands before what a ping or its answer holds. */
const CONTROL_BYTES = 6
/** Frame headers and a few spare bytes around a `hello`. */
const FRAMING = 64

const TEXT_FRAME = 1003

export interface WebSockets {
  /** Resolves when every socket is closed. */
  closed(): Promise<void>
  terminate(): void
  /** Sockets now, the door's too. */
  count(): number
}

export function acceptWebSockets(options: {
  readonly server: Server
  readonly relay: Relay
  readonly origins: Origins
  readonly admission: Admission
  readonly addressOf: ClientAddress
  /** By which a request that is refused is found in the log. */
  readonly requestId: () => string
  readonly clock: Clock
  readonly log: Log
  readonly counters: Counters
  readonly frameBytes: number
  readonly doorFrameBytes: number
  readonly unfinishedBytes: number
}): WebSockets {
  const { server, relay, origins, admission, addressOf, clock, log, counters } = options
  const wires = new Map<WebSocket, Wire>()
  let waiters: (() => void)[] = []
  const serverFor = (maxPayload: number, maxBufferedChunks: number): WebSocketServer =>
    new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload,
      maxFragments: FRAGMENTS,
      maxBufferedChunks,
      // Not in the types yet.
      ...{ closeTimeout: CLOSE_MS },
      handleProtocols: () => false,
    })
  const wss = serverFor(options.frameBytes, CHUNKS)
  const doorWss = serverFor(options.doorFrameBytes, DOOR_CHUNKS)

  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    // Whatever happens to it before ws has it.
    socket.on('error', ignore)
    const from = addressOf(request.socket.remoteAddress, request.headers['x-forwarded-for'])
    const no = refusal(request)
    if (no === undefined) admit({ request, socket, head, from })
    else refuse(socket, from, no)
  })

  const refuse = (socket: Duplex, address: string, { later, ...refused }: Refusal): void => {
    const { status } = refused
    counters.add('upgrade-refused', String(status))
    const requestId = options.requestId()
    log.info('upgrade-refused', { requestId, ...refused, address })
    refuseUpgrade(socket, status, requestId, later)
  }

  const admit = (asked: Asked): void => {
    const { socket, from } = asked
    let forget = ignore
    const gone = (): void => forget()
    socket.on('close', gone)
    forget = admission.ask(household(from), place => {
      socket.off('close', gone)
      if (typeof place === 'number') {
        refuse(socket, from, { status: 503, reason: 'full', later: place })
        return
      }
      // Also when ws finds that it is no WebSocket.
      leaveAfter(socket, place)
      if (socket.destroyed) place.leave()
      else upgrade(asked, place)
    })
  }

  for (const one of [wss, doorWss]) {
    one.on('wsClientError', (error, socket, request) => {
      const from = addressOf(request.socket.remoteAddress, request.headers['x-forwarded-for'])
      refuse(socket, from, { status: 400, reason: 'handshake', message: withoutQuotes(error.message) })
    })
  }

  const refusal = (request: IncomingMessage): Refusal | undefined => {
    const [path, query] = (request.url ?? '').split('?', 2)
    if (tooManyHeaders(request)) return { status: 431, reason: 'headers' }
    if (!origins.allowsHost(request.headers.host)) return { status: 403, reason: 'host' }
    const isDoor = readAddress(request.url ?? '') !== undefined
    if (path !== PATH && !isDoor) return { status: 404, reason: 'path' }
    if (query !== undefined && !isDoor) return { status: 400, reason: 'query' }
    if (!origins.allows(request.headers.origin, request.headers.host)) return { status: 403, reason: 'origin' }
    return undefined
  }

  const upgrade = ({ request, socket, head, from }: Asked, place: Place): void => {
    const address = doorAddress(request, from)
    const wireOf = (ws: WebSocket): Wire => new Wire(ws, request.socket, place, from, clock.monotonic())
    if (address === undefined) wss.handleUpgrade(request, socket, head, ws => openLink(ws, socket, wireOf(ws)))
    else {
      doorWss.handleUpgrade(request, socket, head, ws => {
        const wire = wireOf(ws)
        open(ws, wire, relay.acceptAtDoor(wire, address))
      })
    }
  }

  const openLink = (ws: WebSocket, socket: Duplex, wire: Wire): void => {
    let isGreeted = false
    let before = 0
    // ws has read the chunk before this hears of it: what is left over is of a message that is too long for a first one.
    const count = (chunk: Uint8Array): void => {
      before += chunk.length
      if (isGreeted || before <= HELLO_BYTES + FRAMING) return
      counters.add('closed', 'HELLO_TOO_LARGE')
      log.info('closing', { session: wire.session, reason: 'HELLO_TOO_LARGE', address: wire.from })
      ws.terminate()
    }
    ws.once('message', () => {
      isGreeted = true
      socket.off('data', count)
    })
    open(ws, wire, relay.accept(wire))
    socket.on('data', count)
  }

  /** What follows is one for all of them: a socket is kept for as long as its document is open. */
  const open = (ws: WebSocket, wire: Wire, events: SocketEvents): void => {
    wire.events = events
    wires.set(ws, wire)
    ws.on('message', message)
    ws.on('pong', heard)
    ws.on('ping', heard)
    ws.on('error', failed)
    ws.on('close', closed)
  }

  function message(this: WebSocket, data: RawData, isBinary: boolean): void {
    const wire = hearing(this)
    wire?.ended()
    if (isBinary && data instanceof Uint8Array) {
      wire?.events?.frame(data)
      return
    }
    counters.add('closed', 'TEXT_FRAME')
    log.info('closing', { session: wire?.session, code: TEXT_FRAME, reason: 'TEXT_FRAME', address: wire?.from })
    this.close(TEXT_FRAME, 'binary frames only')
    wire?.events?.closed()
  }

  function heard(this: WebSocket, data: Uint8Array): void {
    hearing(this)?.aside(data.length + CONTROL_BYTES)
  }

  const hearing = (ws: WebSocket): Wire | undefined => {
    const wire = wires.get(ws)
    if (wire === undefined) return undefined
    wire.heardAt = clock.monotonic()
    wire.isAsked = false
    return wire
  }

  function failed(this: WebSocket, error: Error): void {
    const wire = wires.get(this)
    counters.add('closed', reasonOf(error)['reason']?.toString())
    log.info('closing', { session: wire?.session, ...reasonOf(error), address: wire?.from })
    wire?.events?.closed()
  }

  function closed(this: WebSocket): void {
    const wire = wires.get(this)
    wires.delete(this)
    wire?.events?.closed()
    if (wires.size > 0) return
    for (const done of waiters) done()
    waiters = []
  }

  const beat = (): void => {
    const now = clock.monotonic()
    for (const wire of beyondBudget(wires.values(), options.unfinishedBytes, household)) {
      counters.add('closed', 'UNFINISHED')
      log.info('closing', { session: wire.session, reason: 'UNFINISHED', bytes: wire.unfinished, address: wire.from })
      wire.terminate()
    }
    for (const [ws, wire] of wires) {
      // One that is held back cannot be heard.
      if (ws.isPaused) wire.heardAt = now
      const silence = now - wire.heardAt
      if (silence >= DEAD_MS) {
        counters.add('closed', 'SILENT')
        log.info('closing', { session: wire.session, reason: 'SILENT', address: wire.from })
        ws.terminate()
      } else if (silence >= ASK_MS && !wire.isAsked) {
        wire.isAsked = true
        ws.ping()
      }
    }
    clock.after(BEAT_MS, beat)
  }
  clock.after(BEAT_MS, beat)

  return {
    closed: () => (wires.size === 0 ? Promise.resolve() : new Promise(resolve => waiters.push(resolve))),
    terminate() {
      for (const ws of wires.keys()) ws.terminate()
    },
    count: () => wires.size,
  }
}

function ignore(): void {
  // Nobody is there to be told.
}

/** By itself, so that nothing but its place is kept for it. */
function leaveAfter(socket: Duplex, place: Place): void {
  socket.on('close', () => place.leave())
}

interface Refusal {
  readonly status: number
  readonly reason: string
  /** Seconds after which it may be different. */
  readonly later?: number
  readonly message?: string
}

/** An upgrade. Kept until it is made. */
interface Asked {
  readonly request: IncomingMessage
  readonly socket: Duplex
  readonly head: Buffer
  /** The address it comes from. */
  readonly from: string
}

function doorAddress({ url = '' }: IncomingMessage, from: string): DoorAddress | undefined {
  const asked = readAddress(url)
  return asked === undefined ? undefined : { ...asked, from: household(from) }
}

const MAX_HEADERS = 100

export function tooManyHeaders(request: IncomingMessage): boolean {
  return request.rawHeaders.length / 2 > MAX_HEADERS
}

const SENTENCES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  403: 'Forbidden',
  404: 'Not Found',
  431: 'Request Header Fields Too Large',
  503: 'Service Unavailable',
}

/** `later`: seconds after which it may be different. */
function refuseUpgrade(socket: Duplex, status: number, requestId: string, later?: number): void {
  const lines = [
    `HTTP/1.1 ${status} ${SENTENCES[status] ?? ''}`,
    'Connection: close',
    'Content-Length: 0',
    `X-Request-Id: ${requestId}`,
    ...(later === undefined ? [] : [`Retry-After: ${later}`]),
  ]
  // Nobody else ends what the other side leaves open.
  socket.once('finish', () => socket.destroy())
  socket.end(`${lines.join('\r\n')}\r\n\r\n`)
}
