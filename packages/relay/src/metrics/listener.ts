/**
 * A port of its own for metrics, away from the one that everybody reaches. Laws (OP-06):
 * - It is this machine's; listening further needs a token.
 * - On this machine it answers to this machine's names only: a page whose name was pointed here reads nothing.
 */
import { JoineryError, hex, type Random } from '@joinery/core'
import { Hono } from 'hono'
import { errorBody } from '../http/answers.ts'
import { clientAddress } from '../http/client-address.ts'
import { listen } from '../http/listen.ts'
import { createOrigins } from '../http/origins.ts'
import { createHttpServer } from '../http/server.ts'
import { reasonOf, type Counters, type Log } from '../log.ts'
import type { Exposition } from './exposition.ts'
import { metricsRoute } from './metrics-route.ts'

/** Whoever scrapes needs one. */
const CONNECTIONS = 64

export interface MetricsListener {
  readonly port: number
  stop(): void
}

/** Rejects with BAD_INPUT where everybody could read it. */
export async function listenForMetrics(options: {
  readonly exposition: Exposition
  readonly host: string
  readonly port: number
  readonly isLoopback: boolean
  readonly token: string | undefined
  readonly random: Random
  readonly log: Log
  readonly counters: Counters
}): Promise<MetricsListener> {
  const { exposition, host, isLoopback, token, random, log, counters } = options
  if (!isLoopback && token === undefined) {
    throw new JoineryError('BAD_INPUT', {
      what: 'metrics-host',
      rule: 'beyond this machine metrics need JOINERY_METRICS_TOKEN',
    })
  }
  const origins = createOrigins({ allowed: [], loopbackOnly: isLoopback })
  const app = new Hono<{ Variables: { requestId: string } }>()
  app.use(async (context, next) => {
    const requestId = hex(random.bytes(8))
    context.set('requestId', requestId)
    if (!origins.allowsHost(context.req.header('Host'))) return context.json(errorBody('FORBIDDEN', requestId), 403)
    return next()
  })
  app.route('/', metricsRoute(exposition, token))
  app.notFound(context => context.json(errorBody('NOT_FOUND', context.get('requestId')), 404))
  app.onError((error, context) => {
    const requestId = context.get('requestId')
    log.error('metrics-failed', { requestId, ...reasonOf(error) })
    return context.json(errorBody('UNAVAILABLE', requestId), 503)
  })
  const server = createHttpServer({
    fetch: request => app.fetch(request),
    addressOf: clientAddress([]),
    maxConnections: CONNECTIONS,
    log,
    counters,
  })
  const port = await listen(server, host, options.port)
  return {
    port,
    stop() {
      server.close()
      server.closeAllConnections()
    },
  }
}
