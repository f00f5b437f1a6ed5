/** Bytes on the wire as no library would send them. */
import { connect, type Socket } from 'node:net'

/** Writes bytes to the port, and resolves to everything that comes back until the other side closes. */
export function raw(port: number, bytes: string | Uint8Array, then?: (socket: Socket) => void): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  let answer = ''
  socket.setEncoding('latin1')
  socket.on('data', data => void (answer += String(data)))
  socket.write(bytes)
  then?.(socket)
  return new Promise(resolve => {
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(answer))
  })
}

export const HANDSHAKE =
  'GET /v1/sync HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n'

export const DOOR_HANDSHAKE = HANDSHAKE.replace('/v1/sync', '/y/garden/plan?token=dev:eve')

/** A client's frame with a mask of zeros, so that the payload stands as it is. */
export function frame(opcode: number, payload: Uint8Array, isLast = true): Uint8Array {
  const length = payload.length < 126 ? [payload.length] : [126, payload.length >> 8, payload.length & 255]
  return Uint8Array.from([
    opcode | (isLast ? 0x80 : 0),
    (length[0] ?? 0) | 0x80,
    ...length.slice(1),
    0,
    0,
    0,
    0,
    ...payload,
  ])
}
