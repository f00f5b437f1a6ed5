/**
 * Who else is here: shown and never stored. Laws: one state per tab and document, of whoever in the tab showed something last; the tab that
 * holds the link sends for all tabs of the device, as one state (CR-21); who closes takes the state along, and the link's end everybody's.
 */
import { JoineryError, type Plain } from '@joinery/core'
import { STATE_BYTES, type Presence } from '@joinery/core/protocol'
import type { NewsDesk } from './news.ts'
import type { Place } from './replica/body.ts'
import { signal, type Signal } from './signal.ts'

export interface Present {
  /** Names one tab of somebody, as long as it is there. */
  readonly id: string
  /** Whose it is, as the relay says. Empty for the other tabs of this device. */
  readonly subject: string
  readonly state: Plain
}

export interface PresenceDesk {
  /** `holder` is whoever shows it: the state goes with him. BAD_INPUT for what is too large to be shown. */
  set(holder: object, place: Place, state: Plain): void
  others(place: Place): readonly Present[]
  listen(place: Place, listener: (others: readonly Present[]) => void): () => void
  /** This tab sends for the device now, and hears for it. */
  link(send: (message: Presence) => void): void
  unlink(): void
  hear(message: Presence): void
  close(): void
}

type States = Readonly<Record<string, string>>

interface Room extends Place {
  readonly changed: Signal<void>
  /** By tab of this device. */
  readonly tabs: Map<string, string>
  /** By session of others. */
  readonly sessions: Map<string, { readonly subject: string; readonly states: States }>
  clock: number
}

export function presenceDesk(news: NewsDesk, tab: string): PresenceDesk {
  const rooms = new Map<string, Room>()
  const holders = new Map<object, { readonly place: Place; readonly json: string }>()
  let send: ((message: Presence) => void) | undefined

  const roomOf = ({ space, document }: Place): Room => {
    const name = `${space} ${document}`
    const room = rooms.get(name) ?? {
      space,
      document,
      changed: signal(),
      tabs: new Map(),
      sessions: new Map(),
      clock: 0,
    }
    rooms.set(name, room)
    return room
  }

  const others = ({ tabs, sessions }: Room): Present[] => {
    const list: Present[] = []
    const add = (id: string, subject: string, json: string): void => {
      try {
        list.push({ id, subject, state: JSON.parse(json) as Plain })
      } catch {
        // Somebody else's nonsense is nobody's presence.
      }
    }
    for (const [id, json] of tabs) if (id !== tab) add(id, '', json)
    for (const [session, { subject, states }] of sessions) {
      for (const [id, json] of Object.entries(states)) add(`${session} ${id}`, subject, json)
    }
    return list
  }

  const show = (place: Place): void => {
    const room = roomOf(place)
    const shown = [...holders.values()].findLast(holder => roomOf(holder.place) === room)
    news.tell({ type: 'showing', tab, space: room.space, document: room.document, state: shown?.json ?? null })
  }

  /** What all tabs of this device show, as one state. */
  const sendRoom = (room: Room): void => {
    const { space, document, tabs } = room
    room.clock += 1
    const state = tabs.size === 0 ? undefined : JSON.stringify(Object.fromEntries(tabs))
    if (state === undefined || !isLarge(state))
      send?.({ type: 'presence', space, document, session: '', subject: '', clock: room.clock, state })
  }

  const stop = news.listen({
    showing(item) {
      const room = roomOf(item)
      const { tabs } = room
      const before = tabs.get(item.tab)
      if (item.state === null) tabs.delete(item.tab)
      else tabs.set(item.tab, item.state)
      if (before === tabs.get(item.tab)) return
      sendRoom(room)
      room.changed.emit()
    },
    presence({ session, subject, states, ...place }) {
      const room = roomOf(place)
      if (states === null) room.sessions.delete(session)
      else room.sessions.set(session, { subject, states })
      room.changed.emit()
    },
    // A tab that has just begun to lead asks what there is to show.
    ask({ leads }) {
      // The one that led may have died, and what it showed with it.
      if (leads) for (const { tabs } of rooms.values()) tabs.clear()
      for (const { place } of holders.values()) show(place)
    },
    link({ report }) {
      for (const { sessions, changed } of rooms.values()) {
        if (report.mode === 'realtime' || sessions.size === 0) continue
        sessions.clear()
        changed.emit()
      }
    },
  })

  return {
    set(holder, place, state) {
      const json = JSON.stringify(state)
      if (isLarge(json)) throw new JoineryError('BAD_INPUT', { what: 'presence', rule: 'less than 4 KiB as JSON' })
      const held = holders.get(holder)
      holders.delete(holder)
      if (state !== null) holders.set(holder, { place, json })
      if (state !== null || held !== undefined) show(place)
    },
    others: place => others(roomOf(place)),
    listen(place, listener) {
      const room = roomOf(place)
      return room.changed.listen(() => listener(others(room)))
    },
    link(sender) {
      send = sender
      for (const room of rooms.values()) if (room.tabs.size > 0) sendRoom(room)
    },
    unlink() {
      send = undefined
    },
    hear({ space, document, session, subject, state }) {
      news.tell({ type: 'presence', space, document, session, subject, states: statesIn(state) })
    },
    close() {
      const places = [...holders.values()].map(({ place }) => place)
      holders.clear()
      for (const place of places) show(place)
      stop()
    },
  }
}

/** Beside what the other tabs show, and UTF-8 takes up to three bytes for a character. */
function isLarge(json: string): boolean {
  return json.length * 3 > STATE_BYTES && new TextEncoder().encode(json).length > STATE_BYTES - 64
}

function statesIn(state: string | undefined): States | null {
  try {
    const states: unknown = JSON.parse(state ?? 'null')
    return typeof states === 'object' ? (states as States | null) : null
  } catch {
    return null
  }
}
