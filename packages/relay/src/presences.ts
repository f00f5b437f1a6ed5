/**
 * Who is where in one space: shown, never stored. Laws (CR-21):
 * - The relay says whose a presence is: one state per (session, document), in the order of its clock; a stale one is dropped, and so is one
 *   whose clock leaves no room for a later one.
 * - What changed within a tick goes out once, as its last state, encoded once for everybody.
 * - A session that ends is gone from everywhere; a reader who comes later is told who is there.
 */
import { encodeMessage, PRESENCE_CLOCK, type Presence } from '@joinery/core/protocol'

export interface Presences {
  /** False when it is stale, or one too many of its session, or its clock is beyond all. */
  set(session: string, subject: string, document: string, clock: number, state: string | undefined): boolean
  /** Everything of a session is gone. */
  gone(session: string): void
  /** Frames for whoever has just come. */
  present(): Uint8Array[]
  /** What changed since the last call. */
  take(): ToldPresence[]
  /** Who shows something in a document. */
  of(document: string): Presence[]
  empty(): boolean
}

/** As it goes over the wire: encoded once, whoever is told. */
export interface ToldPresence {
  readonly presence: Presence
  readonly frame: Uint8Array
}

/** Who follows a space by another way than a watch, with people of its own. */
export interface Neighbours {
  /** What those show who watch. */
  near(presences: readonly Presence[]): void
  /** What its own people show, for whoever comes to watch. */
  present(): Iterable<Presence>
}

const frameByPresence = new WeakMap<Presence, Uint8Array>()

/** Written when first asked for, and kept for as long as it is shown: whoever comes is told of everybody. */
export function frameOf(presence: Presence): Uint8Array {
  const known = frameByPresence.get(presence)
  if (known !== undefined) return known
  const frame = encodeMessage(presence)
  frameByPresence.set(presence, frame)
  return frame
}

export function createPresences(space: string, perSession: number): Presences {
  /** Session to document to its latest. */
  const bySession = new Map<string, Map<string, Presence>>()
  const changed = new Map<string, Presence>()

  const note = (presence: Presence): void => {
    changed.set(`${presence.session} ${presence.document}`, presence)
  }

  return {
    set(session, subject, document, clock, state) {
      if (clock > PRESENCE_CLOCK) return false
      const known = bySession.get(session)
      const before = known?.get(document)
      if (before !== undefined ? clock <= before.clock : known !== undefined && known.size >= perSession) return false
      const presence: Presence = { type: 'presence', space, document, session, subject, clock, state }
      if (known === undefined) bySession.set(session, new Map([[document, presence]]))
      else known.set(document, presence)
      note(presence)
      return true
    },
    gone(session) {
      for (const presence of bySession.get(session)?.values() ?? []) {
        if (presence.state !== undefined) note({ ...presence, clock: presence.clock + 1, state: undefined })
      }
      bySession.delete(session)
    },
    present() {
      const frames: Uint8Array[] = []
      for (const byDocument of bySession.values()) {
        for (const presence of byDocument.values()) if (presence.state !== undefined) frames.push(frameOf(presence))
      }
      return frames
    },
    take() {
      const taken = [...changed.values()].map(presence => ({
        presence,
        frame: frameOf(presence),
      }))
      changed.clear()
      return taken
    },
    of: document =>
      [...bySession.values()].flatMap(byDocument => {
        const presence = byDocument.get(document)
        return presence?.state === undefined ? [] : [presence]
      }),
    empty: () => bySession.size === 0 && changed.size === 0,
  }
}
