/**
 * A relay that listens. Laws (DU-13): ready is said once, when links are taken; told to stop, it takes nobody new, answers what it has, says
 * 1012 to everybody and closes the store, in ten seconds at most.
 */
import { hex, JoineryError, type Bus, type Clock, type Random, type Store } from '@joinery/core'
import { createAdmission } from './http/admission.ts'
import type { AppFiles } from './http/app-files.ts'
import { httpApp } from './http/app.ts'
import { clientAddress } from './http/client-address.ts'
import { createFarLinks } from './http/far-links.ts'
import { createHttpLinks } from './http/http-links.ts'
import { listen } from './http/listen.ts'
import { createOrigins } from './http/origins.ts'
import { createHttpServer } from './http/server.ts'
import { acceptWebSockets } from './http/websockets.ts'
import { RELAY_LIMITS, type RelayLimits } from './limits.ts'
import { reasonOf, type Log } from './log.ts'
import { createExposition } from './metrics/exposition.ts'
import { listenForMetrics } from './metrics/listener.ts'
import { metricsRoute } from './metrics/metrics-route.ts'
import { createReadiness } from './readiness.ts'
import type { Relay } from './relay.ts'

const DRAIN_MS = 10_000
const REQUEST_ID_BYTES = 8
/** Of those ten, for sockets that do not answer the goodbye. */
const GOODBYE_MS = 3_000
/** Beside connections that are in or wait for it, as many again may be about to ask. */
const TCP_SHARE = 2

export interface Served {
  readonly port: number
  /** The port that metrics have for themselves, if they have one. */
  readonly metricsPort: number | undefined
  /** Resolves when nothing is left. */
  stop(): Promise<void>
}

export interface MetricsOptions {
  /** Who brings it reads them, also on the public port; without it they are not there. */
  readonly token: string | undefined
  /** A port of their own. */
  readonly listen: { readonly host: string; readonly port: number; readonly isLoopback: boolean } | undefined
  /** Sizes of the store's files. */
  readonly storeBytes: () => Promise<Readonly<Record<string, number>>>
  /** How full the queue of the bus is, 0 to 1. */
  readonly busBacklog: () => number
}

export async function serve(options: {
  readonly relay: Relay
  readonly store: Pick<Store, 'probe' | 'close'>
  /** By which a request of a link that another node holds is handed to it. */
  readonly bus?: Bus
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly host: string
  readonly port: number
  readonly origins: readonly string[]
  readonly loopbackOnly: boolean
  readonly app: AppFiles | undefined
  /** Addresses and networks of proxies whose `X-Forwarded-For` is believed. */
  readonly trustProxy?: readonly string[]
  readonly limits?: Partial<RelayLimits>
  readonly metrics?: MetricsOptions | undefined
}): Promise<Served> {
  const { relay, store, clock, random, log } = options
  const { counters } = relay
  const limits = { ...RELAY_LIMITS, ...options.limits }
  const addressOf = clientAddress(options.trustProxy ?? [])
  const origins = createOrigins({ allowed: options.origins, loopbackOnly: options.loopbackOnly })
  let accepting = true
  const admission = createAdmission({ clock, random, counters, limits })
  const near = createHttpLinks({ accept: relay.accept, clock, random, counters, limits })
  // Where what they say would burden everybody, or there are no others, each node has its own.
  const far = options.bus?.carriesPresence === true && createFarLinks({ near, bus: options.bus, clock, random, limits })
  const links = far || near
  const probe = async (): Promise<void> => {
    await store.probe()
    // It may have come back a moment ago, and everybody is sent away still (MN-06).
    if (!relay.ready()) throw new JoineryError('UNAVAILABLE')
  }
  const readiness = createReadiness({ store: { probe }, clock, log })
  const { metrics } = options
  const exposition =
    metrics &&
    createExposition({
      counters,
      async figures() {
        const { links: all, doorConnections, ...others } = relay.figures()
        const http = links.count()
        return {
          ...others,
          connections: { websocket: all - http, http, door: doorConnections },
          storeBytes: await metrics.storeBytes(),
          busBacklog: metrics.busBacklog(),
          ready: (await readiness.look()) === 'ready' ? 1 : 0,
        }
      },
    })
  const app = httpApp({
    origins,
    addressOf,
    random,
    log,
    app: options.app,
    metrics: exposition && metrics?.token !== undefined ? metricsRoute(exposition, metrics.token) : undefined,
    counters,
    history: relay.history,
    sync: { links, admission, frameBytes: limits.frameBytes, accepting: () => accepting },
    ready: readiness.look,
  })
  const server = createHttpServer({
    fetch: app.fetch,
    addressOf,
    maxConnections: TCP_SHARE * (limits.connections + limits.waitingConnections),
    log,
    counters,
  })
  const sockets = acceptWebSockets({
    server,
    relay,
    origins,
    admission,
    addressOf,
    requestId: () => hex(random.bytes(REQUEST_ID_BYTES)),
    clock,
    log,
    counters,
    frameBytes: limits.frameBytes,
    doorFrameBytes: limits.messageBytes,
    unfinishedBytes: limits.unfinishedBytes,
  })
  const port = await listen(server, options.host, options.port)
  const metricsListener =
    exposition && metrics?.listen
      ? await listenForMetrics({ ...metrics.listen, token: metrics.token, exposition, random, log, counters })
      : undefined

  const within = (ms: number, work: Promise<unknown>): Promise<void> =>
    new Promise(resolve => {
      const cancel = clock.after(ms, resolve)
      void work
        .catch((error: unknown) => log.error('stop-failed', reasonOf(error)))
        .then(() => {
          cancel()
          resolve()
        })
    })

  return {
    port,
    metricsPort: metricsListener?.port,
    async stop() {
      if (!accepting) return
      accepting = false
      readiness.stop()
      admission.close()
      const answered = new Promise(resolve => server.close(resolve))
      await within(DRAIN_MS - GOODBYE_MS, relay.drain())
      await within(GOODBYE_MS, Promise.all([sockets.closed(), answered]))
      sockets.terminate()
      server.closeAllConnections()
      metricsListener?.stop()
      if (far) far.close()
      relay.close()
      await store.close()
    },
  }
}
