/**
 * Links over WebSocket, at `/v1/sync`. Laws:
 * - Who may not connect is told before the upgrade; a token never stands in the address (AU-10).
 * - What a peer may make us hold is bounded before it is read: frames, fragments, pieces, and almost nothing before `hello` (WS-06, WS-07).
 * - A silent socket is asked after 30 s and gone after 60 (WS-05). Only binary frames are spoken (WS-15).
 */
import type { Clock } from '@joinery/core'
import { HELLO_BYTES } from '@joinery/core/protocol'
import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer, type WebSocket } from 'ws'
import { reasonOf, type Counters, type Log } from '../log.ts'
import type { Relay } from '../relay.ts'
import type { Origins } from './origins.ts'

const PATH = '/v1/sync'
const FRAGMENTS = 64
const CHUNKS = 1_024
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
  readonly maxSockets: number
  readonly accepting: () => boolean
}): WebSockets {
  const { server, relay, origins, clock, log, counters } = options
  const sockets = new Map<WebSocket, { heardAt: number; asked: boolean }>()
  let waiters: (() => void)[] = []
  const wss = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: options.frameBytes,
    maxFragments: FRAGMENTS,
    maxBufferedChunks: CHUNKS,
    // Not in the types yet.
    ...{ closeTimeout: CLOSE_MS },
    handleProtocols: () => false,
  })

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
    wss.handleUpgrade(request, socket, head, ws => open(ws, socket))
  })

  const refusal = (request: IncomingMessage): { status: number; reason: string; retry?: boolean } | undefined => {
    const [path, query] = (request.url ?? '').split('?', 2)
    if (tooManyHeaders(request)) return { status: 431, reason: 'headers' }
    if (!origins.allowsHost(request.headers.host)) return { status: 403, reason: 'host' }
    if (path !== PATH) return { status: 404, reason: 'path' }
    if (query !== undefined) return { status: 400, reason: 'query' }
    if (!origins.allows(request.headers.origin, request.headers.host)) return { status: 403, reason: 'origin' }
    if (!options.accepting() || sockets.size >= options.maxSockets) return { status: 503, reason: 'full', retry: true }
    return undefined
  }

  const open = (ws: WebSocket, socket: Duplex): void => {
    const life = { heardAt: clock.monotonic(), asked: false }
    sockets.set(ws, life)
    let greeted = false
    let before = 0
    const events = relay.accept({
      send: frame => ws.send(frame),
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
      greeted = true
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
    // ws has read the chunk before this hears of it: what is left over is of a message that is too long for a first one.
    socket.on('data', (chunk: Uint8Array) => {
      before += chunk.length
      if (greeted || before <= HELLO_BYTES + FRAMING) return
      counters.add('closed', 'HELLO_TOO_LARGE')
      log.info('closing', { reason: 'too much before hello' })
      ws.terminate()
    })
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
