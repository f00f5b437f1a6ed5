// A long document, asked for by one client on a server that has just been started.
import { setTimeout as pause } from 'node:timers/promises'
import { drive } from './drive.ts'
import type { Scenario } from './scenario.ts'
import { SERVERS } from './servers.ts'

/** Of its bytes; what Automerge sends is packed. */
const COME = 0.3

export const coldLoad: Scenario = {
  what: 'the whole B4 trace (259,778 edits), loaded by one client from a server that was restarted',
  metrics: {
    cpu: { label: 'server CPU', unit: 'ms', better: 'lower' },
    ms: { label: 'until the client has it', unit: 'ms', better: 'lower' },
  },
  servers: ['joinery-door', 'joinery', 'hocuspocus', 'y-websocket-server', 'automerge-repo'],
  comparisons: [
    { metric: 'cpu', subject: 'joinery-door', against: 'hocuspocus', noise: 0.3 },
    { metric: 'cpu', subject: 'joinery-door', against: 'y-websocket-server', noise: 0.3 },
  ],
  limits: [{ metric: 'cpu', subject: 'joinery-door', most: 100 }],
  rounds: size => (size === 'long' ? 5 : 1),
  async measure(server, name) {
    const { dialect } = SERVERS[name]
    const { bytes } = await drive(dialect, 'fill', { url: server.url(), documents: 1 })
    await pause(3_000)
    await server.end('SIGTERM')
    await server.start()
    await pause(1_500)
    const job = { url: server.url(), pid: server.pid(), bytes: bytes * COME, settleMs: 1_000 }
    const { cpuMs, ms } = await drive(dialect, 'load', job)
    return { cpu: cpuMs, ms }
  },
}
