/**
 * What one connection is sent. Laws (T3, WS-10):
 * - Above `sendBuffer` it is full: whoever could send later does so from the log, and answers that are due still go.
 * - Full, and nothing taken for `stuckMs`, or far beyond full: it is stuck, and ends.
 */
import type { Clock } from '@joinery/core'
import { splitFrame } from '@joinery/core/protocol'
import type { RelayLimits } from './limits.ts'
import type { Counters } from './log.ts'
import type { SharedFrame, Socket } from './socket.ts'

const ROOM_POLL_MS = 20
/** Answers that nobody reads may pile up to so many times the buffer, behind one document of the largest kind. */
const PILE = 4

export interface Outlet {
  send(frame: Uint8Array): void
  /** A frame that others are sent as well. It goes in one piece. */
  share(frame: SharedFrame): void
  /** A frame that is in several places; for whoever has no limit on frames. */
  pieces(pieces: readonly Uint8Array[]): void
  full(): boolean
  /** Whether anything was sent since it was asked last. */
  hasSent(): boolean
  /** Resolves when there is room again, or it is closed. */
  room(): Promise<void>
  close(): void
}

export function createOutlet(options: {
  readonly socket: Socket
  readonly clock: Clock
  readonly limits: Pick<RelayLimits, 'frameBytes' | 'sendBuffer' | 'stuckMs' | 'documentBytes'>
  readonly stuck: (buffered: number) => void
  readonly counters: Pick<Counters, 'cell'>
}): Outlet {
  const { socket, clock, limits, stuck } = options
  const frames = options.counters.cell('frames-out')
  const bytes = options.counters.cell('bytes-out')
  let isOpen = true
  let stopWatching: (() => void) | undefined
  /** Since something was sent last: only what was sent fills it. */
  let isFull = false
  let hasSent = false

  const full = (): boolean => {
    if (isFull) isFull = socket.buffered() > limits.sendBuffer
    return isFull
  }

  const watch = (): void => {
    if (stopWatching !== undefined) return
    const before = socket.buffered()
    stopWatching = clock.after(limits.stuckMs, () => {
      stopWatching = undefined
      if (!full()) return
      if (socket.buffered() >= before) stuck(before)
      else watch()
    })
  }

  const sent = (length: number): void => {
    hasSent = true
    frames.value += 1
    bytes.value += length
    const buffered = socket.buffered()
    isFull = buffered > limits.sendBuffer
    if (!isFull) return
    watch()
    if (buffered > PILE * limits.sendBuffer + limits.documentBytes) stuck(buffered)
  }

  return {
    full,
    hasSent() {
      const has = hasSent
      hasSent = false
      return has
    },
    send(frame) {
      if (!isOpen) return
      for (const part of splitFrame(frame, limits.frameBytes)) socket.send(part)
      sent(frame.length)
    },
    share(frame) {
      if (!isOpen) return
      if (socket.sendShared === undefined) socket.send(frame.bytes)
      else socket.sendShared(frame)
      sent(frame.bytes.length)
    },
    pieces(pieces) {
      if (!isOpen) return
      if (socket.sendPieces === undefined) socket.send(joined(pieces))
      else socket.sendPieces(pieces)
      sent(lengthOf(pieces))
    },
    async room() {
      while (isOpen && full()) await new Promise<void>(resolve => void clock.after(ROOM_POLL_MS, resolve))
    },
    close() {
      isOpen = false
      stopWatching?.()
    },
  }
}

export function lengthOf(pieces: readonly Uint8Array[]): number {
  let length = 0
  for (const piece of pieces) length += piece.length
  return length
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const frame = new Uint8Array(lengthOf(pieces))
  let at = 0
  for (const piece of pieces) {
    frame.set(piece, at)
    at += piece.length
  }
  return frame
}
