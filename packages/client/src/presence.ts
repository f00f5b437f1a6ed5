/**
 * Who else is here: shown and never stored. Laws: one tab's state per document, whoever in it has the document open; the tab that holds
 * the link sends for all tabs of the device, as one state; a tab that closes takes its state along, and the link's end everybody's.
 */
import type { Plain } from '@joinery/core'
import type { NewsDesk } from './news.ts'
import type { Place } from './replica/append.ts'
import { signal, type Signal } from './signal.ts'

export interface Present {
  /** Names one tab of somebody, as long as it is there. */
  readonly id: string
  /** Whose it is, as the relay says. Empty for the other tabs of this device. */
  readonly subject: string
  readonly state: Plain
}

export interface PresenceDesk {
  /** `holder` is whoever shows it: the state goes with him. */
  set(holder: object, place: Place, state: Plain): void
  leave(holder: object): void
  others(place: Place): readonly Present[]
  listen(place: Place, listener: (others: readonly Present[]) => void): () => void
  /** The link is down: nobody is known to be there but this device's tabs. */
  clear(): void
  close(): void
}

interface Room {
  readonly place: Place
  readonly changed: Signal<void>
  /** By session, then by tab. */
  readonly sessions: Map<string, { readonly subject: string; readonly states: Readonly<Record<string, string>> }>
  readonly tabs: Map<string, string>
}

export function presenceDesk(news: NewsDesk, tab: string): PresenceDesk {
  const roomsByName = new Map<string, Room>()
  const holders = new Map<object, { readonly place: Place; readonly json: string }>()

  const roomOf = (place: Place): Room => {
    const name = `${place.space} ${place.document}`
    let room = roomsByName.get(name)
    if (room === undefined) {
      room = { place, changed: signal(), sessions: new Map(), tabs: new Map() }
      roomsByName.set(name, room)
    }
    return room
  }

  const others = ({ sessions, tabs }: Room): Present[] => {
    const list: Present[] = []
    for (const [id, json] of tabs) add(list, id, '', json)
    for (const [session, { subject, states }] of sessions) {
      for (const [id, json] of Object.entries(states)) add(list, `${session} ${id}`, subject, json)
    }
    return list
  }

  const show = (place: Place): void => {
    let state: string | null = null
    for (const holder of holders.values()) {
      if (holder.place.space === place.space && holder.place.document === place.document) state = holder.json
    }
    news.tell({ type: 'showing', tab, ...place, state })
  }

  const stop = news.listen(item => {
    if (item.type === 'showing' && item.tab !== tab) {
      const room = roomOf(item)
      if (item.state === null) room.tabs.delete(item.tab)
      else room.tabs.set(item.tab, item.state)
      room.changed.emit()
    }
    if (item.type === 'presence') {
      const room = roomOf(item)
      const { session, subject, states } = item
      if (Object.keys(states).length === 0) room.sessions.delete(session)
      else room.sessions.set(session, { subject, states })
      room.changed.emit()
    }
    // A tab that has just begun to lead asks what there is to show.
    if (item.type === 'ask') for (const { place } of holders.values()) show(place)
  })

  return {
    set(holder, { space, document }, state) {
      const place = { space, document }
      if (state === null) holders.delete(holder)
      else holders.set(holder, { place, json: JSON.stringify(state) })
      show(place)
    },
    leave(holder) {
      const left = holders.get(holder)
      if (left === undefined) return
      holders.delete(holder)
      show(left.place)
    },
    others: place => others(roomOf(place)),
    listen: (place, listener) => {
      const room = roomOf(place)
      return room.changed.listen(() => listener(others(room)))
    },
    clear() {
      for (const room of roomsByName.values()) {
        if (room.sessions.size === 0) continue
        room.sessions.clear()
        room.changed.emit()
      }
    },
    close() {
      for (const { place } of holders.values()) news.tell({ type: 'showing', tab, ...place, state: null })
      holders.clear()
      stop()
    },
  }
}

function add(list: Present[], id: string, subject: string, json: string): void {
  try {
    list.push({ id, subject, state: JSON.parse(json) as Plain })
  } catch {
    // Somebody else's nonsense is nobody's presence.
  }
}
