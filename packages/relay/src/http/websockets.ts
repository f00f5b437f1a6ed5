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
import type { DoorAddress } from '../door/door.ts'
import type { Relay } from '../relay.ts'
import type { Socket, SocketEvents } from '../socket.ts'
import type { Origins } from './origins.ts'

const PATH = '/v1/sync'
const DOOR = /^\/y\/(?<space>[^/]+)\/(?<document>[^/]+)$/
const FRAGMENTS = 64
const CHUNKS = 1_024
/** A stock client sends a document in one frame, and a slow network brings that in pieces of little more than a kilobyte. */
const DOOR_CHUNKS = 16_384
const BEAT_MS = 5_000
const ASK_MS = 30_000
/** With the beat, at most a minute. */
const DEAD_MS = 55_000
const CLOSE_MS = 5_000
/** Frame headers and a few spare bytes around a `hello`. */
const FRAMING = 64

const TEXT_FRAME = 1003

export interface WebSockets {
  /** Resolves when every socket is closed. */
  closed(): Promise<void>
  terminate(): void
}

export function acceptWebSockets(options: {
  readonly server: Server
  readonly relay: Relay
  readonly origins: Origins
  readonly clock: Clock
  readonly log: Log
  readonly counters: Counters
  readonly frameBytes: number
  readonly doorFrameBytes: number
  readonly maxSockets: number
  readonly accepting: () => boolean
}): WebSockets {
  const { server, relay, origins, clock, log, counters } = options
  const sockets = new Map<WebSocket, { heardAt: number; asked: boolean }>()
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
    const no = refusal(request)
    if (no !== undefined) {
      counters.add('upgrade-refused', String(no.status))
      log.info('upgrade-refused', { status: no.status, reason: no.reason })
      refuseUpgrade(socket, no.status, no.retry)
      return
    }
    const address = doorAddress(request)
    if (address === undefined) wss.handleUpgrade(request, socket, head, ws => openLink(ws, socket))
    else doorWss.handleUpgrade(request, socket, head, ws => open(ws, socket, wire => relay.acceptAtDoor(wire, address)))
  })

  const refusal = (request: IncomingMessage): { status: number; reason: string; retry?: boolean } | undefined => {
    const [path, query] = (request.url ?? '').split('?', 2)
    if (tooManyHeaders(request)) return { status: 431, reason: 'headers' }
    if (!origins.allowsHost(request.headers.host)) return { status: 403, reason: 'host' }
    const isDoor = DOOR.test(path ?? '')
    if (path !== PATH && !isDoor) return { status: 404, reason: 'path' }
    if (query !== undefined && !isDoor) return { status: 400, reason: 'query' }
    if (!origins.allows(request.headers.origin, request.headers.host)) return { status: 403, reason: 'origin' }
    if (!options.accepting() || sockets.size >= options.maxSockets) return { status: 503, reason: 'full', retry: true }
    return undefined
  }

  const openLink = (ws: WebSocket, socket: Duplex): void => {
    let greeted = false
    let before = 0
    ws.once('message', () => (greeted = true))
    open(ws, socket, relay.accept)
    // ws has read the chunk before this hears of it: what is left over is of a message that is too long for a first one.
    socket.on('data', (chunk: Uint8Array) => {
      before += chunk.length
      if (greeted || before <= HELLO_BYTES + FRAMING) return
      counters.add('closed', 'HELLO_TOO_LARGE')
      log.info('closing', { reason: 'too much before hello' })
      ws.terminate()
    })
  }

  const open = (ws: WebSocket, stream: Duplex, accept: (socket: Socket) => SocketEvents): void => {
    const life = { heardAt: clock.monotonic(), asked: false }
    sockets.set(ws, life)
    const events = accept({
      send: frame => ws.send(frame),
      sendShared(frame) {
        // Whole messages between whole messages of ws, which holds nothing back: it neither compresses nor sends blobs here.
        if (ws.readyState === ws.OPEN) stream.write(framed(frame))
      },
      close(code, reason) {
        ws.resume()
        ws.close(code, reason)
      },
      buffered: () => ws.bufferedAmount,
      hold: isHeld => (isHeld ? ws.pause() : ws.resume()),
    })
    const heard = (): void => {
      life.heardAt = clock.monotonic()
      life.asked = false
    }
    ws.on('message', (data, isBinary) => {
      heard()
      if (isBinary && data instanceof Uint8Array) events.frame(data)
      else {
        counters.add('closed', 'TEXT_FRAME')
        log.info('closing', { code: TEXT_FRAME, reason: 'a text frame' })
        ws.close(TEXT_FRAME, 'binary frames only')
        events.closed()
      }
    })
    ws.on('pong', heard)
    ws.on('ping', heard)
    ws.on('error', error => {
      counters.add('closed', reasonOf(error)['reason']?.toString())
      log.info('closing', reasonOf(error))
      events.closed()
    })
    ws.on('close', () => {
      sockets.delete(ws)
      events.closed()
      if (sockets.size > 0) return
      for (const done of waiters) done()
      waiters = []
    })
  }

  const beat = (): void => {
    const now = clock.monotonic()
    for (const [ws, life] of sockets) {
      // One that is held back cannot be heard.
      if (ws.isPaused) life.heardAt = now
      const silence = now - life.heardAt
      if (silence >= DEAD_MS) {
        counters.add('closed', 'SILENT')
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
  }
}

const framedByFrame = new WeakMap<Uint8Array, Uint8Array>()

/** A frame as a binary message of a server, header and all: made once, however many it is sent to. */
function framed(frame: Uint8Array): Uint8Array {
  const known = framedByFrame.get(frame)
  if (known !== undefined) return known
  const { length } = frame
  const headerBytes = length < 126 ? 2 : length < 65_536 ? 4 : 10
  const message = new Uint8Array(headerBytes + length)
  const header = new DataView(message.buffer)
  header.setUint8(0, 0x82)
  header.setUint8(1, length < 126 ? length : length < 65_536 ? 126 : 127)
  if (headerBytes === 4) header.setUint16(2, length)
  else if (headerBytes === 10) header.setBigUint64(2, BigInt(length))
  message.set(frame, headerBytes)
  framedByFrame.set(frame, message)
  return message
}

/** Undefined when it is not the door's. The first `token` counts. */
function doorAddress({ url = '' }: IncomingMessage): DoorAddress | undefined {
  const [path = '', query = ''] = url.split('?', 2)
  const { space, document } = DOOR.exec(path)?.groups ?? {}
  if (space === undefined || document === undefined) return undefined
  return { space, document, token: new URLSearchParams(query).get('token') ?? '' }
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

function refuseUpgrade(socket: Duplex, status: number, retry = false): void {
  const lines = [
    `HTTP/1.1 ${status} ${SENTENCES[status] ?? ''}`,
    'Connection: close',
    'Content-Length: 0',
    ...(retry ? ['Retry-After: 5'] : []),
  ]
  socket.end(`${lines.join('\r\n')}\r\n\r\n`)
}
