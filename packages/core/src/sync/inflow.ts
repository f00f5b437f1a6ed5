/**
 * How far a replica of one space has read, what it still lacks, and what an answer of the relay means for it. Laws:
 * - The cursor only goes forward and is stored together with what it covers (I6); one that goes back or fits no more is reported and
 *   answered by an exchange of state, and nothing is wiped (CL-10, R4).
 * - A new replica is live at the head at once and fills in backwards, page by page, newest first; where it stands is stored, so it goes
 *   on after a break (R2).
 * - A document whose beginning is not here yet is fetched before the pages; one that somebody waits for before all others.
 * - What the replica holds is told page by page, each answered by a `want`; a page without its answer is told again.
 */
import { sameBytes } from '../digest.ts'
import { CODES, type Code } from '../errors.ts'
import type { Cursor, Entry } from '../entry.ts'
import type { WantedDocument } from '../protocol/index.ts'

const FETCHES = 4

/** What of this is stored, and read back when the link comes up in another tab or another year. */
export interface InflowPosition {
  readonly cursor: Cursor | undefined
  /** `before` of the next page of bodies; 0 for the newest, undefined when everything is here. */
  readonly fill: number | undefined
  /** The document after which to go on telling what is held; undefined when there is nothing to tell. */
  readonly tell: string | undefined
}

export const NEW_REPLICA: InflowPosition = { cursor: undefined, fill: 0, tell: undefined }

export type InflowEvent =
  /** The link greeted the relay, `watch` included. */
  | { readonly type: 'up' }
  | { readonly type: 'down' }
  | {
      readonly type: 'changes'
      readonly cursor: Cursor
      readonly live: boolean
      readonly reset: boolean
      readonly entries: readonly Entry[]
    }
  | {
      readonly type: 'bodies'
      readonly document: string | undefined
      readonly entries: readonly Entry[]
      readonly next: number
    }
  | { readonly type: 'want'; readonly documents: readonly WantedDocument[] }
  /** These bodies are needed. `urgent`: somebody waits. */
  | { readonly type: 'need'; readonly documents: readonly string[]; readonly urgent: boolean }
  /** The last page that was to be told went up to this document; undefined: there was none left. */
  | { readonly type: 'told'; readonly upTo: string | undefined }
  /** With no document: the space, or the page. */
  | { readonly type: 'refused'; readonly document: string | undefined; readonly code: Code }
  /** The relay is asked what is new, once more. */
  | { readonly type: 'watching' }
  /** While the link is down: something of the log may have been taken for what it is not. All bodies are read once more. */
  | { readonly type: 'reread' }

export type InflowEffect =
  /** In one transaction: these entries, in order, and the position. */
  | {
      readonly do: 'store'
      readonly entries: readonly Entry[]
      readonly position: InflowPosition
      readonly bodies: boolean
    }
  /** Send a `fetch`; with no document, for the page before `before`. */
  | { readonly do: 'fetch'; readonly document: string | undefined; readonly before: number }
  /** The relay knows no such document. */
  | { readonly do: 'absent'; readonly document: string; readonly code: Code }
  /** Send a page of `have` with the documents after this one (`''` for the first), and say what was `told`. */
  | { readonly do: 'tell'; readonly after: string }
  /** Put into the outbox what the relay lacks of these, and store the position. */
  | { readonly do: 'resupply'; readonly documents: readonly WantedDocument[]; readonly position: InflowPosition }
  /** For the log and the person who reads it. */
  | {
      readonly do: 'report'
      readonly what: 'cursor-back' | 'reset'
      readonly from: Cursor | undefined
      readonly to: Cursor
    }
  | { readonly do: 'wipe-document'; readonly document: string }
  | { readonly do: 'wipe-space'; readonly code: Code }

export interface Inflow {
  handle(event: InflowEvent): InflowEffect[]
  position(): InflowPosition
  /** Whether everything up to the relay's head is here, but for bodies still to fill in. */
  live(): boolean
}

/**
 * The inflow of one space, from where it stood.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { inflow, NEW_REPLICA } from '@joinery/core/sync'
 *
 * const flow = inflow(NEW_REPLICA)
 * flow.handle({ type: 'up' })
 * const cursor = { epoch: 'e', seq: 7, mark: new Uint8Array(16) }
 * const effects = flow.handle({ type: 'changes', cursor, live: true, reset: false, entries: [] })
 * assert.deepEqual(effects.map((effect) => effect.do), ['store', 'fetch'])
 * ```
 */
export function inflow(start: InflowPosition): Inflow {
  let { cursor, fill, tell } = start
  let up = false
  let live = false
  /** Whether the relay has answered `watch` on this link: only then does it know what we may ask. */
  let watched = false
  let filling = false
  let telling = false
  let toldUpTo: string | undefined
  let needed = new Set<string>()
  const fetching = new Set<string>()
  let effects: InflowEffect[] = []

  const position = (): InflowPosition => ({ cursor, fill, tell })

  const store = (entries: readonly Entry[], bodies: boolean): void =>
    void effects.push({ do: 'store', entries, position: position(), bodies })

  const ask = (): void => {
    if (!up || !watched) return
    for (const document of needed) {
      if (fetching.size >= FETCHES) break
      needed.delete(document)
      fetching.add(document)
      effects.push({ do: 'fetch', document, before: 0 })
    }
    if (tell !== undefined && !telling) {
      telling = true
      effects.push({ do: 'tell', after: tell })
    }
    // Pages come last: whoever waits for a document does not wait for the library.
    if (fill !== undefined && !filling && fetching.size < FETCHES) {
      filling = true
      effects.push({ do: 'fetch', document: undefined, before: fill })
    }
  }

  /** Forgets what was asked for as a page, and what was told without an answer. */
  const startPages = (): void => {
    filling = telling = false
    toldUpTo = undefined
  }

  const changes = (event: Extract<InflowEvent, { type: 'changes' }>): void => {
    const from = cursor
    const { entries, reset, cursor: to } = event
    watched = true
    live = event.live
    const isOld = !reset && from !== undefined && isBack(from, to)
    if (!isOld) cursor = to
    if (reset || isOld) {
      // An exchange of state: all that is held is told, all that there is is read. A cursor that went back was wrong; what came with it
      // is good for what it is.
      effects.push({ do: 'report', what: reset ? 'reset' : 'cursor-back', from, to })
      tell = ''
      fill = 0
      startPages()
      store(entries, false)
    } else {
      const fresh = from === undefined ? entries : entries.filter(entry => entry.seq > from.seq)
      if (from?.seq !== to.seq || fresh.length > 0) store(fresh, false)
    }
    ask()
  }

  const bodies = ({ document, entries, next }: Extract<InflowEvent, { type: 'bodies' }>): void => {
    if (document !== undefined) {
      if (!fetching.delete(document)) return
      if (entries.length === 0) effects.push({ do: 'absent', document, code: 'NOT_FOUND' })
      else store(entries, true)
    } else if (filling && fill !== undefined) {
      filling = false
      // What it brings need not come once more.
      for (const entry of entries) {
        needed.delete(entry.document)
        fetching.delete(entry.document)
      }
      // A page that leads nowhere would be asked for again for ever.
      fill = next === 0 || (fill !== 0 && next >= fill) ? undefined : next
      store(entries, true)
    }
    ask()
  }

  const refused = ({ document, code }: Extract<InflowEvent, { type: 'refused' }>): void => {
    if (code === 'REMOVED') return void effects.push({ do: 'wipe-space', code })
    if (document === undefined) return startPages()
    const wasAsked = fetching.delete(document)
    if (code === 'GONE') effects.push({ do: 'wipe-document', document })
    else if (!wasAsked) return
    // For now: it is asked for when the relay was asked what is new. What is being repaired takes longer than anybody waits.
    else if (CODES[code] === 'wait' && code !== 'QUARANTINED') return void needed.add(document)
    else effects.push({ do: 'absent', document, code })
    ask()
  }

  const act: { readonly [T in InflowEvent['type']]: (event: Extract<InflowEvent, { type: T }>) => void } = {
    up: () => {
      up = true
    },
    down: () => {
      up = live = watched = false
      startPages()
      for (const document of fetching) needed.add(document)
      fetching.clear()
    },
    changes,
    bodies,
    refused,
    reread: () => {
      fill = 0
      startPages()
      store([], true)
    },
    watching: () => {
      live = false
    },
    need: ({ documents, urgent }) => {
      const order = urgent ? [...documents, ...needed] : [...needed, ...documents]
      needed = new Set(order.filter(document => !fetching.has(document)))
      ask()
    },
    told: ({ upTo }) => {
      if (!telling) return
      toldUpTo = upTo
      if (upTo !== undefined) return
      tell = undefined
      telling = false
      effects.push({ do: 'resupply', documents: [], position: position() })
    },
    want: ({ documents }) => {
      // Without a page under way this answers a `have` about one document.
      if (telling && toldUpTo !== undefined) {
        tell = toldUpTo
        telling = false
        toldUpTo = undefined
      }
      effects.push({ do: 'resupply', documents, position: position() })
      ask()
    },
  }

  return {
    position,
    live: () => live,
    handle(event) {
      effects = []
      const row: (event: never) => void = act[event.type]
      row(event as never)
      return effects
    },
  }
}

function isBack(ours: Cursor, theirs: Cursor): boolean {
  if (theirs.epoch !== ours.epoch || theirs.seq < ours.seq) return true
  return theirs.seq === ours.seq && !sameBytes(theirs.mark, ours.mark)
}
