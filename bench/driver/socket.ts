// A WebSocket for the driver: no compression, frames as Buffers, bytes on the wire counted.
import type { Socket } from 'node:net'
import { WebSocket } from 'ws'

const counted = new Set<Socket>()

export interface OpenSocket {
  send(frame: Uint8Array): void
  close(): void
}

export function openSocket(
  url: string,
  on: { frame(frame: Buffer, socket: OpenSocket): void; closed?: (() => void) | undefined },
): Promise<OpenSocket> {
  const ws = new WebSocket(url.replace(/^http/, 'ws'), { perMessageDeflate: false, skipUTF8Validation: true })
  const socket: OpenSocket = {
    send: frame => {
      if (ws.readyState === ws.OPEN) ws.send(frame)
    },
    close: () => ws.terminate(),
  }
  ws.on('upgrade', response => counted.add(response.socket))
  ws.on('message', (frame: Buffer) => on.frame(frame, socket))
  return new Promise((resolve, reject) => {
    ws.once('open', () => resolve(socket))
    ws.on('error', error => reject(error))
    ws.on('close', (code, reason) => {
      on.closed?.()
      reject(new Error(`closed before it was open: ${code} ${reason.toString()}`))
    })
  })
}

/** Bytes of all connections so far, both ways, upgrades included. */
export function wireBytes(): number {
  let bytes = 0
  for (const socket of counted) bytes += socket.bytesRead + socket.bytesWritten
  return bytes
}

/** Opens as many as at the same time as browsers would on one page, so that nobody's queue of connections overflows. */
export async function inHerds<Item>(items: readonly Item[], each: (item: Item) => Promise<void>): Promise<void> {
  const waiting = items.values()
  const one = async (): Promise<void> => {
    for (const item of waiting) await each(item)
  }
  await Promise.all(Array.from({ length: HERD }, one))
}

const HERD = 25
