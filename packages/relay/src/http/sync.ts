/**
 * `POST /v1/sync`: a link whose frames travel in the bodies of requests and answers. Laws:
 * - The same origins as for WebSockets, asked before anything else is read; a page of another origin is answered only where it is listed.
 * - How much is read of a body is bounded before it is read, and almost nothing of one whose link has not been welcomed (WS-06).
 * - A key stands in a header, a token in `hello`: neither in the address (AU-10).
 */
import { JoineryError, type Code } from '@joinery/core'
import { decodeExchange, encodeExchange, type Exchange } from '@joinery/core/protocol'
import { Hono, type Context } from 'hono'
import { cors } from 'hono/cors'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { Admission, Later, Place } from './admission.ts'
import { errorBody } from './answers.ts'
import { household } from './client-address.ts'
import type { HttpLinks } from './http-links.ts'
import type { Origins } from './origins.ts'

const SESSION = 'Joinery-Session'
const WAIT = 'Joinery-Wait'
const RETRY = 'Retry-After'
/** Seconds that a request may wait for its answer: less than proxies wait. */
const WAIT_S = 25
/** What a device brings in one request, beside one frame as large as they come; before it is welcomed, all of it. */
const BODY_BYTES = 80 * 1_024
/** How long a browser may remember what it may ask. */
const PREFLIGHT_S = 3_600

export interface SyncRouteOptions {
  readonly links: HttpLinks
  readonly admission: Pick<Admission, 'ask'>
  readonly origins: Origins
  readonly frameBytes: number
  /** What is read of a body before its link is welcomed, and beside a frame afterwards. */
  readonly bodyBytes?: number
  readonly accepting: () => boolean
}

/** What is known of a request before a route sees it. */
interface Variables {
  readonly requestId: string
  /** The address it comes from. */
  readonly from: string
  /** Its link, as the log calls it. */
  session?: string | undefined
}

export function syncRoute(options: SyncRouteOptions): Hono<{ Variables: Variables }> {
  const { links, admission, origins, frameBytes, bodyBytes = BODY_BYTES, accepting } = options
  const app = new Hono<{ Variables: Variables }>()
  const no = (context: Context, status: ContentfulStatusCode, code: Code): Response =>
    context.json(errorBody(code, context.get('requestId') as string), status)

  const tooMany = (context: Context): Response => {
    context.header(RETRY, '1')
    return no(context, 429, 'RATE_LIMITED')
  }

  const enter = (from: string): Promise<Place | Later> => new Promise(resolve => void admission.ask(from, resolve))

  app.use('/v1/sync', async (context, next) => {
    if (!origins.allows(context.req.header('Origin'), context.req.header('Host'))) return no(context, 403, 'FORBIDDEN')
    await next()
    context.header('Cache-Control', 'no-store')
    // Told to stop, whoever listens waits until the last answer has gone.
    if (!accepting()) context.header('Connection', 'close')
    return undefined
  })

  // Who is not listed does not come this far.
  app.use(
    '/v1/sync',
    cors({
      origin: origin => (origin === '' ? null : origin),
      allowMethods: ['POST'],
      allowHeaders: ['Content-Type', SESSION, WAIT],
      exposeHeaders: [SESSION],
      maxAge: PREFLIGHT_S,
    }),
  )

  app.post('/v1/sync', async context => {
    if (new URL(context.req.url).search !== '') return no(context, 400, 'BAD_INPUT')
    const known = context.req.header(SESSION)
    context.set('session', known && links.session(known))
    const from = household(context.get('from'))
    const isGreeted = known === undefined ? false : await links.greeted(known, from)
    if (isGreeted === undefined) return no(context, 404, 'NOT_FOUND')
    if (isGreeted === 'RATE_LIMITED') return tooMany(context)
    const body = await read(context.req.raw, bodyBytes + (isGreeted ? frameBytes : 0))
    if (body === undefined) return no(context, 413, 'TOO_LARGE')
    const asked = exchangeOf(body)
    if (asked === undefined) return no(context, 400, 'BAD_FRAME')
    const place = known === undefined ? await enter(from) : undefined
    if (typeof place === 'number') {
      context.header(RETRY, String(place))
      return no(context, 503, 'UNAVAILABLE')
    }
    const key = place === undefined ? (known ?? '') : links.open(place)
    context.set('session', links.session(key))
    const answer = await links.exchange(key, asked, waitOf(context.req.header(WAIT)))
    if (answer === 'NOT_FOUND') return no(context, 404, answer)
    if (answer === 'TOO_LARGE') return no(context, 413, answer)
    if (answer === 'RATE_LIMITED') return tooMany(context)
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
