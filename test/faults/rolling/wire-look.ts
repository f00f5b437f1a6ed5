/** A link by hand, in a version of one's own choice: what it is welcomed in, and what the log of a space holds. */
import { NO_MARK, type Entry } from '@joinery/core'
import {
  decodeMessage,
  encodeMessage,
  type ClientMessage,
  type PushedEntry,
  type RelayMessage,
} from '@joinery/core/protocol'
import { WebSocket } from 'ws'

export interface WireLook {
  /** Undefined where it was refused for its version. */
  readonly version: number | undefined
  readonly log: readonly Entry[]
}

/** Pushes these first, and waits for their acks. */
export async function lookAtWire(
  port: number,
  space: string,
  {
    version,
    device,
    push = [],
  }: { readonly version: number; readonly device: string; readonly push?: readonly PushedEntry[] },
): Promise<WireLook> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/v1/sync`, { perMessageDeflate: false })
  const say = (message: ClientMessage): void => socket.send(encodeMessage(message))
  const unacked = new Set(push.map(({ n }) => n))
  const log: Entry[] = []
  let welcomed: number | undefined
  let isFromStart = false
  const read = (): void => say({ type: 'watch', space, cursor: undefined })
  try {
    await new Promise<void>((resolve, reject) => {
      const hear = (message: RelayMessage): void => {
        switch (message.type) {
          case 'welcome':
            welcomed = message.version
            if (push.length > 0) say({ type: 'push', space, entries: push })
            else read()
            return
          case 'ack':
            for (const { n } of message.entries) unacked.delete(n)
            if (unacked.size === 0) read()
            return
          case 'changes':
            if (!isFromStart) {
              isFromStart = true
              say({ type: 'watch', space, cursor: { epoch: message.cursor.epoch, seq: 0, mark: NO_MARK } })
              return
            }
            log.push(...message.entries)
            if (message.live) resolve()
            return
          case 'bye':
            if (message.code === 'VERSION') resolve()
            else reject(new Error(`bye ${message.code}`))
            return
          case 'refused':
            reject(new Error(`refused ${message.code}`))
        }
      }
      socket.on('message', (frame: Uint8Array) => {
        const message = decodeMessage(frame)
        if (message !== undefined) hear(message as RelayMessage)
      })
      socket.on('error', reject)
      socket.on('close', () => reject(new Error('the relay went away')))
      socket.on('open', () => say({ type: 'hello', version, device, token: 'dev:auditor' }))
    })
  } finally {
    socket.terminate()
  }
  return { version: welcomed, log }
}
