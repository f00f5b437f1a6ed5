/**
 * Which of a space's unacked edits go to the relay next, and what an answer means. Laws:
 * - Order is kept per document; what the person works on overtakes; a resupply goes before what builds on it.
 * - Where an update does not tell that an earlier one is missing, it waits until that one is acked: else it would stand in the log though
 *   what it builds on was refused.
 * - At most 64 entries and 1 MiB are in flight. An answer counts once and only for an entry that is here (CL-09).
 * - A refusal is never an end by itself: what happens with the edits is an effect, asked for once everything else of that document
 *   that is in flight has its answer; until they are `dropped` nothing more of it is sent (C2, CL-13).
 * - The oldest entry in flight waits 30 s for its answer while the link is up; then the link is not to be trusted (CL-11).
 */
import { CODES, type Code } from '../errors.ts'
import { backoff } from './backoff.ts'

const WINDOW_ENTRIES = 64
const WINDOW_BYTES = 1024 * 1024
const STUCK_MS = 30_000
/** A gap that stays after this many resends is not one that resending closes: the relay is asked what it lacks. */
const RESENDS = 1
/** As many documents as a person works on. */
const FOCUSED = 8

export interface OutboxHead {
  readonly n: number
  readonly document: string
  readonly engine: string
  readonly bytes: number
  readonly resupply: boolean
}

export type OutflowEvent =
  /** The link is up, or down: what was in flight has to be sent again. */
  | { readonly type: 'up' }
  | { readonly type: 'down' }
  /** Entries found in the outbox, with n above all found before. */
  | { readonly type: 'found'; readonly entries: readonly OutboxHead[] }
  /** The person works on this document. */
  | { readonly type: 'focus'; readonly document: string }
  | { readonly type: 'ack'; readonly entries: readonly { readonly n: number; readonly seq: number }[] }
  | { readonly type: 'refused'; readonly n: number; readonly code: Code; readonly retryAfter: number }
  /** These left the outbox, whatever the way. */
  | { readonly type: 'dropped'; readonly entries: readonly number[] }
  /** These left the outbox because newer ones, `found` before, say what they said. What was asked for of their document still comes. */
  | { readonly type: 'replaced'; readonly entries: readonly number[] }
  /** The device has its new id, and everything under the old one is dropped. */
  | { readonly type: 'forked' }
  | { readonly type: 'tick' }

export type OutflowEffect =
  | { readonly do: 'push'; readonly entries: readonly number[] }
  /** Acked: take them out of the outbox. */
  | { readonly do: 'settle'; readonly entries: readonly { readonly n: number; readonly seq: number }[] }
  | { readonly do: 'shelve'; readonly document: string; readonly code: Code }
  /** Write this document's unacked edits anew: with fresh stamps, because the clock ran ahead. */
  | { readonly do: 'restamp'; readonly document: string }
  /** Take another device id and write all unacked edits anew under it. */
  | { readonly do: 'fork' }
  | { readonly do: 'wipe-document'; readonly document: string }
  | { readonly do: 'wipe-space'; readonly code: Code }
  /** Tell the relay what is held of this document: it lacks something that was acked. */
  | { readonly do: 'have'; readonly document: string }
  | { readonly do: 'give-up'; readonly code: Code }
  | { readonly do: 'distrust' }

export interface Outflow {
  handle(event: OutflowEvent, now: number): OutflowEffect[]
  wakeAt(): number | undefined
  /** Entries that have no answer yet. */
  waiting(): number
  /** How many documents are kept back, because the relay does not take their edits now. */
  heldBack(): number
}

interface Line {
  readonly items: Item[]
  /** Not before. */
  until: number
  /** What the refused edits wait for; nothing is sent meanwhile. */
  mend: OutflowEffect | 'resend' | undefined
  /** Whether that has been asked for. */
  asked: boolean
  refusals: number
  gaps: number
}

interface Item extends OutboxHead {
  readonly line: Line
  sentAt: number
}

/**
 * The outflow of one space. `chance` gives numbers in [0, 1).
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { outflow } from '@joinery/core/sync'
 *
 * const out = outflow({ chance: () => 0.5, tellsGaps: () => true })
 * out.handle({ type: 'up' }, 0)
 * const found = { type: 'found', entries: [{ n: 1, document: 'd', engine: 'yjs', bytes: 20, resupply: false }] } as const
 * assert.deepEqual(out.handle(found, 0), [{ do: 'push', entries: [1] }])
 * assert.deepEqual(out.handle({ type: 'ack', entries: [{ n: 1, seq: 9 }] }, 5), [{ do: 'settle', entries: [{ n: 1, seq: 9 }] }])
 * ```
 */
export function outflow(options: { chance: () => number; tellsGaps: (engine: string) => boolean }): Outflow {
  const linesByDocument = new Map<string, Line>()
  const itemsByN = new Map<number, Item>()
  /** In the order of sending. */
  const flying = new Set<Item>()
  /** Kept back, because the relay did not take what was sent of them. */
  const troubled = new Set<Line>()
  const focused: string[] = []
  let flyingBytes = 0
  let up = false
  let holdUntil = 0
  let holds = 0
  /** Said once a link. */
  let distrusted = false
  let forking: 'no' | 'draining' | 'asked' = 'no'
  let now = 0
  let effects: OutflowEffect[] = []

  const land = (item: Item): void => {
    if (flying.delete(item)) flyingBytes -= item.bytes
  }

  const drop = (item: Item): void => {
    const { items } = item.line
    land(item)
    itemsByN.delete(item.n)
    items.splice(items.indexOf(item), 1)
    if (items.length > 0) return
    linesByDocument.delete(item.document)
    troubled.delete(item.line)
  }

  /** These are here no more; gives those that were. */
  const leave = (entries: readonly number[]): Item[] => {
    const items = entries.flatMap(n => itemsByN.get(n) ?? [])
    items.forEach(drop)
    return items
  }

  const insert = (head: OutboxHead): void => {
    const known = linesByDocument.get(head.document)
    const line: Line = known ?? { items: [], until: 0, mend: undefined, asked: false, refusals: 0, gaps: 0 }
    const { items } = line
    const item = { ...head, line, sentAt: 0 }
    linesByDocument.set(head.document, line)
    itemsByN.set(head.n, item)
    // Resupplies first: what is waiting behind may build on them. Else by n: tabs do not tell in the order in which they wrote.
    const rank = (one: OutboxHead): number => (one.resupply ? 0 : one.n)
    let at = items.length
    while (at > 0 && rank(items[at - 1] ?? head) > rank(head)) at -= 1
    items.splice(at, 0, item)
  }

  /** Sends what may go of a line; false when there is no more room. */
  const take = (line: Line | undefined, chosen: number[]): boolean => {
    if (!line || line.mend || now < line.until) return true
    for (const item of line.items) {
      if (!flying.has(item)) {
        if (flying.size >= WINDOW_ENTRIES || (flying.size > 0 && flyingBytes + item.bytes > WINDOW_BYTES)) return false
        item.sentAt = now
        flying.add(item)
        flyingBytes += item.bytes
        chosen.push(item.n)
      }
      if (!options.tellsGaps(item.engine)) break
    }
    return true
  }

  /** Asks for what refusals make necessary, once their flights are over; and sends what may go. */
  const goOn = (): void => {
    if (forking === 'draining' && flying.size === 0) {
      forking = 'asked'
      effects.push({ do: 'fork' })
    }
    if (forking !== 'no') return
    for (const line of troubled) {
      if (!line.mend || line.asked || line.items.some(item => flying.has(item))) continue
      if (line.mend === 'resend') line.mend = undefined
      else {
        line.asked = true
        effects.push(line.mend)
      }
    }
    if (!up || now < holdUntil) return
    const entries: number[] = []
    // What is worked on first; the rest by age: lines stand in the order of their first entry.
    let room = focused.every(document => take(linesByDocument.get(document), entries))
    for (const line of linesByDocument.values()) {
      room &&= take(line, entries)
      if (!room) break
    }
    if (entries.length > 0) effects.push({ do: 'push', entries })
  }

  const refused = (item: Item, code: Code, retryAfter: number): void => {
    const { line, document } = item
    land(item)
    // Of several refusals of one flight the first decides: the others follow from it.
    if (line.mend || forking !== 'no') return
    troubled.add(line)
    line.asked = false
    const later = (failures: number): number => backoff(failures, options.chance())
    switch (CODES[code]) {
      case 'shelve':
        line.mend = { do: 'shelve', document, code }
        return
      case 'restamp':
        line.mend = { do: 'restamp', document }
        return
      case 'wipe':
        line.mend = code === 'GONE' ? { do: 'wipe-document', document } : { do: 'wipe-space', code }
        return
      case 'fork':
        forking = 'draining'
        return
      case 'stop':
        effects.push({ do: 'give-up', code })
        return
      case 'rejoin':
      case 'wait':
        // Once its flight is over it goes again, in order from the first: sooner it would be judged by answers of this flight.
        line.mend = 'resend'
    }
    if (CODES[code] === 'rejoin') {
      if (++line.gaps <= RESENDS) return
      line.until = now + Math.max(1_000, later(line.gaps))
      effects.push({ do: 'have', document })
    } else if (code === 'QUARANTINED') {
      // A repair is about this document; rate, quota and weather are about everything that this device sends.
      line.until = now + Math.max(retryAfter, 250 + later(line.refusals++))
    } else if (now < holdUntil) holdUntil = Math.max(holdUntil, now + retryAfter)
    else holdUntil = now + Math.max(retryAfter, 250 + later(holds++))
  }

  const ack = ({ entries }: Extract<OutflowEvent, { type: 'ack' }>): void => {
    const settled = entries.filter(({ n }) => {
      const item = itemsByN.get(n)
      if (!item) return false
      const { line } = item
      // The relay takes edits of it again: what was kept back is not waited for any longer, and nothing else would wake it.
      // Not its gaps: what is behind one may be acked for as long as somebody types, and what is held would never be told.
      line.refusals = line.until = holds = 0
      if (!line.mend) troubled.delete(line)
      drop(item)
      return true
    })
    if (settled.length > 0) effects.push({ do: 'settle', entries: settled })
  }

  const stuckAt = (): number => {
    const [first] = flying
    return !first || distrusted ? Infinity : first.sentAt + STUCK_MS
  }

  const act: { readonly [T in OutflowEvent['type']]: (event: Extract<OutflowEvent, { type: T }>) => void } = {
    up: () => {
      up = true
      distrusted = false
    },
    down: () => {
      up = false
      flying.clear()
      flyingBytes = holdUntil = 0
      // What was refused and not yet mended will be sent and refused again: nobody knows what became of the rest of the flight.
      if (forking === 'draining') forking = 'no'
      for (const line of troubled) if (!line.asked) line.mend = undefined
    },
    found: ({ entries }) => {
      for (const head of entries) if (!itemsByN.has(head.n)) insert(head)
    },
    focus: ({ document }) => {
      const others = focused.filter(other => other !== document).slice(0, FOCUSED - 1)
      focused.splice(0, Infinity, document, ...others)
    },
    ack,
    refused: ({ n, code, retryAfter }) => {
      const item = itemsByN.get(n)
      if (item && flying.has(item)) refused(item, code, retryAfter)
    },
    dropped: ({ entries }) => {
      for (const { line } of leave(entries)) if (line.asked) line.mend = undefined
    },
    replaced: ({ entries }) => void leave(entries),
    forked: () => {
      forking = 'no'
    },
    tick: () => {
      if (!up || now < stuckAt()) return
      distrusted = true
      effects.push({ do: 'distrust' })
    },
  }

  return {
    waiting: () => itemsByN.size,
    heldBack: () => troubled.size,
    wakeAt() {
      if (!up) return undefined
      const times = [stuckAt()]
      if (holdUntil > now && itemsByN.size > flying.size) times.push(holdUntil)
      for (const { until } of troubled) if (until > now) times.push(until)
      const at = times.reduce((a, b) => Math.min(a, b))
      return at === Infinity ? undefined : at
    },
    handle(event, at) {
      now = at
      effects = []
      const row: (event: never) => void = act[event.type]
      row(event as never)
      goOn()
      return effects
    },
  }
}
