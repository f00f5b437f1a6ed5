/**
 * Who else is here: shown and never stored. Laws: one state per tab and document, of whoever in the tab showed something last; the tab that
 * holds the link sends for all tabs of the device, as one state (CR-21); who closes takes the state along, and the link's end everybody's.
 */
import { JoineryError, type Plain } from '@joinery/core'
import { STATE_BYTES, type Presence } from '@joinery/core/protocol'
import type { NewsDesk } from './news.ts'
import type { Place } from './replica/body.ts'
import { signal } from './signal.ts'

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
  link(send: ((message: Presence) => void) | undefined): void
  hear(message: Presence): void
}

export function presenceDesk(news: NewsDesk, tab: string): PresenceDesk {
  /** By session: of others, and, without a subject, of this device's tabs. */
  const rooms = new Map<string, Map<string, Presence>>()
  const changed = signal<Map<string, Presence>>()
  /** What is shown here, the newest last. */
  const shown = new Map<object, { readonly place: Place; readonly json: string }>()
  let send: ((message: Presence) => void) | undefined
  let clock = 0

  const roomOf = ({ space, document }: Place): Map<string, Presence> => {
    const name = `${space} ${document}`
    const room = rooms.get(name) ?? new Map<string, Presence>()
    rooms.set(name, room)
    return room
  }

  const others = (place: Place): Present[] =>
    [...roomOf(place).values()]
      .filter(({ session }) => session !== tab)
      .flatMap(({ session, subject, state }) =>
        statesIn(state).map(([id, one]) => ({ id: `${session} ${id}`, subject, state: one })),
      )

  const presenceIn = ({ space, document }: Place, session: string, state: string | undefined): Presence => ({
    type: 'presence',
    space,
    document,
    session,
    subject: '',
    clock: ++clock,
    state,
  })

  const show = (place: Place): void => {
    const room = roomOf(place)
    const last = [...shown.values()].findLast(one => roomOf(one.place) === room)
    news.tell(presenceIn(place, tab, last?.json))
  }

  /** What all tabs of this device show, as one state. */
  const sendRoom = (place: Place): void => {
    const states = [...roomOf(place).values()].filter(isOwn).flatMap(({ state }) => statesIn(state))
    const state = states.length > 0 ? JSON.stringify(Object.fromEntries(states)) : undefined
    if (!isLarge(state)) send?.(presenceIn(place, '', state))
  }

  const drop = (which: (message: Presence) => boolean): void => {
    for (const room of rooms.values()) {
      const dropped = [...room.values()].filter(which)
      for (const { session } of dropped) room.delete(session)
      if (dropped.length > 0) changed.emit(room)
    }
  }

  news.listen({
    presence(message) {
      const { session, state } = message
      const room = roomOf(message)
      if (room.get(session)?.state === state) return
      if (state === undefined) room.delete(session)
      else room.set(session, message)
      if (isOwn(message)) sendRoom(message)
      changed.emit(room)
    },
    // A tab that has just begun to lead asks what there is to show.
    ask({ leads }) {
      // The one that led may have died, and what it showed with it.
      if (leads) drop(isOwn)
      for (const { place } of shown.values()) show(place)
    },
    link({ report }) {
      if (report.mode === 'offline') drop(message => !isOwn(message))
    },
    closed() {
      const last = [...shown.values()]
      shown.clear()
      for (const { place } of last) show(place)
    },
  })

  return {
    set(holder, place, state) {
      const json = JSON.stringify({ [tab]: state })
      if (isLarge(json)) throw new JoineryError('BAD_INPUT', { what: 'presence', rule: '4 KiB as JSON' })
      const was = shown.delete(holder)
      if (state !== null) shown.set(holder, { place, json })
      if (state !== null || was) show(place)
    },
    others,
    listen(place, listener) {
      const room = roomOf(place)
      return changed.listen(one => {
        if (one === room) listener(others(place))
      })
    },
    link(sender) {
      send = sender
      for (const room of rooms.values()) {
        const own = [...room.values()].find(isOwn)
        if (own) sendRoom(own)
      }
    },
    hear: news.tell,
  }
}

function isOwn({ subject }: Presence): boolean {
  return subject === ''
}

function isLarge(json: string | undefined): boolean {
  return new TextEncoder().encode(json).length > STATE_BYTES
}

/** What a session shows, by its tabs. Somebody else's nonsense is nobody's presence. */
function statesIn(state = '{}'): [string, Plain][] {
  try {
    return Object.entries(JSON.parse(state) as Readonly<Record<string, Plain>>)
  } catch {
    return []
  }
}
