/**
 * A document while stock clients are in it: who they are, what they say of themselves, and how far it was shown. Laws:
 * - Nothing of the document is held.
 * - What a commit brought is one frame, encoded once, for everybody; awareness of a tick as well.
 */
import type { Clock, Entry } from '@joinery/core'
import { createAwareness } from './awareness.ts'
import { DOOR_CLOSE } from './close.ts'
import { framesOf } from './frames.ts'
import { awarenessFrame } from './messages.ts'

/** What a channel needs of a connection. */
export interface Shown {
  show(seq: number, frames: readonly Uint8Array[]): void
  tell(frame: Uint8Array): void
  end(close: number, reason: string): void
}

export interface Channel {
  /** The document's last seq that was shown here. */
  seq(): number
  enter(connection: Shown): void
  leave(connection: Shown): void
  /** Entries of this document, in the order of the log. */
  entries(entries: readonly Entry[]): void
  /** False when it cannot be read. */
  heard(connection: Shown, subject: string, states: Uint8Array): boolean
  everybody(): Uint8Array | undefined
  end(close: number, reason: string): void
  isEmpty(): boolean
}

export function createChannel(options: { readonly clock: Clock; readonly tickMs: number }): Channel {
  const { clock, tickMs } = options
  const connections = new Set<Shown>()
  const awareness = createAwareness()
  let seq = 0
  let isTicking = false

  const tickLater = (): void => {
    if (isTicking || connections.size === 0) return
    isTicking = true
    clock.after(tickMs, () => {
      isTicking = false
      const states = awareness.take()
      if (states === undefined) return
      const frame = awarenessFrame(states)
      for (const connection of connections) connection.tell(frame)
    })
  }

  const end = (close: number, reason: string): void => {
    for (const connection of [...connections]) connection.end(close, reason)
  }

  return {
    seq: () => seq,
    enter: connection => void connections.add(connection),
    leave(connection) {
      connections.delete(connection)
      awareness.left(connection)
      tickLater()
    },
    entries(entries) {
      seq = entries.at(-1)?.seq ?? seq
      if (entries.some(({ type }) => type === 'tombstone')) {
        end(DOOR_CLOSE.GONE, 'GONE')
        return
      }
      const frames = framesOf(entries)
      for (const connection of connections) connection.show(seq, frames)
    },
    heard(connection, subject, states) {
      const isRead = awareness.heard(connection, subject, states)
      tickLater()
      return isRead
    },
    everybody: awareness.everybody,
    end,
    isEmpty: () => connections.size === 0,
  }
}
