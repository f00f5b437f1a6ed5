/**
 * A relay that listens. Laws (DU-13): ready is said once, when links are taken; told to stop, it takes nobody new, answers what it has, says
 * 1012 to everybody and closes the store, in ten seconds at most.
 */
import type { Clock, Random, Store } from '@joinery/core'
import { httpApp } from './http/app.ts'
import { createHttpLinks } from './http/http-links.ts'
import { listen } from './http/listen.ts'
import { createOrigins } from './http/origins.ts'
import { createHttpServer } from './http/server.ts'
import { acceptWebSockets } from './http/websockets.ts'
import { RELAY_LIMITS } from './limits.ts'
import { reasonOf, type Log } from './log.ts'
import type { Relay } from './relay.ts'

const DRAIN_MS = 10_000
/** Of those ten, for sockets that do not answer the goodbye. */
const GOODBYE_MS = 3_000
const SOCKETS = 5_000

export interface Served {
  readonly port: number
  /** Resolves when nothing is left. */
  stop(): Promise<void>
}

export async function serve(options: {
  readonly relay: Relay
  readonly store: Pick<Store, 'head' | 'close'>
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly host: string
  readonly port: number
  readonly origins: readonly string[]
  readonly loopbackOnly: boolean
  readonly app: string | undefined
}): Promise<Served> {
  const { relay, store, clock, random, log } = options
  const origins = createOrigins({ allowed: options.origins, loopbackOnly: options.loopbackOnly })
  let accepting = true
  const links = createHttpLinks({ accept: relay.accept, clock, random, counters: relay.counters, maxLinks: SOCKETS })
  const app = httpApp({
    origins,
    random,
    log,
    app: options.app,
    sync: { links, frameBytes: RELAY_LIMITS.frameBytes, accepting: () => accepting },
    async ready() {
      // Whatever it answers: that it answers.
      await store.head('joinery')
      return accepting
    },
  })
  const server = createHttpServer(request => app.fetch(request))
  const sockets = acceptWebSockets({
    server,
    relay,
    origins,
    clock,
    log,
    counters: relay.counters,
    frameBytes: RELAY_LIMITS.frameBytes,
    doorFrameBytes: RELAY_LIMITS.messageBytes,
    maxSockets: SOCKETS,
    accepting: () => accepting,
  })
  const port = await listen(server, options.host, options.port)

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
    async stop() {
      if (!accepting) return
      accepting = false
      const answered = new Promise(resolve => server.close(resolve))
      await within(DRAIN_MS - GOODBYE_MS, relay.drain())
      await within(GOODBYE_MS, Promise.all([sockets.closed(), answered]))
      sockets.terminate()
      server.closeAllConnections()
      relay.close()
      await store.close()
    },
  }
}
