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
  | { readonly type: 'acked'; readonly entries: readonly { readonly n: number; readonly seq: number }[] }
  | { readonly type: 'refused'; readonly n: number; readonly code: Code; readonly retryAfter: number }
  /** These left the outbox, whatever the way. */
  | { readonly type: 'dropped'; readonly entries: readonly number[] }
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
  /** The greatest n found so far. */
  found(): number
  /** Entries that have no answer yet. */
  waiting(): number
  /** Documents that are kept back, with the reason and until when. */
  heldBack(): readonly { readonly document: string; readonly code: Code; readonly until: number }[]
}

interface Line {
  readonly entries: OutboxHead[]
  /** Not before. */
  until: number
  /** What the refused edits wait for; nothing is sent meanwhile. `asked`: the effect is out. */
  mend: { readonly effect: OutflowEffect; asked: boolean } | undefined
  code: Code | undefined
  refusals: number
  gaps: number
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
 * assert.deepEqual(out.handle({ type: 'acked', entries: [{ n: 1, seq: 9 }] }, 5), [{ do: 'settle', entries: [{ n: 1, seq: 9 }] }])
 * ```
 */
export function outflow(options: { chance: () => number; tellsGaps: (engine: string) => boolean }): Outflow {
  const linesByDocument = new Map<string, Line>()
  const headsByN = new Map<number, OutboxHead>()
  /** n to when it was sent. In the order of sending. */
  const flying = new Map<number, number>()
  const focused: string[] = []
  let flyingBytes = 0
  let up = false
  let holdUntil = 0
  let holds = 0
  /** Said once a link. */
  let distrusted = false
  let last = 0
  let forking: 'no' | 'draining' | 'asked' = 'no'

  const land = (n: number): void => {
    if (flying.delete(n)) flyingBytes -= headsByN.get(n)?.bytes ?? 0
  }

  const drop = (n: number): void => {
    const head = headsByN.get(n)
    if (head === undefined) return
    land(n)
    headsByN.delete(n)
    const line = linesByDocument.get(head.document)
    if (line === undefined) return
    const at = line.entries.indexOf(head)
    if (at >= 0) line.entries.splice(at, 1)
    if (line.entries.length === 0) linesByDocument.delete(head.document)
  }

  /** Everything of the document that is in flight will be sent again, in order from the first. */
  const recall = (line: Line): void => {
    for (const head of line.entries) land(head.n)
  }

  const inFlight = (line: Line): boolean => line.entries.some((head) => flying.has(head.n))

  /** The effects of refusals whose flights are over. */
  const mends = (): OutflowEffect[] => {
    const effects: OutflowEffect[] = []
    if (forking === 'draining' && flying.size === 0) {
      forking = 'asked'
      return [{ do: 'fork' }]
    }
    if (forking !== 'no') return []
    for (const line of linesByDocument.values()) {
      if (line.mend === undefined || line.mend.asked || inFlight(line)) continue
      line.mend.asked = true
      effects.push(line.mend.effect)
    }
    return effects
  }

  const insert = (head: OutboxHead): void => {
    let line = linesByDocument.get(head.document)
    if (line === undefined) {
      line = { entries: [], until: 0, mend: undefined, code: undefined, refusals: 0, gaps: 0 }
      linesByDocument.set(head.document, line)
    }
    headsByN.set(head.n, head)
    // Resupplies first: what is waiting behind may build on them. Else by n: tabs do not tell in the order in which they wrote.
    const after = (other: OutboxHead): boolean => (head.resupply ? other.resupply : other.resupply || other.n < head.n)
    let at = line.entries.length
    for (let other = line.entries[at - 1]; at > 0 && other !== undefined && !after(other); other = line.entries[at - 1]) at -= 1
    line.entries.splice(at, 0, head)
    last = Math.max(last, head.n)
  }

  const push = (now: number): OutflowEffect[] => {
    if (!up || forking !== 'no' || now < holdUntil) return []
    const chosen: number[] = []
    const take = (line: Line | undefined): boolean => {
      if (line === undefined || line.mend !== undefined || now < line.until) return true
      for (const head of line.entries) {
        if (flying.has(head.n)) {
          if (!options.tellsGaps(head.engine)) break
          continue
        }
        if (flying.size >= WINDOW_ENTRIES || (flying.size > 0 && flyingBytes + head.bytes > WINDOW_BYTES)) return false
        flying.set(head.n, now)
        flyingBytes += head.bytes
        chosen.push(head.n)
        if (!options.tellsGaps(head.engine)) break
      }
      return true
    }
    let room = true
    for (const document of focused) room &&= take(linesByDocument.get(document))
    // The rest by age: lines stand in the order of their first entry.
    for (const line of linesByDocument.values()) room &&= take(line)
    return chosen.length === 0 ? [] : [{ do: 'push', entries: chosen }]
  }

  const refused = (n: number, code: Code, retryAfter: number, now: number): OutflowEffect[] => {
    const head = headsByN.get(n)
    const line = head && linesByDocument.get(head.document)
    if (head === undefined || line === undefined || !flying.has(n)) return []
    const { document } = head
    const first = line.entries[0] === head
    land(n)
    // Of several refusals of one flight the first decides: the others follow from it.
    if (line.mend !== undefined || forking !== 'no') return []
    line.code = code
    const mend = (effect: OutflowEffect): OutflowEffect[] => {
      line.mend = { effect, asked: false }
      return []
    }
    switch (CODES[code].then) {
      case 'shelve':
        return mend({ do: 'shelve', document, code })
      case 'restamp':
        return mend({ do: 'restamp', document })
      case 'fork':
        forking = 'draining'
        return []
      case 'wipe':
        return mend(code === 'GONE' ? { do: 'wipe-document', document } : { do: 'wipe-space', code })
      case 'rejoin': {
        recall(line)
        // An old answer to what has been sent again since tells nothing new.
        if (!first) return []
        line.gaps += 1
        if (line.gaps <= RESENDS) return []
        line.until = now + Math.max(1_000, backoff(line.gaps, options.chance()))
        return [{ do: 'have', document }]
      }
      case 'wait': {
        recall(line)
        const until = (failures: number): number => now + Math.max(retryAfter, 250 + backoff(failures, options.chance()))
        // A repair is about this document; rate, quota and weather are about everything that this device sends.
        if (code === 'QUARANTINED') line.until = until(line.refusals++)
        else holdUntil = Math.max(holdUntil, now < holdUntil ? now + retryAfter : until(holds++))
        return []
      }
      case 'stop':
        return [{ do: 'give-up', code }]
    }
  }

  const acked = (entries: readonly { readonly n: number; readonly seq: number }[]): OutflowEffect[] => {
    const known = entries.filter(({ n }, at) => headsByN.has(n) && entries.findIndex((other) => other.n === n) === at)
    if (known.length === 0) return []
    holds = 0
    for (const { n } of known) {
      const line = linesByDocument.get(headsByN.get(n)?.document ?? '')
      if (line !== undefined) {
        line.gaps = 0
        line.refusals = 0
        if (line.mend === undefined) line.code = undefined
      }
      drop(n)
    }
    return [{ do: 'settle', entries: known }]
  }

  const stuckAt = (): number => {
    const [first] = flying.values()
    return first === undefined || distrusted ? Infinity : first + STUCK_MS
  }

  return {
    found: () => last,
    waiting: () => headsByN.size,

    heldBack() {
      const held: { document: string; code: Code; until: number }[] = []
      for (const [document, line] of linesByDocument) if (line.code !== undefined) held.push({ document, code: line.code, until: Math.max(line.until, holdUntil) })
      return held
    },

    wakeAt() {
      if (!up) return undefined
      let at = stuckAt()
      if (holdUntil > 0 && headsByN.size > flying.size) at = Math.min(at, holdUntil)
      for (const line of linesByDocument.values()) if (line.until > 0) at = Math.min(at, line.until)
      return at === Infinity ? undefined : at
    },

    handle(event, now) {
      switch (event.type) {
        case 'up':
          up = true
          distrusted = false
          return push(now)
        case 'down':
          up = false
          flying.clear()
          flyingBytes = 0
          holdUntil = 0
          // What was refused and not yet mended will be sent and refused again: nobody knows what became of the rest of the flight.
          if (forking === 'draining') forking = 'no'
          for (const line of linesByDocument.values()) if (line.mend?.asked === false) line.mend = undefined
          return []
        case 'found':
          for (const head of event.entries) if (!headsByN.has(head.n)) insert(head)
          return push(now)
        case 'focus': {
          const at = focused.indexOf(event.document)
          if (at >= 0) focused.splice(at, 1)
          focused.unshift(event.document)
          focused.length = Math.min(focused.length, 8)
          return push(now)
        }
        case 'acked':
          return [...acked(event.entries), ...mends(), ...push(now)]
        case 'refused':
          return [...refused(event.n, event.code, event.retryAfter, now), ...mends(), ...push(now)]
        case 'dropped': {
          for (const n of event.entries) {
            const line = linesByDocument.get(headsByN.get(n)?.document ?? '')
            if (line?.mend?.asked === true) line.mend = undefined
            drop(n)
          }
          return [...mends(), ...push(now)]
        }
        case 'forked':
          forking = 'no'
          return push(now)
        case 'tick': {
          if (up && now >= stuckAt()) {
            distrusted = true
            return [{ do: 'distrust' }]
          }
          for (const line of linesByDocument.values()) if (line.until <= now) line.until = 0
          if (holdUntil <= now) holdUntil = 0
          return push(now)
        }
      }
    },
  }
}
