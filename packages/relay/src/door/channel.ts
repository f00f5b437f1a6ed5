/**
 * A document while stock clients are in it: who they are, what they say of themselves, and how far it was shown. Laws:
 * - Nothing of the document is held.
 * - What a commit brought is one frame, encoded once, for everybody; awareness of a tick as well.
 * - Who is here by a link, and who is at the door, see each other.
 */
import type { Clock, Entry, EntryType } from '@joinery/core'
import type { Presence } from '@joinery/core/protocol'
import { createAwareness } from './awareness.ts'
import { DOOR_CLOSE } from './close.ts'
import { framesOf } from './frames.ts'
import { sharedFrame, type SharedFrame } from '../socket.ts'
import { awarenessFrame } from './messages.ts'
import { nearStatesOf, presenceOf } from './neighbours.ts'

/** In time for clients that take whoever is not heard of for 30 s to be gone. */
const RENEW_MS = 5_000
const RENEW_AFTER_MS = 12_000

/** Entries that a stock client cannot follow. */
const ENDS: Partial<Readonly<Record<EntryType, { readonly close: number; readonly reason: string }>>> = {
  tombstone: { close: DOOR_CLOSE.GONE, reason: 'GONE' },
  moved: { close: DOOR_CLOSE.GONE, reason: 'MOVED' },
  void: { close: DOOR_CLOSE.VOIDED, reason: 'VOIDED' },
}

/** What a channel needs of a connection. */
export interface Shown {
  /** The device of what it writes. */
  readonly id: string
  show(seq: number, frames: readonly SharedFrame[]): void
  tell(frame: SharedFrame): void
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
  /** Whether a client id is one that the connection goes by. */
  speaksFor(connection: Shown, client: number): boolean
  /** Whether a client id is one that another subject goes by. */
  isOthers(subject: string, client: number): boolean
  everybody(): Uint8Array | undefined
  /** What somebody shows who is here by a link. */
  near(presence: Presence): void
  /** What those show who are here by a connection. */
  present(): Presence[]
  tick(now: number): void
  end(close: number, reason: string): void
  isEmpty(): boolean
}

export function createChannel(options: {
  readonly space: string
  readonly document: string
  readonly clock: Clock
  readonly tickMs: number
  /** Tells those who are here by links. */
  readonly tell: (presences: () => readonly Presence[]) => void
}): Channel {
  const { clock, tickMs } = options
  const connectionsById = new Map<string, Shown>()
  const awareness = createAwareness(clock)
  /** Made for the first. */
  let linksBySession: Map<string, object> | undefined
  let seq = 0
  let isTicking = false
  let isRenewing = false

  const flush = (): void => {
    const news = awareness.take()
    if (news === undefined) return
    const frame = sharedFrame(awarenessFrame(news.states))
    for (const connection of connectionsById.values()) connection.tell(frame)
    if (news.visitors.length > 0) options.tell(() => news.visitors.map(state => presenceOf(options, state)))
  }

  const flushLater = (): void => {
    const due = awareness.due()
    if (due === 'soon' && !isTicking) {
      isTicking = true
      clock.after(tickMs, () => {
        isTicking = false
        flush()
      })
    } else if (due === 'late' && !isRenewing) {
      isRenewing = true
      clock.after(RENEW_MS, () => {
        isRenewing = false
        flush()
      })
    }
  }

  const end = (close: number, reason: string): void => {
    for (const connection of [...connectionsById.values()]) connection.end(close, reason)
  }

  return {
    seq: () => seq,
    enter: connection => void connectionsById.set(connection.id, connection),
    leave(connection) {
      connectionsById.delete(connection.id)
      awareness.left(connection)
      // Nobody comes back to this one.
      if (connectionsById.size === 0) flush()
      else flushLater()
    },
    entries(entries) {
      seq = entries.at(-1)?.seq ?? seq
      const last = entries.find(({ type }) => ENDS[type] !== undefined)
      const ending = last && ENDS[last.type]
      if (ending !== undefined) {
        end(ending.close, ending.reason)
        return
      }
      const frames = framesOf(entries).map(sharedFrame)
      // Who wrote it goes first: what he writes next is on its way while the others are told, and shares the next commit.
      for (const { device } of entries) connectionsById.get(device)?.show(seq, frames)
      for (const connection of connectionsById.values()) connection.show(seq, frames)
    },
    heard(connection, subject, states) {
      const isRead = awareness.heard(connection, subject, states)
      flushLater()
      return isRead
    },
    speaksFor: (connection, client) => awareness.speaksFor(connection, client),
    isOthers: (subject, client) => awareness.isOthers(subject, client),
    everybody: () => awareness.everybody(),
    near(presence) {
      const { session, subject, state } = presence
      linksBySession ??= new Map()
      const link = linksBySession.get(session) ?? {}
      if (state === undefined) linksBySession.delete(session)
      else linksBySession.set(session, link)
      awareness.near(link, subject, nearStatesOf(presence))
      flushLater()
    },
    present: () => awareness.visitors().map(state => presenceOf(options, state)),
    tick(now) {
      if (linksBySession === undefined) return
      awareness.renew(now - RENEW_AFTER_MS)
      flushLater()
    },
    end,
    isEmpty: () => connectionsById.size === 0,
  }
}
