// Puts updates into a relay by the protocol alone, as a device would that had them all along.
import { decodeMessage, encodeMessage, VERSION, type PushedEntry } from '@joinery/core/protocol'
import { WebSocket } from 'ws'

const ENTRIES_A_FRAME = 1_000
const FRAMES_ON_THE_WAY = 4

/** Pushes these updates of one document, in order; resolves when all are acked. Gives the id of the personal space. */
export async function rawPush(
  url: string,
  document: { readonly id: string; readonly kind: string },
  updates: readonly Uint8Array[],
): Promise<void> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/v1/sync`)
  await new Promise(resolve => socket.once('open', resolve))
  let acked = 0
  let sent = 0
  await new Promise<void>((resolve, reject) => {
    const sendMore = (): void => {
      while (sent < updates.length && sent - acked < ENTRIES_A_FRAME * FRAMES_ON_THE_WAY) {
        const entries = updates.slice(sent, sent + ENTRIES_A_FRAME).map((bytes, at): PushedEntry => ({
          n: sent + at + 1,
          type: 'update',
          resupply: false,
          document: document.id,
          kind: document.kind,
          engine: 'yjs',
          at: Date.now(),
          bytes,
        }))
        sent += entries.length
        socket.send(encodeMessage({ type: 'push', space: 'me', entries }))
      }
    }
    socket.on('message', (frame: Buffer) => {
      const message = decodeMessage(frame)
      if (message?.type === 'welcome') sendMore()
      if (message?.type === 'refused' || message?.type === 'bye') reject(new Error(`${message.type} ${message.code}`))
      if (message?.type !== 'ack') return
      acked += message.entries.length
      if (acked === updates.length) resolve()
      else sendMore()
    })
    socket.on('close', () => reject(new Error('the relay closed the connection')))
    socket.send(encodeMessage({ type: 'hello', version: VERSION, device: 'bench-author', token: 'dev:bench' }))
  })
  socket.close()
}
