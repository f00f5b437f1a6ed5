// One author, and as many readers.
import { drive } from './drive.ts'
import type { Comparison, Scenario } from './scenario.ts'
import { SERVERS, type ServerName } from './servers.ts'

/** More than can be delivered in the time. */
const DELIVERIES = 6_000_000
const MOST_EDITS = 150_000
const WINDOW = 64
const PER_SECOND = 100

/** The goals at so many readers: how often the deliveries of each peer, and how far behind the floor. */
interface Goals {
  readonly hocuspocus: number
  readonly yWebsocketServer: number
  readonly floor: number
}

export function fanOut(readers: number, goals: Goals): Scenario {
  const least = { 'hocuspocus': goals.hocuspocus, 'y-websocket-server': goals.yWebsocketServer, 'floor': goals.floor }
  return {
    what: `1 author and ${readers} readers of one document: ${WINDOW} edits on their way for what a delivery costs, then ${PER_SECOND} a second for how long it takes`,
    metrics: {
      deliveries: { label: 'deliveries for a second of server CPU', unit: '1/s', better: 'higher' },
      p50: { label: `p50 at ${PER_SECOND} edits/s`, unit: 'ms', better: 'lower' },
      p99: { label: `p99 at ${PER_SECOND} edits/s`, unit: 'ms', better: 'lower' },
    },
    servers: ['floor', 'joinery-door', 'joinery', 'hocuspocus', 'y-websocket-server', 'automerge-repo'],
    comparisons: [
      ...(['hocuspocus', 'y-websocket-server', 'floor'] as const).map(against => ({
        metric: 'deliveries',
        subject: 'joinery-door' as const,
        against,
        least: least[against],
        noise: 0.25,
      })),
      ...(['p50', 'p99'] as const).flatMap(metric =>
        (['hocuspocus', 'y-websocket-server'] as const).map((against): Comparison => ({
          metric,
          subject: 'joinery-door',
          against,
          least: 1,
          noise: 0.5,
        })),
      ),
    ],
    limits: [],
    rounds: size => (size === 'long' ? 7 : 3),
    async measure(server, name: ServerName, size) {
      const result = await drive(SERVERS[name].dialect, 'fan-out', {
        urls: [server.url()],
        pids: [server.pid()],
        document: 'fan-out',
        readers,
        edits: Math.min(MOST_EDITS, DELIVERIES / readers) * (size === 'long' ? 3 : 1),
        window: WINDOW,
        warmMs: size === 'long' ? 2_000 : 500,
        measureMs: size === 'long' ? 5_000 : 1_500,
        perSecond: PER_SECOND,
        paceMs: size === 'long' ? 5_000 : 1_000,
      })
      return { deliveries: result.deliveriesPerCpuSecond, p50: result.p50, p99: result.p99 }
    },
  }
}
