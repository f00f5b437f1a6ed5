// Somebody on a bare WebSocket: what he says is bytes, and what he hears he may wait for.
import { decodeMessage, encodeMessage, joinParts, splitFrame, VERSION } from '@joinery/core/protocol'
import type { ClientMessage, Pieces, RelayMessage } from '@joinery/core/protocol'
import { WebSocket } from 'ws'

const FRAME_BYTES = 1_048_576

export interface Line {
  send(frame: Uint8Array): void
  /** Undefined while it is open. */
  closed(): { readonly code: number; readonly reason: string } | undefined
  /** Resolves when this holds or the connection has ended, looked at whenever something arrived. */
  until(holds: () => boolean): Promise<void>
  end(): void
}

async function dialled(url: string, heard: (frame: Uint8Array) => void): Promise<Line> {
  const socket = new WebSocket(url, { perMessageDeflate: false })
  let closed: { code: number; reason: string } | undefined
  let waiting: (() => void)[] = []
  const wake = (): void => {
    const woken = waiting
    waiting = []
    for (const one of woken) one()
  }
  socket.on('error', () => undefined)
  socket.on('close', (code, reason) => {
    closed = { code, reason: String(reason) }
    wake()
  })
  socket.on('message', (frame: Buffer) => {
    heard(frame)
    wake()
  })
  const line: Line = {
    send: frame => void (socket.readyState === WebSocket.OPEN && socket.send(frame)),
    closed: () => closed,
    async until(holds) {
      while (!holds() && closed === undefined) await new Promise<void>(resolve => waiting.push(resolve))
    },
    end: () => socket.terminate(),
  }
  await new Promise<void>(resolve => {
    socket.once('open', resolve)
    waiting.push(resolve)
  })
  return line
}

export interface Device extends Line {
  say(message: ClientMessage): void
}

/** A device that is welcome, on `/v1/sync`. */
export async function device(
  port: number,
  name: string,
  id: string,
  heard: (message: RelayMessage) => void,
): Promise<Device> {
  let pieces: Pieces = []
  let isWelcome = false
  const take = (frame: Uint8Array): void => {
    const message = decodeMessage(frame)
    if (message?.type === 'part') {
      const joined = joinParts(pieces, message, 2 ** 27)
      pieces = joined.pieces
      if (joined.frame !== undefined) take(joined.frame)
      return
    }
    if (message?.type === 'welcome') isWelcome = true
    if (message !== undefined) heard(message as RelayMessage)
  }
  const line = await dialled(`ws://127.0.0.1:${port}/v1/sync`, take)
  const say = (message: ClientMessage): void => {
    for (const part of splitFrame(encodeMessage(message), FRAME_BYTES)) line.send(part)
  }
  say({ type: 'hello', version: VERSION, device: id, token: `dev:${name}` })
  await line.until(() => isWelcome)
  return { ...line, say }
}

/** A connection at the door that was admitted or ended. */
export function atDoor(port: number, name: string, path: string, heard: (frame: Uint8Array) => void): Promise<Line> {
  return dialled(`ws://127.0.0.1:${port}/y/${path}?token=dev:${name}`, heard)
}
