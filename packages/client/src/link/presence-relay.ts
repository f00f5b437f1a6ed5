/** Presence between the tabs of this device and the link: what all tabs show of a document goes out as one state (CR-21). */
import { isId } from '@joinery/core'
import { STATE_BYTES, type Presence } from '@joinery/core/protocol'
import type { NewsDesk } from '../news.ts'

export interface PresenceRelay {
  up(): void
  down(): void
  hear(message: Presence): void
  close(): void
}

interface Shown {
  readonly space: string
  readonly document: string
  readonly tabs: Map<string, string>
  clock: number
}

export function presenceRelay(news: NewsDesk, send: (message: Presence) => void): PresenceRelay {
  const shownByName = new Map<string, Shown>()
  let up = false

  const tell = (shown: Shown): void => {
    if (!up) return
    shown.clock += 1
    const { space, document, tabs, clock } = shown
    const state = tabs.size === 0 ? undefined : JSON.stringify(Object.fromEntries(tabs))
    // UTF-8 takes up to three bytes for each of these.
    if (state !== undefined && state.length * 3 > STATE_BYTES * 3) return
    send({ type: 'presence', space, document, session: '', subject: '', clock, state })
  }

  const stop = news.listen(item => {
    if (item.type !== 'showing') return
    const { space, document, tab, state } = item
    const name = `${space} ${document}`
    const shown = shownByName.get(name) ?? { space, document, tabs: new Map<string, string>(), clock: 0 }
    if (state === null && !shown.tabs.has(tab)) return
    shownByName.set(name, shown)
    if (shown.tabs.get(tab) === state) return
    if (state === null) shown.tabs.delete(tab)
    else shown.tabs.set(tab, state)
    tell(shown)
  })

  return {
    up() {
      up = true
      for (const shown of shownByName.values()) {
        // The relay knows nothing of this link yet.
        shown.clock = 0
        if (shown.tabs.size > 0) tell(shown)
      }
    },
    down() {
      up = false
    },
    hear({ space, document, session, subject, state }) {
      news.tell({ type: 'presence', space, document, session, subject, states: statesIn(state) })
    },
    close: stop,
  }
}

/** The states by tab, as far as they are that. */
function statesIn(state: string | undefined): Readonly<Record<string, string>> {
  if (state === undefined) return {}
  try {
    const parsed: unknown = JSON.parse(state)
    if (typeof parsed !== 'object' || parsed === null) return {}
    return Object.fromEntries(Object.entries(parsed).filter((one): one is [string, string] => isId(one[0]) && typeof one[1] === 'string'))
  } catch {
    return {}
  }
}
