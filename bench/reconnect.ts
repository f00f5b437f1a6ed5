// A library that did not change costs one question and one answer, however large it is.
import { memoryDisk, memoryStorage } from '@joinery/adapters/storage/memory'
import { webSocketTransport } from '@joinery/adapters/transport/websocket'
import { relayProcess } from '../test/relay-process.ts'
import { countingTransport } from './counting-transport.ts'
import type { Bench } from './figure.ts'
import { nodeClient, untilStatus } from './node-client.ts'

const DOCUMENTS = 10_000
const SETTLE_MS = 1_000
const TOKEN_BYTES = 'dev:bench'.length

export const reconnect: Bench = {
  what: `a device with ${DOCUMENTS} documents comes back and nothing changed (its token not counted)`,
  async run() {
    const relay = await relayProcess()
    const disk = memoryDisk()
    const first = await nodeClient({ url: relay.url, storage: memoryStorage({ disk }) })
    const began = performance.now()
    for (let at = 0; at < DOCUMENTS; at++) first.paper.create({ title: `Paper ${at}`, body: 'word '.repeat(20) })
    await untilStatus(
      first,
      status => status.pending === 0 && status.connection === 'live' && status.lastSync !== undefined,
    )
    const acked = performance.now() - began
    // Its own edits come back to it, too: only then has it read everything.
    await first.syncNow()
    await first.close()

    const { transport, traffic } = countingTransport(webSocketTransport())
    const again = await nodeClient({ url: relay.url, storage: memoryStorage({ disk }), transport })
    await untilStatus(again, status => status.connection === 'live' && !status.syncing)
    await new Promise(resolve => setTimeout(resolve, SETTLE_MS))
    await again.close()
    await relay.remove()

    const up = traffic.frames.filter(frame => frame.up)
    const down = traffic.frames.filter(frame => !frame.up)
    const sum = (frames: typeof up): number => frames.reduce((bytes, frame) => bytes + frame.bytes, 0)
    // A flight ends when an answer comes and something is said again.
    let trips = 0
    for (const [at, frame] of traffic.frames.entries()) if (frame.up && traffic.frames[at - 1]?.up !== true) trips += 1
    return [
      { name: 'round trips', value: trips, unit: '', limit: 1 },
      { name: 'sent', value: sum(up) - TOKEN_BYTES, unit: 'bytes', limit: 1_000 },
      { name: 'received', value: sum(down), unit: 'bytes', limit: 1_000 },
      { name: 'first acked of all of them, before', value: acked, unit: 'ms' },
    ]
  },
}
