/**
 * What comes over WebSocket: links, at `/v1/sync`, and the y-websocket door, at `/y/<space>/<document>`. Laws:
 * - Who may not connect is told before the upgrade. A link's token never stands in the address (AU-10); at the door it has to, since a
 *   stock client has nowhere else for it, and then it is in no log.
 * - What a peer may make us hold is bounded before it is read: frames, fragments, pieces, and almost nothing before `hello` (WS-06, WS-07).
 * - A silent socket is asked after 30 s and gone after 60 (WS-05). Only binary frames are spoken (WS-15).
 */
import type { Clock } from '@joinery/core'
import { HELLO_BYTES } from '@joinery/core/protocol'
import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer, type WebSocket } from 'ws'
import { reasonOf, type Counters, type Log } from '../log.ts'
import { withoutQuotes } from '../logs/redaction.ts'
import { readAddress } from '../door/address.ts'
import type { DoorAddress } from '../door/door.ts'
import { lengthOf } from '../outlet.ts'
import type { Relay } from '../relay.ts'
import type { Socket, SocketEvents } from '../socket.ts'
import type { Admission, Place } from './admission.ts'
import { household, type ClientAddress } from './client-address.ts'
import type { Origins } from './origins.ts'

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
/** Frame headers and a few spare bytes around a `hello`. */
const FRAMING = 64

const TEXT_FRAME = 1003

interface Life {
  heardAt: number
  asked: boolean
  readonly from: string
  /** By which its lines in the log are found. */
  session: string | undefined
}

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
}): WebSockets {
  const { server, relay, origins, admission, addressOf, clock, log, counters } = options
  const sockets = new Map<WebSocket, Life>()
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
    socket.on('error', () => undefined)
    const from = addressOf(request.socket.remoteAddress, request.headers['x-forwarded-for'])
    const refuse = (status: number, reason: string, later?: number): void => {
      counters.add('upgrade-refused', String(status))
      const requestId = options.requestId()
      log.info('upgrade-refused', { requestId, status, reason, address: from })
      refuseUpgrade(socket, status, requestId, later)
    }
    const no = refusal(request)
    if (no !== undefined) {
      refuse(no.status, no.reason)
      return
    }
    const forget = admission.ask(household(from), place => {
      if (typeof place === 'number') {
        refuse(503, 'full', place)
        return
      }
      // Also when ws finds that it is no WebSocket.
      socket.once('close', place.leave)
      if (socket.destroyed) place.leave()
      else upgrade({ request, socket, head, place, from })
    })
    socket.once('close', forget)
  })

  for (const one of [wss, doorWss]) {
    one.on('wsClientError', (error, socket, request) => {
      const from = addressOf(request.socket.remoteAddress, request.headers['x-forwarded-for'])
      counters.add('upgrade-refused', '400')
      const requestId = options.requestId()
      log.info('upgrade-refused', {
        requestId,
        status: 400,
        reason: 'handshake',
        message: withoutQuotes(error.message),
        address: from,
      })
      refuseUpgrade(socket, 400, requestId)
    })
  }

  const refusal = (request: IncomingMessage): { readonly status: number; readonly reason: string } | undefined => {
    const [path, query] = (request.url ?? '').split('?', 2)
    if (tooManyHeaders(request)) return { status: 431, reason: 'headers' }
    if (!origins.allowsHost(request.headers.host)) return { status: 403, reason: 'host' }
    const isDoor = readAddress(request.url ?? '') !== undefined
    if (path !== PATH && !isDoor) return { status: 404, reason: 'path' }
    if (query !== undefined && !isDoor) return { status: 400, reason: 'query' }
    if (!origins.allows(request.headers.origin, request.headers.host)) return { status: 403, reason: 'origin' }
    return undefined
  }

  const upgrade = (asked: Asked): void => {
    const { request, socket, head, from } = asked
    const address = doorAddress(request, from)
    if (address === undefined) wss.handleUpgrade(request, socket, head, ws => openLink(ws, asked))
    else doorWss.handleUpgrade(request, socket, head, ws => open(ws, asked, wire => relay.acceptAtDoor(wire, address)))
  }

  const openLink = (ws: WebSocket, asked: Asked): void => {
    let greeted = false
    let before = 0
    ws.once('message', () => (greeted = true))
    const session = open(ws, asked, relay.accept)
    // ws has read the chunk before this hears of it: what is left over is of a message that is too long for a first one.
    asked.socket.on('data', (chunk: Uint8Array) => {
      before += chunk.length
      if (greeted || before <= HELLO_BYTES + FRAMING) return
      counters.add('closed', 'HELLO_TOO_LARGE')
      log.info('closing', { session, reason: 'HELLO_TOO_LARGE', address: asked.from })
      ws.terminate()
    })
  }

  const open = (ws: WebSocket, asked: Asked, accept: (socket: Socket) => SocketEvents): string | undefined => {
    const { socket: stream, place, from } = asked
    const life: Life = { heardAt: clock.monotonic(), asked: false, from, session: undefined }
    sockets.set(ws, life)
    const events = accept({
      send: frame => ws.send(frame),
      sendShared(frame) {
        // Whole messages between whole messages of ws, which holds nothing back: it neither compresses nor sends blobs here.
        if (ws.readyState === ws.OPEN) stream.write((frame.wire ??= framed(frame.bytes)))
      },
      sendPieces(pieces) {
        if (ws.readyState !== ws.OPEN) return
        stream.cork()
        stream.write(headerOf(lengthOf(pieces)))
        for (const piece of pieces) stream.write(piece)
        stream.uncork()
      },
      close(code, reason) {
        ws.resume()
        ws.close(code, reason)
      },
      buffered: () => ws.bufferedAmount,
      hold: isHeld => (isHeld ? ws.pause() : ws.resume()),
      known: place.known,
    })
    const session = (life.session = events.id)
    const heard = (): void => {
      life.heardAt = clock.monotonic()
      life.asked = false
    }
    ws.on('message', (data, isBinary) => {
      heard()
      if (isBinary && data instanceof Uint8Array) events.frame(data)
      else {
        counters.add('closed', 'TEXT_FRAME')
        log.info('closing', { session, code: TEXT_FRAME, reason: 'TEXT_FRAME', address: from })
        ws.close(TEXT_FRAME, 'binary frames only')
        events.closed()
      }
    })
    ws.on('pong', heard)
    ws.on('ping', heard)
    ws.on('error', error => {
      counters.add('closed', reasonOf(error)['reason']?.toString())
      log.info('closing', { session, ...reasonOf(error), address: from })
      events.closed()
    })
    ws.on('close', () => {
      sockets.delete(ws)
      events.closed()
      if (sockets.size > 0) return
      for (const done of waiters) done()
      waiters = []
    })
    return session
  }

  const beat = (): void => {
    const now = clock.monotonic()
    for (const [ws, life] of sockets) {
      // One that is held back cannot be heard.
      if (ws.isPaused) life.heardAt = now
      const silence = now - life.heardAt
      if (silence >= DEAD_MS) {
        counters.add('closed', 'SILENT')
        log.info('closing', { session: life.session, reason: 'SILENT', address: life.from })
        ws.terminate()
      } else if (silence >= ASK_MS && !life.asked) {
        life.asked = true
        ws.ping()
      }
    }
    clock.after(BEAT_MS, beat)
  }
  clock.after(BEAT_MS, beat)

  return {
    closed: () => (sockets.size === 0 ? Promise.resolve() : new Promise(resolve => waiters.push(resolve))),
    terminate() {
      for (const ws of sockets.keys()) ws.terminate()
    },
    count: () => sockets.size,
  }
}

/** A frame as a binary message of a server, header and all. */
function framed(frame: Uint8Array): Uint8Array {
  const header = headerOf(frame.length)
  const message = new Uint8Array(header.length + frame.length)
  message.set(header)
  message.set(frame, header.length)
  return message
}

/** Of a binary message of a server. */
function headerOf(length: number): Uint8Array {
  const bytes = new Uint8Array(length < 126 ? 2 : length < 65_536 ? 4 : 10)
  const header = new DataView(bytes.buffer)
  header.setUint8(0, 0x82)
  header.setUint8(1, length < 126 ? length : length < 65_536 ? 126 : 127)
  if (bytes.length === 4) header.setUint16(2, length)
  else if (bytes.length === 10) header.setBigUint64(2, BigInt(length))
  return bytes
}

/** An upgrade that may be made. */
interface Asked {
  readonly request: IncomingMessage
  readonly socket: Duplex
  readonly head: Buffer
  readonly place: Place
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
