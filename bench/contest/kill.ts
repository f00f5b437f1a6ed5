// kill -9 in the middle of writing: what somebody had been shown, or been told to be there, and is not there after a restart.
import { setTimeout as pause } from 'node:timers/promises'
import { drive } from './drive.ts'
import type { Scenario } from './scenario.ts'
import { SERVERS } from './servers.ts'

const PER_SECOND = 200
const SHORTEST_MS = 300
/** Longer than Hocuspocus waits at most. */
const LONGEST_MS = 9_500
const SETTLE_MS = 2_000

export const kill: Scenario = {
  what: `${PER_SECOND} updates/s into one document, kill -9 after 0.3 to 9.5 s, restart: edits that had been shown to another client or acked and are gone, in all`,
  metrics: {
    lost: { label: 'edits lost', unit: '', better: 'lower' },
    kills: { label: 'kills', unit: '', better: 'higher' },
    seconds: { label: 'worst loss', unit: 's of edits', better: 'lower' },
  },
  servers: ['floor', 'joinery-door', 'joinery', 'hocuspocus', 'y-websocket-server', 'automerge-repo'],
  comparisons: [],
  limits: [
    { metric: 'lost', subject: 'joinery-door', most: 0 },
    { metric: 'lost', subject: 'joinery', most: 0 },
  ],
  isTogether: true,
  rounds: () => 1,
  async measure(server, name, size) {
    const kills = size === 'long' ? 20 : 3
    const { dialect } = SERVERS[name]
    let lost = 0
    let worst = 0
    for (let at = 0; at < kills; at++) {
      const document = `kill-${at}`
      const after = SHORTEST_MS + (LONGEST_MS - SHORTEST_MS) * Math.random() ** 2
      const task = { url: server.url(), document, perSecond: PER_SECOND, edits: 3_000 }
      const { told } = await drive(dialect, 'write', task, () => {
        void pause(after).then(() => server.end('SIGKILL'))
      })
      await server.start()
      const { found } = await drive(dialect, 'read', { url: server.url(), document, settleMs: SETTLE_MS })
      lost += Math.max(0, told - found)
      worst = Math.max(worst, told - found)
    }
    return { lost, kills, seconds: worst / PER_SECOND }
  },
}
