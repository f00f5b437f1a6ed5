/**
 * One WebSocket, as the relay is handed it. Laws:
 * - Whole messages stand between whole messages of ws, which holds nothing back: it neither compresses nor sends blobs here.
 * - What has come of a message that has not ended is known, to a read of the system; what asks for an answer or is one does not count.
 * - A class, and of few fields: there is one for each document that is open somewhere.
 */
import type { Socket as Stream } from 'node:net'
import type { WebSocket } from 'ws'
import { lengthOf } from '../outlet.ts'
import type { SharedFrame, Socket, SocketEvents } from '../socket.ts'
import type { Place } from './admission.ts'

/** What is larger costs more to copy behind its header than to be sent in two pieces. */
const SHARED_BYTES = 65_536

export class Wire implements Socket {
  readonly #ws: WebSocket
  readonly #stream: Stream
  readonly #place: Place
  /** The address it comes from. */
  readonly from: string
  /** Whom it tells. */
  events: SocketEvents | undefined
  heardAt: number
  isAsked = false
  /** Bytes up to the end of its last message. */
  #ended: number

  constructor(ws: WebSocket, stream: Stream, place: Place, from: string, now: number) {
    this.#ws = ws
    this.#stream = stream
    this.#place = place
    this.from = from
    this.heardAt = now
    this.#ended = stream.bytesRead
  }

  /** A message has ended. */
  ended(): void {
    this.#ended = this.#stream.bytesRead
  }

  /** Something came that is no message. */
  aside(bytes: number): void {
    this.#ended += bytes
  }

  /** Bytes of a message that has begun and not ended. */
  get unfinished(): number {
    return this.#stream.bytesRead - this.#ended
  }

  /** By which its lines in the log are found. */
  get session(): string | undefined {
    return this.events?.id
  }

  send(frame: Uint8Array): void {
    this.#ws.send(frame)
  }

  sendShared(frame: SharedFrame): void {
    if (frame.bytes.length > SHARED_BYTES) this.send(frame.bytes)
    else if (this.#ws.readyState === this.#ws.OPEN) this.#stream.write((frame.wire ??= framed(frame.bytes)))
  }

  sendPieces(pieces: readonly Uint8Array[]): void {
    if (this.#ws.readyState !== this.#ws.OPEN) return
    this.#stream.cork()
    this.#stream.write(headerOf(lengthOf(pieces)))
    for (const piece of pieces) this.#stream.write(piece)
    this.#stream.uncork()
  }

  together(send: () => void): void {
    this.#stream.cork()
    send()
    this.#stream.uncork()
  }

  close(code: number, reason: string): void {
    this.#ws.resume()
    this.#ws.close(code, reason)
  }

  terminate(): void {
    this.#ws.terminate()
  }

  buffered(): number {
    return this.#ws.bufferedAmount
  }

  hold(isHeld: boolean): void {
    if (isHeld) this.#ws.pause()
    else this.#ws.resume()
  }

  known(): void {
    this.#place.known()
  }
}

/** A frame as a binary message of a server, header and all. */
function framed(frame: Uint8Array): Uint8Array {
  const header = headerOf(frame.length)
  const message = new Uint8Array(header.length + frame.length)
  message.set(header)
  message.set(frame, header.length)
  return message
}

/** Of a binary message of a server. */
function headerOf(length: number): Uint8Array {
  const bytes = new Uint8Array(length < 126 ? 2 : length < 65_536 ? 4 : 10)
  const header = new DataView(bytes.buffer)
  header.setUint8(0, 0x82)
  header.setUint8(1, length < 126 ? length : length < 65_536 ? 126 : 127)
  if (bytes.length === 4) header.setUint16(2, length)
  else if (bytes.length === 10) header.setBigUint64(2, BigInt(length))
  return bytes
}
