// Many documents that are each written in now and then.
import { drive } from './drive.ts'
import type { Scenario } from './scenario.ts'
import { SERVERS } from './servers.ts'

const DOCUMENTS = 1_000
/** automerge-repo does not keep up with 1,000 updates a second here. */
const FEWER = 100

export const manyDocuments: Scenario = {
  what: `${DOCUMENTS} documents with 2 clients each, an author and a reader; each document gets 1 update/s (automerge-repo: ${FEWER} documents)`,
  metrics: {
    cpu: { label: 'server CPU for an update', unit: 'ms', better: 'lower' },
    p50: { label: 'p50', unit: 'ms', better: 'lower' },
    p99: { label: 'p99', unit: 'ms', better: 'lower' },
  },
  servers: ['floor', 'joinery-door', 'joinery', 'hocuspocus', 'y-websocket-server', 'automerge-repo'],
  comparisons: [
    { metric: 'cpu', subject: 'joinery-door', against: 'hocuspocus', noise: 0.25 },
    { metric: 'cpu', subject: 'joinery-door', against: 'y-websocket-server', noise: 0.25 },
  ],
  limits: [
    { metric: 'cpu', subject: 'joinery-door', most: 0.15 },
    { metric: 'p99', subject: 'joinery-door', most: 25 },
  ],
  rounds: size => (size === 'long' ? 3 : 1),
  async measure(server, name, size) {
    const result = await drive(SERVERS[name].dialect, 'many-documents', {
      urls: [server.url()],
      pids: [server.pid()],
      documents: name === 'automerge-repo' ? FEWER : DOCUMENTS,
      seconds: size === 'long' ? 25 : 8,
      warmSeconds: size === 'long' ? 5 : 2,
    })
    return { cpu: result.cpuMsPerUpdate, p50: result.p50, p99: result.p99 }
  },
}
