// A device with a library comes back.
import { drive } from './drive.ts'
import type { Scenario } from './scenario.ts'
import { SERVERS } from './servers.ts'

const DOCUMENTS = 1_000
const CHANGED = 2
const EDITS = 20
const KB = 1_000

export const comeBack: Scenario = {
  what: `a device with ${DOCUMENTS} documents comes back, ${CHANGED} of them changed: bytes on the wire both ways, and until it has heard of all; a connection for each document where the protocol wants that`,
  metrics: {
    bytes: { label: 'bytes on the wire', unit: 'KB', better: 'lower' },
    ms: { label: 'until it has heard of all', unit: 'ms', better: 'lower' },
  },
  servers: ['joinery', 'joinery-door', 'hocuspocus', 'y-websocket-server', 'automerge-repo'],
  comparisons: [
    { metric: 'bytes', subject: 'joinery', against: 'hocuspocus', noise: 0.25 },
    { metric: 'ms', subject: 'joinery', against: 'hocuspocus', noise: 0.5 },
    { metric: 'ms', subject: 'joinery-door', against: 'y-websocket-server', noise: 0.5 },
  ],
  limits: [
    { metric: 'bytes', subject: 'joinery', most: 10 },
    { metric: 'ms', subject: 'joinery', most: 100 },
  ],
  rounds: size => (size === 'long' ? 5 : 1),
  async measure(server, name) {
    const task = { url: server.url(), documents: DOCUMENTS, changed: CHANGED, edits: EDITS, settleMs: 1_500 }
    const { bytes, ms } = await drive(SERVERS[name].dialect, 'come-back', task)
    return { bytes: bytes / KB, ms }
  },
}
