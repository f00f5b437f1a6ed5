/** What the relay answers over HTTP: whether it is alive and ready, links of those who cannot have a WebSocket, and the app it serves. */
import { hex, JoineryError, type Random } from '@joinery/core'
import { Hono } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { reasonOf, type Log } from '../log.ts'
import { errorBody } from './answers.ts'
import type { Origins } from './origins.ts'
import { staticApp } from './static-app.ts'
import { syncRoute, type SyncRouteOptions } from './sync.ts'

export interface HttpAppOptions {
  readonly origins: Origins
  readonly random: Random
  readonly log: Log
  /** Rejects, or resolves to false, when new work should go elsewhere. */
  readonly ready: () => Promise<boolean>
  /** Folder of a built web app. */
  readonly app: string | undefined
  readonly sync: Omit<SyncRouteOptions, 'origins'>
}

type Variables = { requestId: string }

export function httpApp(options: HttpAppOptions): Hono<{ Variables: Variables }> {
  const { origins, random, log } = options
  const app = new Hono<{ Variables: Variables }>()

  app.use(async (context, next) => {
    const requestId = hex(random.bytes(8))
    context.set('requestId', requestId)
    if (!origins.allowsHost(context.req.header('Host'))) return context.json(errorBody('FORBIDDEN', requestId), 403)
    await next()
    context.header('X-Content-Type-Options', 'nosniff')
    context.header('Referrer-Policy', 'same-origin')
    context.header('Cross-Origin-Resource-Policy', 'same-origin')
    context.header('X-Request-Id', requestId)
    return undefined
  })

  app.get('/healthz', context => context.json({ success: true }))

  app.get('/readyz', async context => {
    const isReady = await options.ready().catch(() => false)
    if (isReady) return context.json({ success: true })
    return context.json(errorBody('UNAVAILABLE', context.get('requestId')), 503)
  })

  app.route('/', syncRoute({ ...options.sync, origins }))

  // Nothing here is an app's page, whatever the fallback says.
  app.all('/v1/*', context => context.json(errorBody('NOT_FOUND', context.get('requestId')), 404))
  if (options.app !== undefined) app.route('/', staticApp(options.app))
  app.notFound(context => context.json(errorBody('NOT_FOUND', context.get('requestId')), 404))
  app.onError((error, context) => {
    const requestId = context.get('requestId')
    const code = error instanceof JoineryError ? error.code : 'UNAVAILABLE'
    log.error('request-failed', { requestId, ...reasonOf(error) })
    const status: ContentfulStatusCode = code === 'UNAVAILABLE' ? 503 : 400
    return context.json(errorBody(code, requestId), status)
  })
  return app
}
