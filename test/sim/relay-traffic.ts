// What goes over a connection, seen at the relay: I13, and who is here.
import { decodeMessage, type Message } from '@joinery/core/protocol'
import type { VirtualSocket } from '@joinery/core/testing'
import type { Socket, SocketEvents } from '@joinery/relay'
import type { Journal } from './journal.ts'

/** Of one life of a relay. */
export interface Traffic {
  readonly journal: Journal
  readonly limits: { readonly sendBuffer: number; readonly pageBytes: number }
  /** Bytes of the largest thing that one answer brings besides. */
  readonly largest: number
  /** Connections by device, as the relay sees them. */
  readonly devices: Map<string, number>
  /** Somebody had too much to read, and the relay knows it. */
  lagging: boolean
  /** How far the log of a space is known to be on the disk. */
  readonly durable: Map<string, number>
}

/** The store has said that the log goes this far. */
export function isDurable({ durable }: Traffic, space: string, seq: number): void {
  durable.set(space, Math.max(seq, durable.get(space) ?? 0))
}

/** Edits that a client may have in flight. */
const IN_FLIGHT = 64
/** Answers that are due go also to whoever lags. */
const ANSWERS_BYTES = 16_384

/** The socket as `accept` gets it, watched. */
export function watchedSocket(
  socket: VirtualSocket,
  traffic: Traffic,
  accept: (socket: Socket) => SocketEvents,
): SocketEvents {
  const { journal, limits, devices } = traffic
  const mostBuffered = limits.sendBuffer + limits.pageBytes + ANSWERS_BYTES + traffic.largest
  let device: string | undefined
  /** Pushed and not answered, by space and n. */
  const flying = new Set<string>()

  const leave = (): void => {
    if (device === undefined) return
    const left = (devices.get(device) ?? 1) - 1
    if (left > 0) devices.set(device, left)
    else devices.delete(device)
    device = undefined
  }
  const up = (message: Message | undefined): void => {
    if (message?.type === 'hello') {
      ;({ device } = message)
      devices.set(device, (devices.get(device) ?? 0) + 1)
    }
    if (message?.type !== 'push') return
    for (const { n } of message.entries) flying.add(`${message.space} ${n}`)
    if (flying.size > IN_FLIGHT) journal.broke('I13', `${device} has ${flying.size} edits in flight`)
  }
  /** S1, S2: acked and shown is only what is on the disk. */
  const checkDurable = (message: Message | undefined): void => {
    if (message?.type !== 'ack' && message?.type !== 'changes' && message?.type !== 'bodies') return
    const known = traffic.durable.get(message.space) ?? 0
    for (const { seq } of message.entries)
      if (seq > known) journal.broke('I5', `${device} is told of ${seq} (${message.type}) when ${known} is on the disk`)
  }
  const down = (message: Message | undefined): void => {
    checkDurable(message)
    if (message?.type === 'ack') for (const { n } of message.entries) flying.delete(`${message.space} ${n}`)
    if (message?.type === 'refused' && message.n !== undefined) flying.delete(`${message.space} ${message.n}`)
  }

  const events = accept({
    send(frame) {
      down(decodeMessage(frame))
      socket.send(frame)
      const buffered = socket.buffered()
      if (buffered > mostBuffered) journal.broke('I13', `${buffered} bytes wait for ${device}`)
    },
    close(code, reason) {
      leave()
      socket.close(code, reason)
    },
    buffered() {
      const buffered = socket.buffered()
      if (buffered > limits.sendBuffer) traffic.lagging = true
      return buffered
    },
  })
  return {
    frame(bytes) {
      up(decodeMessage(bytes))
      events.frame(bytes)
    },
    closed() {
      leave()
      events.closed()
    },
  }
}
