// What stays in memory for a document while somebody has it open.
import { setTimeout as pause } from 'node:timers/promises'
import { drive } from './drive.ts'
import type { Scenario } from './scenario.ts'
import { serverProcess } from './server-process.ts'
import { SERVERS } from './servers.ts'

/** As many edits of the B4 trace make a document of 45 KB in Yjs. */
const TYPED = 28_000
const WARM = 200
const KiB = 1_024

export const openDocuments: Scenario = {
  what: 'documents of 45 KB (the first 28,000 edits of the B4 trace), each open in one client, after a restart: resident memory of the server for each, without what an idle socket costs on the floor',
  metrics: { rss: { label: 'memory for an open document', unit: 'KiB', better: 'lower' } },
  servers: ['joinery-door', 'joinery', 'hocuspocus', 'y-websocket-server', 'automerge-repo'],
  comparisons: [
    { metric: 'rss', subject: 'joinery-door', against: 'hocuspocus', noise: 0.5 },
    { metric: 'rss', subject: 'joinery-door', against: 'y-websocket-server', noise: 0.5 },
  ],
  limits: [{ metric: 'rss', subject: 'joinery-door', most: 20 }],
  rounds: size => (size === 'long' ? 3 : 1),
  async measure(server, name, size) {
    const { dialect } = SERVERS[name]
    const documents = size === 'long' ? 2_000 : 1_000
    const opening = { warm: WARM, documents, settleMs: 3_000 }
    await drive(dialect, 'fill', { url: server.url(), documents: WARM + documents, typed: TYPED })
    await pause(3_000)
    await server.end('SIGTERM')
    await server.start()
    const open = await drive(dialect, 'open', { url: server.url(), pid: server.pid(), ...opening })
    return { rss: (open.bytesPerDocument - (await idleBytes(opening))) / KiB }
  },
}

/** What a socket costs on the floor, in a document that holds nothing: measured once. */
function idleBytes(opening: { warm: number; documents: number; settleMs: number }): Promise<number> {
  const measure = async (): Promise<number> => {
    const floor = await serverProcess(SERVERS.floor.launch)
    try {
      return (await drive('y-websocket', 'open', { url: floor.url(), pid: floor.pid(), ...opening })).bytesPerDocument
    } finally {
      await floor.remove()
    }
  }
  idle ??= measure()
  return idle
}

let idle: Promise<number> | undefined
