/** What the relay answers over HTTP: whether it is alive and ready, links of those who cannot have a WebSocket, and the app it serves. */
import { hex, JoineryError, type Random } from '@joinery/core'
import type { HttpBindings } from '@hono/node-server'
import { Hono } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { reasonOf, whereOf, type Counters, type Log } from '../log.ts'
import { errorBody } from './answers.ts'
import type { Verdict } from '../readiness.ts'
import type { AppFiles } from './app-files.ts'
import type { ClientAddress } from './client-address.ts'
import type { Origins } from './origins.ts'
import type { History } from '../history/history.ts'
import { historyRoute } from './history.ts'
import { answerHeaders } from './security-headers.ts'
import { staticApp } from './static-app.ts'
import { syncRoute, type SyncRouteOptions } from './sync.ts'

export interface HttpAppOptions {
  readonly origins: Origins
  readonly addressOf: ClientAddress
  readonly random: Random
  readonly log: Log
  readonly counters: Pick<Counters, 'add'>
  /** Anything but `ready` when new work should go elsewhere. */
  readonly ready: () => Promise<Verdict>
  /** A built web app. */
  readonly app: AppFiles | undefined
  /** `/metrics` on this port; without it there is none. */
  readonly metrics?: Hono<{ Variables: { requestId: string } }> | undefined
  readonly sync: Omit<SyncRouteOptions, 'origins'>
  readonly history: History
}

type Variables = { requestId: string; from: string; session?: string | undefined }

export function httpApp(options: HttpAppOptions): Hono<{ Bindings: HttpBindings; Variables: Variables }> {
  const { origins, addressOf, random, log, counters } = options
  const app = new Hono<{ Bindings: HttpBindings; Variables: Variables }>()

  app.use(answerHeaders())

  app.use(async (context, next) => {
    const requestId = hex(random.bytes(8))
    context.set('requestId', requestId)
    context.set('from', addressOf(context.env.incoming.socket.remoteAddress, context.req.header('X-Forwarded-For')))
    context.header('X-Request-Id', requestId)
    if (origins.allowsHost(context.req.header('Host'))) await next()
    else context.res = context.json(errorBody('FORBIDDEN', requestId), 403)
    const { status } = context.res
    counters.add('http', String(status))
    const isRefused = status >= 400 && context.error === undefined
    const session = context.get('session')
    if (isRefused)
      log.info('request-refused', { requestId, session, status, reason: 'answer', address: context.get('from') })
    return undefined
  })

  for (const path of ['/healthz', '/livez']) app.get(path, context => context.json({ success: true }))

  app.get('/readyz', async context => {
    const reason = await options.ready()
    if (reason === 'ready') return context.json({ success: true })
    return context.json(errorBody('UNAVAILABLE', context.get('requestId'), { reason }), 503)
  })

  app.route('/', syncRoute({ ...options.sync, origins }))

  app.route('/', historyRoute({ history: options.history, origins }))

  if (options.metrics !== undefined) app.route('/', options.metrics)

  // Nothing here is an app's page, whatever the fallback says.
  app.all('/metrics', context => context.json(errorBody('NOT_FOUND', context.get('requestId')), 404))
  app.all('/v1/*', context => context.json(errorBody('NOT_FOUND', context.get('requestId')), 404))
  if (options.app !== undefined) app.route('/', staticApp(options.app))
  app.notFound(context => context.json(errorBody('NOT_FOUND', context.get('requestId')), 404))
  app.onError((error, context) => {
    const requestId = context.get('requestId')
    const code = error instanceof JoineryError ? error.code : 'UNAVAILABLE'
    log.error('request-failed', { requestId, session: context.get('session'), ...reasonOf(error), ...whereOf(error) })
    const status: ContentfulStatusCode = code === 'UNAVAILABLE' ? 503 : 400
    return context.json(errorBody(code, requestId), status)
  })
  return app
}
