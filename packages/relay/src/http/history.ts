/**
 * Versions of documents over HTTP, below `/v1/spaces/<space>/documents/<document>/history`. Laws:
 * - The token is that of a link, as `Authorization: Bearer …`; never in the address (AU-10). Origins are those of `/v1/sync`.
 * - A4: what is not there and what is not for this person get the same answer.
 * - What is listed is JSON; what a document held is bytes of its engine.
 */
import { isId, JoineryError, type Code } from '@joinery/core'
import { encodeMessage } from '@joinery/core/protocol'
import type { Version } from '@joinery/core/history'
import { Hono, type Context } from 'hono'
import { cors } from 'hono/cors'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { History, HistoryOf } from '../history/history.ts'
import { errorBody } from './answers.ts'
import type { Origins } from './origins.ts'

const BASE = '/v1/spaces/:space/documents/:document/history'
const BEARER = /^Bearer (?<token>\S{1,3900})$/
const WHOLE = /^\d{1,15}$/
/** More than a name and what is around it. */
const BODY_BYTES = 4_096
const PREFLIGHT_S = 3_600
const KIND = 'Joinery-Kind'
const ENGINE = 'Joinery-Engine'

/** Every code that history answers with; others are the caller's mistake. */
const STATUS: { readonly [C in Code]?: ContentfulStatusCode } = {
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  GONE: 410,
  TOO_LARGE: 413,
  RATE_LIMITED: 429,
  QUARANTINED: 503,
  UNAVAILABLE: 503,
  CLOSED: 503,
  QUOTA: 503,
}

interface Variables {
  readonly requestId: string
}

type Asked = Context<{ Variables: Variables }>

export function historyRoute(options: {
  readonly history: History
  readonly origins: Origins
}): Hono<{ Variables: Variables }> {
  const { history, origins } = options
  const app = new Hono<{ Variables: Variables }>()

  const no = (context: Asked, error: JoineryError): Response => {
    const { code, details } = error
    const { retryAfter, rule } = details
    if (typeof retryAfter === 'number') context.header('Retry-After', String(Math.ceil(retryAfter / 1_000)))
    const told = rule === undefined ? {} : { rule }
    return context.json(errorBody(code, context.get('requestId'), told), STATUS[code] ?? 400)
  }

  app.use(`${BASE}/*`, async (context, next) => {
    if (!origins.allows(context.req.header('Origin'), context.req.header('Host'))) {
      return context.json(errorBody('FORBIDDEN', context.get('requestId')), 403)
    }
    await next()
    context.header('Cache-Control', 'no-store')
    return undefined
  })
  app.use(
    `${BASE}/*`,
    cors({
      origin: origin => (origin === '' ? null : origin),
      allowMethods: ['GET', 'PUT'],
      allowHeaders: ['Authorization', 'Content-Type'],
      exposeHeaders: [KIND, ENGINE],
      maxAge: PREFLIGHT_S,
    }),
  )

  /** Answers with what `ask` gives of the document that is named, or with why not. */
  const answer =
    (ask: (of: HistoryOf, context: Asked) => Promise<Response>) =>
    async (context: Asked): Promise<Response> => {
      try {
        const token = BEARER.exec(context.req.header('Authorization') ?? '')?.groups?.['token']
        if (token === undefined) throw new JoineryError('UNAUTHENTICATED')
        const [space, document] = [context.req.param('space') ?? '', context.req.param('document') ?? '']
        if (!isId(space) || !isId(document)) throw new JoineryError('NOT_FOUND')
        return await ask(await history.of(token, space, document), context)
      } catch (error) {
        if (error instanceof JoineryError) return no(context, error)
        throw error
      }
    }

  app.get(
    BASE,
    answer(async (of, context) => {
      const { before, limit } = context.req.query()
      const page = await of.list({
        ...(before === undefined ? {} : { before: whole(before) }),
        ...(limit === undefined ? {} : { limit: Math.max(1, whole(limit)) }),
      })
      const { versions, next, keptMs } = page
      return context.json({ success: true, data: versions.map(told), meta: { next: next ?? null, keptMs } })
    }),
  )

  app.get(
    `${BASE}/:seq`,
    answer(async (of, context) => {
      const { kind, engine, update } = await of.read(whole(context.req.param('seq')))
      context.header(KIND, kind)
      context.header(ENGINE, engine)
      return bytes(context, update)
    }),
  )

  app.get(
    `${BASE}/:seq/changes`,
    answer(async (of, context) => {
      const [seq, since] = [whole(context.req.param('seq')), whole(context.req.query('since'))]
      const [space, document] = [context.req.param('space') ?? '', context.req.param('document') ?? '']
      const entries = await of.changes(since, seq)
      return bytes(context, encodeMessage({ type: 'bodies', space, document, entries, next: 0 }))
    }),
  )

  app.put(
    `${BASE}/:seq/name`,
    answer(async (of, context) => {
      if (Number(context.req.header('Content-Length') ?? Infinity) > BODY_BYTES) throw new JoineryError('TOO_LARGE')
      const asked: unknown = await context.req.json().catch(() => undefined)
      const name = typeof asked === 'object' && asked !== null && 'name' in asked ? asked.name : undefined
      if (typeof name !== 'string') throw new JoineryError('BAD_INPUT', { rule: 'a name, as text' })
      await of.name(whole(context.req.param('seq')), name)
      return context.json({ success: true, data: null, meta: {} })
    }),
  )

  return app
}

function bytes(context: Asked, body: Uint8Array): Response {
  context.header('Content-Type', 'application/octet-stream')
  return context.body(body as Uint8Array<ArrayBuffer>)
}

function whole(text: string | undefined): number {
  if (text === undefined || !WHOLE.test(text)) throw new JoineryError('BAD_INPUT', { rule: 'a whole number' })
  return Number(text)
}

/** A version as it is told. */
function told({ name, ...version }: Version): Readonly<Record<string, unknown>> {
  return { ...version, name: name === undefined ? null : { name: name.name, by: name.subject, at: name.at } }
}
