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
  | { readonly type: 'bodies'; readonly document: string | undefined; readonly entries: readonly Entry[]; readonly next: number }
  | { readonly type: 'want'; readonly documents: readonly WantedDocument[] }
  /** These bodies are needed. `urgent`: somebody waits. */
  | { readonly type: 'need'; readonly documents: readonly string[]; readonly urgent: boolean }
  /** The last page that was to be told went up to this document; undefined: there was none left. */
  | { readonly type: 'told'; readonly upTo: string | undefined }
  /** With no document: the space, or the page. */
  | { readonly type: 'refused'; readonly document: string | undefined; readonly code: Code }
  /** The relay is asked what is new, once more. */
  | { readonly type: 'watching' }
  /** Ask again for what was refused for now. */
  | { readonly type: 'again' }

export type InflowEffect =
  /** In one transaction: these entries, in order, and the position. */
  | { readonly do: 'store'; readonly entries: readonly Entry[]; readonly position: InflowPosition; readonly bodies: boolean }
  /** Send a `fetch`; with no document, for the page before `before`. */
  | { readonly do: 'fetch'; readonly document: string | undefined; readonly before: number }
  /** The relay knows no such document. */
  | { readonly do: 'absent'; readonly document: string; readonly code: Code }
  /** Send a page of `have` with the documents after this one (`''` for the first), and say what was `told`. */
  | { readonly do: 'tell'; readonly after: string }
  /** Put into the outbox what the relay lacks of these, and store the position. */
  | { readonly do: 'resupply'; readonly documents: readonly WantedDocument[]; readonly position: InflowPosition }
  /** For the log and the person who reads it. */
  | { readonly do: 'report'; readonly what: 'cursor-back' | 'reset'; readonly from: Cursor | undefined; readonly to: Cursor }
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
  const needed = new Set<string>()
  const fetching = new Set<string>()

  const position = (): InflowPosition => ({ cursor, fill, tell })

  const ask = (): InflowEffect[] => {
    if (!up || !watched) return []
    const effects: InflowEffect[] = []
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
    return effects
  }

  /** Exchange state: tell all that is held, read all that there is. */
  const exchange = (): void => {
    tell = ''
    telling = false
    fill = 0
    filling = false
  }

  const changes = (event: Extract<InflowEvent, { type: 'changes' }>): InflowEffect[] => {
    const before = cursor
    const { entries } = event
    watched = true
    live = event.live
    if (event.reset) {
      cursor = event.cursor
      exchange()
      return [
        { do: 'report', what: 'reset', from: before, to: event.cursor },
        { do: 'store', entries, position: position(), bodies: false },
        ...ask(),
      ]
    }
    if (before !== undefined && isBack(before, event.cursor)) {
      // The entries are good for what they are; the cursor stays where it was, and the relay judges it at the next link.
      exchange()
      return [
        { do: 'report', what: 'cursor-back', from: before, to: event.cursor },
        { do: 'store', entries, position: position(), bodies: false },
        ...ask(),
      ]
    }
    cursor = event.cursor
    const fresh = before === undefined ? entries : entries.filter((entry) => entry.seq > before.seq)
    if (before?.seq === cursor.seq && fresh.length === 0) return ask()
    return [{ do: 'store', entries: fresh, position: position(), bodies: false }, ...ask()]
  }

  const bodies = (event: Extract<InflowEvent, { type: 'bodies' }>): InflowEffect[] => {
    const { document, entries } = event
    if (document !== undefined) {
      if (!fetching.delete(document)) return []
      if (entries.length === 0) return [{ do: 'absent', document, code: 'NOT_FOUND' }, ...ask()]
      return [{ do: 'store', entries, position: position(), bodies: true }, ...ask()]
    }
    if (!filling || fill === undefined) return []
    filling = false
    // A page that leads nowhere would be asked for again for ever.
    const ends = event.next === 0 || (fill !== 0 && event.next >= fill)
    fill = ends ? undefined : event.next
    return [{ do: 'store', entries, position: position(), bodies: true }, ...ask()]
  }

  return {
    position,
    live: () => live,
    handle(event) {
      switch (event.type) {
        case 'up':
          up = true
          return []
        case 'down':
          up = false
          live = false
          watched = false
          filling = false
          telling = false
          toldUpTo = undefined
          for (const document of fetching) needed.add(document)
          fetching.clear()
          return []
        case 'changes':
          return changes(event)
        case 'bodies':
          return bodies(event)
        case 'need': {
          const asked = event.documents.filter((document) => !fetching.has(document))
          const rest = [...needed].filter((document) => !asked.includes(document))
          needed.clear()
          for (const document of event.urgent ? [...asked, ...rest] : [...rest, ...asked]) needed.add(document)
          return ask()
        }
        case 'told':
          if (!telling) return []
          toldUpTo = event.upTo
          if (event.upTo !== undefined) return []
          tell = undefined
          telling = false
          return [{ do: 'resupply', documents: [], position: position() }]
        case 'want': {
          // Without a page under way this answers a `have` about one document.
          if (!telling || toldUpTo === undefined) return [{ do: 'resupply', documents: event.documents, position: position() }]
          tell = toldUpTo
          telling = false
          toldUpTo = undefined
          return [{ do: 'resupply', documents: event.documents, position: position() }, ...ask()]
        }
        case 'again':
          return ask()
        case 'watching':
          live = false
          return []
        case 'refused': {
          const { document, code } = event
          if (code === 'REMOVED') return [{ do: 'wipe-space', code }]
          if (code === 'GONE' && document !== undefined) {
            fetching.delete(document)
            return [{ do: 'wipe-document', document }, ...ask()]
          }
          if (document === undefined) {
            filling = false
            telling = false
            toldUpTo = undefined
            return []
          }
          if (!fetching.delete(document)) return []
          // For now: it is asked for `again`. What is being repaired takes longer than anybody waits.
          if (CODES[code].then === 'wait' && code !== 'QUARANTINED') {
            needed.add(document)
            return []
          }
          return [{ do: 'absent', document, code }, ...ask()]
        }
      }
    },
  }
}

function isBack(ours: Cursor, theirs: Cursor): boolean {
  if (theirs.epoch !== ours.epoch || theirs.seq < ours.seq) return true
  return theirs.seq === ours.seq && !sameBytes(theirs.mark, ours.mark)
}
