// What a device wrote while it was offline arrives at once.
import { drive } from './drive.ts'
import type { Scenario } from './scenario.ts'
import { SERVERS } from './servers.ts'

const EDITS = 5_000

export function batch(merged: boolean): Scenario {
  return {
    what: `${EDITS} edits made offline arrive ${merged ? 'merged into one update' : 'as single updates, all at once'}: until another client has all of them`,
    metrics: {
      ms: { label: 'until all are shown', unit: 'ms', better: 'lower' },
      cpu: { label: 'server CPU', unit: 'ms', better: 'lower' },
    },
    servers: ['floor', 'joinery-door', 'joinery', 'hocuspocus', 'y-websocket-server', 'automerge-repo'],
    // Merged it costs less than can be measured.
    comparisons: (merged ? (['ms'] as const) : (['ms', 'cpu'] as const)).map(metric => ({
      metric,
      subject: 'joinery-door' as const,
      against: 'hocuspocus' as const,
      noise: 0.5,
      ...(merged || metric === 'cpu' ? {} : { least: 5 }),
    })),
    limits: [],
    rounds: size => (size === 'long' ? 7 : 3),
    async measure(server, name) {
      const task = { url: server.url(), pid: server.pid(), document: 'batch', edits: EDITS, merged, settleMs: 300 }
      const { ms, cpuMs } = await drive(SERVERS[name].dialect, 'batch', task)
      return { ms, cpu: cpuMs }
    },
  }
}
