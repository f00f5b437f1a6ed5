/** A server whose ends of the links over HTTP a test holds: the relay's own route, with nothing of a relay behind it. */
import type { MemoryHub } from '@joinery/adapters/bus/memory'
import { httpTransport } from '@joinery/adapters/transport/http'
import { systemClock } from '@joinery/adapters/clock/system'
import { cryptoRandom } from '@joinery/adapters/random/crypto'
import type { WireClose } from '@joinery/core'
import { must, type TransportPeer, type TransportSubject } from '@joinery/core/testing'
import { AsyncLocalStorage } from 'node:async_hooks'
import { once } from 'node:events'
import { clientAddress } from '../../src/http/client-address.ts'
import { createFarLinks } from '../../src/http/far-links.ts'
import { createHttpLinks, type HttpEnd, type HttpLinks } from '../../src/http/http-links.ts'
import { listen } from '../../src/http/listen.ts'
import { createOrigins } from '../../src/http/origins.ts'
import { createHttpServer } from '../../src/http/server.ts'
import { syncRoute } from '../../src/http/sync.ts'
import { createCounters } from '../../src/index.ts'
import type { Socket } from '../../src/socket.ts'

/** Longer than any machine takes, and never waited for in a test that passes. */
const PATIENCE_MS = 15_000

interface Peer extends TransportPeer {
  readonly received: Uint8Array[]
  closed: WireClose | undefined
  isCut: boolean
}

export interface HttpPeers extends TransportSubject {
  /** Requests that came in. */
  requests(): number
}

/** What becomes of a request, counted from 1, on its way: the whole of it, or the answer only. */
export type Weather = (request: number) => 'lose-request' | 'lose-answer' | 'twice' | undefined

/** With two nodes every request comes to the other one than that before it; `hub` carries what they say to each other. */
export async function httpPeers(weather: Weather = () => undefined, hub?: MemoryHub): Promise<HttpPeers> {
  const clock = systemClock()
  const arriving = new AsyncLocalStorage<{ readonly address: string; peer?: Peer }>()
  const peers: Peer[] = []
  const peersByKey = new Map<string, Peer>()
  const cuts = new Map<Peer, () => void>()
  let requests = 0

  const parts = {
    clock,
    random: cryptoRandom(),
    counters: createCounters(),
    limits: { requestsPerSecond: 10_000, burstRequests: 10_000 },
    accept(socket: Socket): HttpEnd {
      const request = arriving.getStore()
      const peer: Peer = {
        address: request?.address ?? '',
        received: [],
        closed: undefined,
        isCut: false,
        send: frame => socket.send(frame),
        close: (code, reason) => socket.close(code, reason),
        cut() {
          peer.isCut = true
          cuts.get(peer)?.()
        },
      }
      if (request !== undefined) request.peer = peer
      peers.push(peer)
      return {
        frame: bytes => void peer.received.push(bytes),
        closed: how => void (peer.closed = how),
      }
    },
  }
  const far = (): HttpLinks | undefined =>
    hub && createFarLinks({ ...parts, near: createHttpLinks(parts), bus: hub.bus() })
  const routes = [far() ?? createHttpLinks(parts), far() ?? []].flat().map(links =>
    syncRoute({
      links,
      admission: {
        ask(_address, admit) {
          admit({ known: () => {}, leave: () => {} })
          return () => {}
        },
      },
      origins: createOrigins({ allowed: [], loopbackOnly: true }),
      // More than any law sends at once, also before a first answer.
      frameBytes: 4_000_000,
      bodyBytes: 4_000_000,
      accepting: () => true,
    }),
  )

  const gone = (): Response => new Response(null, { status: 503 })
  const answer = async (request: Request): Promise<Response> => {
    const fate = weather((requests += 1))
    if (fate === 'lose-request') return gone()
    const { pathname, search, origin } = new URL(request.url)
    const body = await request.arrayBuffer()
    const bare = (): Request => new Request(origin + pathname, { method: 'POST', headers: request.headers, body })
    const known = peersByKey.get(request.headers.get('Joinery-Session') ?? '')
    const unknown = (): Response => new Response(null, { status: 404 })
    if (known?.isCut === true) return unknown()
    const store: { address: string; peer?: Peer } = { address: pathname + search }
    const exchange = (): Promise<Response> =>
      arriving.run(store, async () => (routes[requests % routes.length] as (typeof routes)[0]).fetch(bare()))
    if (fate === 'twice') await exchange()
    const cut = new Promise<Response>(resolve => known && cuts.set(known, () => resolve(unknown())))
    const response = await Promise.race([exchange(), cut])
    const key = response.headers.get('Joinery-Session')
    if (key !== null && store.peer !== undefined) peersByKey.set(key, store.peer)
    return fate === 'lose-answer' ? gone() : response
  }

  const serving = {
    addressOf: clientAddress([]),
    maxConnections: 1_000,
    log: { info: () => {}, warn: () => {}, error: () => {} },
    counters: createCounters(),
  }
  const server = createHttpServer({ ...serving, fetch: answer })
  const port = await listen(server, '127.0.0.1', 0)
  const empty = createHttpServer({ ...serving, fetch: gone })
  const nobody = await listen(empty, '127.0.0.1', 0)
  empty.close()
  await once(empty, 'close')

  return {
    transport: httpTransport(),
    url: `http://127.0.0.1:${port}/v1/sync`,
    nowhere: `http://127.0.0.1:${nobody}/v1/sync`,
    peers,
    requests: () => requests,
    async until(condition, what) {
      const end = performance.now() + PATIENCE_MS
      while (!condition() && performance.now() < end) await new Promise(resolve => setTimeout(resolve, 1))
      must(condition(), `waited for ${what} in vain`)
    },
    async close() {
      server.close()
      server.closeAllConnections()
    },
  }
}
