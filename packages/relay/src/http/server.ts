/**
 * The HTTP server that everything comes in by. Law (WS-03, WS-09): a request that dawdles, or has more or longer headers than any honest one,
 * is closed before anything looks at it.
 */
import { getRequestListener } from '@hono/node-server'
import type { HttpBindings } from '@hono/node-server'
import { createServer, STATUS_CODES, type RequestListener, type Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { reasonOf, type Counters, type Log } from '../log.ts'
import type { ClientAddress } from './client-address.ts'
import { tooManyHeaders } from './websockets.ts'

const HEADERS_MS = 8_000
const REQUEST_MS = 30_000
const CHECK_MS = 1_000
const KEEP_MS = 5_000
const HEADER_BYTES = 16 * 1_024

export interface HttpServerOptions {
  readonly fetch: (request: Request, env: HttpBindings) => Response | Promise<Response>
  readonly addressOf: ClientAddress
  /** Of all kinds: sockets, requests under way, and those that have said nothing yet. */
  readonly maxConnections: number
  readonly log: Log
  readonly counters: Counters
}

export function createHttpServer(options: HttpServerOptions): Server {
  const { fetch, addressOf, log, counters } = options
  const answer = getRequestListener((request, env) => fetch(request, env as HttpBindings))
  const refused = (status: number, reason: string, address: string): void => {
    counters.add('http', String(status))
    log.info('request-refused', { status, reason, address })
  }
  const listener: RequestListener = (request, response) => {
    if (tooManyHeaders(request)) {
      refused(431, 'headers', addressOf(request.socket.remoteAddress, request.headers['x-forwarded-for']))
      response.writeHead(431, { Connection: 'close' }).end()
      return
    }
    void answer(request, response)
  }
  const server = createServer(
    {
      headersTimeout: HEADERS_MS,
      requestTimeout: REQUEST_MS,
      connectionsCheckingInterval: CHECK_MS,
      keepAliveTimeout: KEEP_MS,
      maxHeaderSize: HEADER_BYTES,
    },
    listener,
  )
  server.on('clientError', (error: Error, socket: Duplex & { readonly remoteAddress?: string }) => {
    const { reason } = reasonOf(error)
    // Nobody is there to be told.
    if (!socket.writable || reason === 'ECONNRESET') {
      socket.destroy()
      return
    }
    const status = reason === 'HPE_HEADER_OVERFLOW' ? 431 : reason === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400
    refused(status, String(reason), addressOf(socket.remoteAddress, undefined))
    socket.once('finish', () => socket.destroy())
    socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
  })
  server.maxConnections = options.maxConnections
  // All of them are read, so that they can be counted; how long they are is bounded.
  server.maxHeadersCount = 0
  return server
}
