// WS-11: whether one reader who lags costs 99 others anything. They watch one space; he watches another one as well, where so much is
// written that all his buffers are full.
import { encodeMessage, VERSION, type PushedEntry } from '@joinery/core/protocol'
import { WebSocket } from 'ws'
import { by, item, text } from '../../packages/core/test/gate/craft.ts'
import { percentile } from '../figure.ts'
import { device, type Device } from '../hostile/socket.ts'

const READERS = 100
const UPDATES = 300
const PAUSE_MS = 10
/** More than the system's buffers and the relay's hold, in pieces. */
const BULK = 24
const BULK_BYTES = 1_000_000

export interface Lagging {
  /** p99 of the deliveries to the other 99, in ms. */
  readonly without: number
  readonly with: number
}

export async function lagging(port: number): Promise<Lagging> {
  const sentAt: number[] = []
  let latencies: number[] = []
  let isOn = false
  const readers: Device[] = []
  for (let at = 1; at < READERS; at++) {
    const reader = await device(port, `reader${at}`, 'desk', message => {
      if (message.type !== 'changes' || !isOn) return
      for (const { n } of message.entries) latencies.push(performance.now() - (sentAt[n] ?? 0))
    })
    reader.say({ type: 'watch', space: 'crowd', cursor: undefined })
    readers.push(reader)
  }
  const acks = new Map<string, number>()
  const writer = await device(port, 'writer', 'phone', message => {
    if (message.type === 'ack') acks.set(message.space, (acks.get(message.space) ?? 0) + message.entries.length)
  })
  const push = (space: string, n: number, bytes: Uint8Array): void => {
    const entry: PushedEntry = { n, type: 'update', resupply: false, document: `d${n}`, kind: 'note', engine: 'yjs', at: 1, bytes } // prettier-ignore
    writer.say({ type: 'push', space, entries: [entry] })
  }
  let n = 0
  const measure = async (): Promise<number> => {
    latencies = []
    isOn = true
    for (let count = 0; count < UPDATES; count++) {
      n += 1
      sentAt[n] = performance.now()
      push('crowd', n, by(n, item(text('x'))))
      await new Promise(resolve => setTimeout(resolve, PAUSE_MS))
    }
    const last = readers.at(-1)
    await last?.until(() => latencies.length >= UPDATES * readers.length)
    isOn = false
    return percentile(latencies, 0.99)
  }

  await measure()
  const withoutHim = await measure()
  const slow = new WebSocket(`ws://127.0.0.1:${port}/v1/sync`, { perMessageDeflate: false })
  await new Promise(resolve => slow.once('open', resolve))
  slow.send(encodeMessage({ type: 'hello', version: VERSION, device: 'desk', token: 'dev:slow' }))
  for (const space of ['crowd', 'bulk']) slow.send(encodeMessage({ type: 'watch', space, cursor: undefined }))
  await new Promise(resolve => slow.once('message', resolve))
  slow.pause()
  for (let count = 0; count < BULK; count++) push('bulk', (n += 1), by(n, item(text('x'.repeat(BULK_BYTES)))))
  await writer.until(() => acks.get('bulk') === BULK)
  const withHim = await measure()
  slow.terminate()
  for (const one of [...readers, writer]) one.end()
  return { without: withoutHim, with: withHim }
}
