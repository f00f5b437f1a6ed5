/**
 * The HTTP server that everything comes in by. Law (WS-03, WS-09): a request that dawdles, or has more or longer headers than any honest one,
 * is closed before anything looks at it.
 */
import { getRequestListener } from '@hono/node-server'
import { createServer, type RequestListener, type Server } from 'node:http'
import { tooManyHeaders } from './websockets.ts'

const HEADERS_MS = 8_000
const REQUEST_MS = 30_000
const CHECK_MS = 1_000
const KEEP_MS = 5_000
const HEADER_BYTES = 16 * 1_024

export function createHttpServer(fetch: (request: Request) => Response | Promise<Response>): Server {
  const answer = getRequestListener(fetch)
  const listener: RequestListener = (request, response) => {
    if (tooManyHeaders(request)) {
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
  // All of them are read, so that they can be counted; how long they are is bounded.
  server.maxHeadersCount = 0
  return server
}
