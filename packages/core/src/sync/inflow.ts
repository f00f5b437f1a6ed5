/**
 * How far a replica of one space has read, what it still lacks, and what an answer of the relay means for it. Laws:
 * - The cursor only goes forward and is stored together with what it covers (I6); one that goes back or fits no more is reported and
 *   answered by an exchange of state, and nothing is wiped (CL-10, R4).
 * - What was acked, or fetched, and not read before the link went down, the log may have lost though the cursor fits: what is held is
 *   told (R4).
 * - A new replica is live at the head at once and fills in backwards, page by page, newest first; where it stands is stored, so it goes
 *   on after a break (R2).
 * - A document whose beginning is not here yet is fetched before the pages; one that somebody waits for before all others.
 * - A body that was asked for before a `void` is not taken: it may hold what was voided, which nothing would take out again (D2).
 * - What the replica holds is told page by page, each answered by a `want`; a page without its answer is told again. A `want` does not
 *   say what it answers: whoever tells knows, as they come in the order of what was told.
 */
import { sameBytes } from '../digest.ts'
import { CODES, type Code } from '../errors.ts'
import type { Cursor, Entry } from '../entry.ts'
import type { WantedDocument } from '../protocol/index.ts'

const FETCHES = 4

/** What of this is stored, and read back when the link comes up in another tab or another year. */
export interface InflowPosition {
  readonly cursor?: Cursor | undefined
  /** `before` of the next page of bodies; 0 for the newest, undefined when everything is here. */
  readonly fill?: number | undefined
  /** The document after which to go on telling what is held; undefined when there is nothing to tell. */
  readonly tell?: string | undefined
}

export const NEW_REPLICA: InflowPosition = { fill: 0 }

/** What was told in one `have`: the documents after the one up to the other; undefined when there were none. */
export interface ToldPage {
  readonly after: string
  readonly upTo: string | undefined
}

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
  /** `page`: what it answers, when that was a page and not one document. A page of no documents is answered without the relay. */
  | { readonly type: 'want'; readonly documents: readonly WantedDocument[]; readonly page: ToldPage | undefined }
  /** The log goes this far. */
  | { readonly type: 'ack'; readonly entries: readonly { readonly seq: number }[] }
  /** These bodies are needed. `urgent`: somebody waits. */
  | { readonly type: 'need'; readonly documents: Iterable<string>; readonly urgent?: boolean | undefined }
  /** With no document: the space, or the page. */
  | { readonly type: 'refused'; readonly document: string | undefined; readonly code: Code }
  /** The relay is asked what is new, once more. */
  | { readonly type: 'watching' }

export type InflowEffect =
  /** In one transaction: these entries, in order, and the position. */
  | {
      readonly do: 'store'
      readonly entries: readonly Entry[]
      readonly position: InflowPosition
      readonly bodies: boolean
      /**
       * The log may have lost what was heard of it, and from here on the position says that what is held is told. How far the log is known
       * to go since, in place of what was heard before: read inside the transaction, since acks go on arriving.
       */
      readonly lost: { readonly seq: number } | undefined
    }
  /** Send a `fetch`; with no document, for the page before `before`. */
  | { readonly do: 'fetch'; readonly document: string | undefined; readonly before: number }
  /** The relay knows no such document. */
  | { readonly do: 'absent'; readonly document: string; readonly code: Code }
  /** Send a page of `have` with the documents after this one (`''` for the first), or answer it when there are none. */
  | { readonly do: 'tell'; readonly after: string }
  /** Put into the outbox what the relay lacks of these, and store the position. */
  | { readonly do: 'resupply'; readonly documents: readonly WantedDocument[]; readonly position: InflowPosition }
  /** For the log and the person who reads it. */
  | { readonly do: 'report'; readonly what: 'cursor-back' | 'reset' }
  | { readonly do: 'wipe-document'; readonly document: string }
  | { readonly do: 'wipe-space'; readonly code: Code }

export interface Inflow {
  handle(event: InflowEvent): InflowEffect[]
  position(): InflowPosition
  /** Whether everything up to the relay's head is here, but for bodies still to fill in. */
  live(): boolean
}

/**
 * The inflow of one space, from where it stood. `seq`: the log is known to have gone that far.
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
export function inflow(start: InflowPosition, seq = 0): Inflow {
  let { cursor, fill, tell } = start
  /** How far the log is known to go. Another object for each log that is not known to be the one before: acks of either raise its own. */
  let heard = { seq }
  let live = false
  /** Whether the relay has answered `watch` on this link: only then does it know what we may ask. */
  let watched = false
  let filling = false
  let telling = false
  let needed = new Set<string>()
  const fetching = new Set<string>()
  /** On this link: not taken from pages, which may have been read before. True: nor is the answer that is on its way. */
  const voided = new Map<string, boolean>()
  let effects: InflowEffect[] = []

  const position = (): InflowPosition => ({ cursor, fill, tell })

  const store = (entries: readonly Entry[], bodies: boolean, lost?: typeof heard): void =>
    void effects.push({ do: 'store', entries, position: position(), bodies, lost })

  /**
   * What is held is told from the first document on, and the position says so until that is done, on whatever link: what was heard before
   * says no more. A tell that was under way begins anew: what was heard during it is of any document.
   */
  const lose = (entries: readonly Entry[]): void => {
    heard = { seq: 0 }
    tell = ''
    store(entries, false, heard)
  }

  const resupply = (documents: readonly WantedDocument[]): void =>
    void effects.push({ do: 'resupply', documents, position: position() })

  const ask = (): void => {
    if (!watched) return
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
  }

  const changes = (event: Extract<InflowEvent, { type: 'changes' }>): void => {
    const from = cursor
    const { entries, reset, cursor: to } = event
    watched = true
    live = event.live
    const isOld =
      !reset &&
      from &&
      (to.epoch !== from.epoch || to.seq < from.seq || (to.seq === from.seq && !sameBytes(to.mark, from.mark)))
    if (!isOld) cursor = to
    for (const { type, document } of entries) if (type === 'void') voided.set(document, fetching.has(document))
    if (reset || isOld) {
      // An exchange of state: all that is held is told, all that there is is read. A cursor that went back was wrong; what came with it
      // is good for what it is.
      effects.push({ do: 'report', what: reset ? 'reset' : 'cursor-back' })
      fill = 0
      startPages()
      lose(entries)
    } else {
      const fresh = entries.filter(({ seq }) => seq > (from?.seq ?? 0))
      if (from?.seq !== to.seq || fresh.length > 0) store(fresh, false)
    }
    ask()
  }

  const hear = ({ entries }: { readonly entries: readonly { readonly seq: number }[] }): void => {
    // An ack of what was there already may come behind one of what is new.
    heard.seq = furthest(entries, heard.seq)
  }

  const bodies = (event: Extract<InflowEvent, { type: 'bodies' }>): void => {
    const { document, entries, next } = event
    hear(event)
    if (document) {
      if (!fetching.delete(document)) return
      if (voided.get(document)) {
        voided.set(document, false)
        needed.add(document)
      } else if (entries.length === 0) effects.push({ do: 'absent', document, code: 'NOT_FOUND' })
      else store(entries, true)
    } else if (filling && (!fill || next < fill)) {
      // A refusal does not say of what, so a page may be asked for, and answered, twice: what leads no further is not the next one.
      filling = false
      const taken = entries.filter(({ document }) => !voided.has(document))
      // What it brings need not come once more.
      for (const { document } of taken) {
        needed.delete(document)
        fetching.delete(document)
      }
      fill = next || undefined
      store(taken, true)
    }
    ask()
  }

  const refused = ({ document, code }: Extract<InflowEvent, { type: 'refused' }>): void => {
    if (code === 'REMOVED') return void effects.push({ do: 'wipe-space', code })
    // Of what is not said. It is asked for again when the relay was asked what is new.
    if (!document) return
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
      if (heard.seq > (cursor?.seq ?? 0)) lose([])
    },
    down: () => {
      live = watched = false
      startPages()
      for (const document of fetching) needed.add(document)
      fetching.clear()
      voided.clear()
    },
    changes,
    bodies,
    refused,
    ack: hear,
    watching: () => {
      live = false
      startPages()
    },
    need: ({ documents, urgent }) => {
      needed = new Set([...(urgent ? documents : []), ...needed, ...documents])
      for (const document of fetching) needed.delete(document)
      ask()
    },
    want: ({ documents, page }) => {
      // One that began before a reset says nothing of what has to be told since.
      if (page && page.after === tell) {
        tell = page.upTo
        telling = false
      }
      resupply(documents)
      ask()
    },
  }

  return {
    position,
    live: () => live,
    handle(event) {
      effects = []
      // A relay may say what no relay says: no notice is taken of it.
      const row: ((event: never) => void) | undefined = act[event.type]
      row?.(event as never)
      return effects
    },
  }
}

/**
 * How far a log is known to go that went as far as `before` and holds these, which come in any order.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { furthest } from '@joinery/core/sync'
 *
 * assert.equal(furthest([{ seq: 7 }, { seq: 4 }], 5), 7)
 * ```
 */
export function furthest(entries: readonly { readonly seq: number }[], before: number): number {
  return entries.reduce((most, { seq }) => Math.max(most, seq), before)
}
