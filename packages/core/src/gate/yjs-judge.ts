/**
 * Judges a scanned update against what a relay or a replica holds: the second half of the gate. Pure: it looks at heads and owners and
 * never at documents. For the SDK's pushes; the y-websocket door, whose clients send again what is known, judges by its own rules.
 *
 * Laws (A3, T5, R4):
 * - what is `new` goes into any document with this head whole: nothing is left pending, in structs or deletes;
 * - an author is one owner's. His clocks are written once and in order: a later start is a gap (CR-04), an earlier one is another
 *   history under the same name (CR-08), since the same push again was recognised before it came here;
 * - a struct that refers to what is not there is a gap (CR-05); a delete of what is not there is refused (CR-11);
 * - a re-supplied update (R4) may repeat clocks and carry others' structs, whose owner stays who it was, or nobody; after a loss whoever
 *   pushes on may repeat his own clocks, which somebody else may have given back;
 * - "nothing new" is `known` and never an entry (D3). Whether a delete is new cannot be seen, so one alone is `new`.
 */
import type { Code } from '../errors.ts'
import type { AuthorRange, YjsScan } from './yjs-scan.ts'

/** What is held of a document, with what is queued for it (T5). */
export interface HeadView {
  /** The next free clock of an author, 0 when there is none. */
  clockOf(author: number): number
  /** The device an author is bound to (at the door: the subject). */
  ownerOf(author: number): string | undefined
}

/** Who brings the update. */
export interface Claim {
  readonly owner: string
  /** A device gives back what a relay lost. */
  readonly resupply?: boolean
  /** The relay lost something that it may have got back from others since: his own edits may be there already. */
  readonly repeats?: boolean
  /** Whether an author whom nobody has is bound to who brings him; every one is if absent. */
  readonly binds?: ((author: number) => boolean) | undefined
}

export type GateRefusal = Extract<Code, 'CONFLICTING_AUTHORSHIP' | 'DELETES_UNKNOWN'>

/** What to record of an author: his clocks up to `to`, of which `[from, to)` are new, and who he is bound to from now on. */
export interface RecordedAuthor {
  readonly author: number
  readonly from: number
  readonly to: number
  readonly owner: string | undefined
}

export type Verdict =
  | { readonly verdict: 'new'; readonly authors: readonly RecordedAuthor[] }
  | { readonly verdict: 'known' }
  /** The document holds clocks of `author` below `have`, and would have to hold those below `need`. */
  | { readonly verdict: 'gap'; readonly author: number; readonly have: number; readonly need: number }
  | { readonly verdict: 'refused'; readonly code: GateRefusal; readonly detail: string }

const KNOWN: Verdict = { verdict: 'known' }

/**
 * Judges a scan against what is held. A refusal for authorship comes before a gap, a gap before deletes of the unknown.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { judgeYjs, SCAN_LIMITS, scanYjsUpdate } from '@joinery/core/gate'
 *
 * const result = scanYjsUpdate(new Uint8Array([1, 1, 7, 0, 4, 1, 1, 0x74, 2, 0x68, 0x69, 0]), SCAN_LIMITS)
 * assert.ok(result.ok)
 * const nothing = { clockOf: () => 0, ownerOf: () => undefined }
 * assert.deepEqual(judgeYjs(result.scan, nothing, { owner: 'phone' }), {
 *   verdict: 'new',
 *   authors: [{ author: 7, from: 0, to: 2, owner: 'phone' }],
 * })
 *
 * const afterwards = { clockOf: () => 2, ownerOf: () => 'phone' }
 * const again = judgeYjs(result.scan, afterwards, { owner: 'laptop' })
 * assert.ok(again.verdict === 'refused' && again.code === 'CONFLICTING_AUTHORSHIP')
 * ```
 */
export function judgeYjs(scan: YjsScan, head: HeadView, by: Claim): Verdict {
  const resupply = by.resupply === true
  return (
    (resupply ? undefined : conflict(scan.authors, head, by)) ??
    gapInClocks(scan.authors, head) ??
    gapInReferences(scan, head) ??
    unknownDeletes(scan, head) ??
    accepted(scan, head, by)
  )
}

function conflict(authors: readonly AuthorRange[], head: HeadView, { owner, repeats }: Claim): Verdict | undefined {
  for (const { author, from } of authors) {
    const bound = head.ownerOf(author)
    if (bound !== undefined && bound !== owner)
      return refused('CONFLICTING_AUTHORSHIP', `author ${author} is another owner's`)
    const have = head.clockOf(author)
    if (from < have && repeats !== true)
      return refused('CONFLICTING_AUTHORSHIP', `author ${author} wrote clock ${from} before`)
  }
  return undefined
}

function gapInClocks(authors: readonly AuthorRange[], head: HeadView): Verdict | undefined {
  for (const { author, from } of authors) {
    const have = head.clockOf(author)
    if (from > have) return { verdict: 'gap', author, have, need: from }
  }
  return undefined
}

/** The scan leaves out what the update brings itself, so only the head can have what is left. */
function gapInReferences(scan: YjsScan, head: HeadView): Verdict | undefined {
  for (const { author, clock } of scan.references) {
    const have = head.clockOf(author)
    if (clock >= have) return { verdict: 'gap', author, have, need: clock + 1 }
  }
  return undefined
}

function unknownDeletes(scan: YjsScan, head: HeadView): Verdict | undefined {
  if (!scan.hasDeletes) return undefined
  const broughtBy = new Map(scan.authors.map(({ author, to }) => [author, to]))
  for (const { author, to } of scan.deletes) {
    const known = Math.max(head.clockOf(author), broughtBy.get(author) ?? 0)
    if (to > known) return refused('DELETES_UNKNOWN', `deletes clock ${to - 1} of author ${author}, who has ${known}`)
  }
  return undefined
}

function accepted(scan: YjsScan, head: HeadView, { owner, resupply, binds }: Claim): Verdict {
  const authors: RecordedAuthor[] = []
  for (const { author, to } of scan.authors) {
    const from = head.clockOf(author)
    // Re-supplied and known already.
    if (to <= from) continue
    const isFree = resupply === true || binds?.(author) === false
    const bound = head.ownerOf(author) ?? (isFree ? undefined : owner)
    authors.push({ author, from, to, owner: bound })
  }
  return authors.length === 0 && !scan.hasDeletes ? KNOWN : { verdict: 'new', authors }
}

function refused(code: GateRefusal, detail: string): Verdict {
  return { verdict: 'refused', code, detail }
}
