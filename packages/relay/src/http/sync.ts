/**
 * `POST /v1/sync`: a link whose frames travel in the bodies of requests and answers. Laws:
 * - The same origins as for WebSockets, asked before anything else is read; a page of another origin is answered only where it is listed.
 * - How much is read of a body is bounded before it is read, and almost nothing of one whose link has not been welcomed (WS-06).
 * - A key stands in a header, a token in `hello`: neither in the address (AU-10).
 */
import { JoineryError, type Code } from '@joinery/core'
import { decodeExchange, encodeExchange, type Exchange } from '@joinery/core/protocol'
import { Hono, type Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { errorBody } from './answers.ts'
import type { HttpLinks } from './http-links.ts'
import type { Origins } from './origins.ts'

const SESSION = 'Joinery-Session'
const WAIT = 'Joinery-Wait'
/** Seconds that a request may wait for its answer: less than proxies wait. */
const WAIT_S = 25
/** What a device brings in one request, beside one frame as large as they come; before it is welcomed, all of it. */
const BODY_BYTES = 80 * 1_024
/** How long a browser may remember what it may ask. */
const PREFLIGHT_S = 3_600

export interface SyncRouteOptions {
  readonly links: HttpLinks
  readonly origins: Origins
  readonly frameBytes: number
  /** What is read of a body before its link is welcomed, and beside a frame afterwards. */
  readonly bodyBytes?: number
  readonly accepting: () => boolean
}

export function syncRoute(options: SyncRouteOptions): Hono<{ Variables: { requestId: string } }> {
  const { links, origins, frameBytes, bodyBytes = BODY_BYTES, accepting } = options
  const app = new Hono<{ Variables: { requestId: string } }>()
  const no = (context: Context, status: ContentfulStatusCode, code: Code): Response =>
    context.json(errorBody(code, context.get('requestId') as string), status)

  app.use('/v1/sync', async (context, next) => {
    const origin = context.req.header('Origin')
    if (!origins.allows(origin, context.req.header('Host'))) return no(context, 403, 'FORBIDDEN')
    await next()
    context.header('Cache-Control', 'no-store')
    context.header('Vary', 'Origin')
    // Told to stop, whoever listens waits until the last answer has gone.
    if (!accepting()) context.header('Connection', 'close')
    if (origin === undefined) return undefined
    context.header('Access-Control-Allow-Origin', origin)
    context.header('Access-Control-Expose-Headers', SESSION)
    return undefined
  })

  app.options('/v1/sync', context => {
    context.header('Access-Control-Allow-Methods', 'POST')
    context.header('Access-Control-Allow-Headers', `Content-Type, ${SESSION}, ${WAIT}`)
    context.header('Access-Control-Max-Age', String(PREFLIGHT_S))
    return context.body(null, 204)
  })

  app.post('/v1/sync', async context => {
    if (new URL(context.req.url).search !== '') return no(context, 400, 'BAD_INPUT')
    const known = context.req.header(SESSION)
    const isGreeted = known === undefined ? false : links.greeted(known)
    if (isGreeted === undefined) return no(context, 404, 'NOT_FOUND')
    const body = await read(context.req.raw, bodyBytes + (isGreeted ? frameBytes : 0))
    if (body === undefined) return no(context, 413, 'TOO_LARGE')
    const asked = exchangeOf(body)
    if (asked === undefined) return no(context, 400, 'BAD_FRAME')
    const key = known ?? (accepting() ? links.open() : undefined)
    if (key === undefined) {
      context.header('Retry-After', '5')
      return no(context, 503, 'UNAVAILABLE')
    }
    const answer = await links.exchange(key, asked, waitOf(context.req.header(WAIT)))
    if (answer === undefined) return no(context, 404, 'NOT_FOUND')
    context.header(SESSION, key)
    context.header('Content-Type', 'application/octet-stream')
    return context.body(encodeExchange(answer) as Uint8Array<ArrayBuffer>)
  })
  return app
}

/** Milliseconds. What is no number of seconds is none. */
function waitOf(seconds: string | undefined): number {
  const wait = Number(seconds ?? 0)
  return wait > 0 ? Math.min(wait, WAIT_S) * 1_000 : 0
}

function exchangeOf(body: Uint8Array): Exchange | undefined {
  try {
    return decodeExchange(body)
  } catch (error) {
    if (error instanceof JoineryError) return undefined
    throw error
  }
}

/** Undefined when there is more of it than `most`: then the rest is not read. What breaks off is not understood, and answered to nobody. */
async function read(request: Request, most: number): Promise<Uint8Array | undefined> {
  if (Number(request.headers.get('Content-Length') ?? 0) > most) return undefined
  const chunks: Uint8Array[] = []
  let length = 0
  try {
    for await (const chunk of (request.body ?? []) as AsyncIterable<Uint8Array>) {
      length += chunk.length
      if (length > most) return undefined
      chunks.push(chunk)
    }
  } catch {
    return new Uint8Array(0)
  }
  return Buffer.concat(chunks, length)
}
