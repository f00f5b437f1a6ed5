/**
 * What of an update goes into a document as it is, leaving nothing pending: for clients that send on what they could not place themselves
 * (Yjs writes such clocks behind a Skip). Law: what is left out is what Yjs would keep pending in a document with these clocks; linear in
 * structs, each looked at once, and once more for each reference it waits for.
 */
import type { ClockRange } from './arrange.ts'
import { Cursor } from './cursor.ts'
import { readNeeds, stepOver } from './struct-steps.ts'
import type { Run, UpdateParts } from './update-parts.ts'

/** One author's runs, in order, and how far they are placed. */
interface Lane {
  readonly runs: readonly Run[]
  /** Before all of its runs are looked at: the run, and where in it. */
  at: number
  cursor: Cursor
  /** Structs of this run that are placed, and where they end. */
  structs: number
  end: number
  /** The next clock of this author. */
  clock: number
  /** The clock of the next struct. */
  next: number
  /** What it is at waits for nothing that this update brings. */
  isStuck: boolean
  isWaiting: boolean
}

/**
 * The parts of an update that fit a document whose next free clocks these are (authors not named have none): without what is behind a gap,
 * without what refers to something that is nowhere, and without deletes of the unknown; runs that are known may be missing. Also gives
 * back whether nothing was left out.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { fittingParts, partsOf } from '@joinery/core/gate'
 *
 * // Author 7 writes "h" into the root text "t" at clock 0, and after a gap of two clocks "i".
 * const parts = partsOf(new Uint8Array([1, 3, 7, 0, 4, 1, 1, 0x74, 1, 0x68, 10, 2, 0x84, 7, 2, 1, 0x69, 0]))
 * assert.ok(parts)
 * const fitting = fittingParts(parts, new Map())
 * assert.deepEqual(fitting.parts.runs.map(({ from, to }) => [from, to]), [[0, 1]])
 * assert.equal(fitting.isWhole, false)
 * ```
 */
export function fittingParts(
  parts: UpdateParts,
  clocks: ReadonlyMap<number, number>,
): { readonly parts: UpdateParts; readonly isWhole: boolean } {
  const lanes = lanesOf(parts.runs, clocks)
  for (const lane of lanes.values()) place(lane, lanes, clocks)
  const runs = [...lanes.values()].flatMap(fittingRuns)
  const known = (author: number): number => lanes.get(author)?.clock ?? clocks.get(author) ?? 0
  const [deletes, gone] = [fittingRanges(parts.deletes, known), fittingRanges(parts.gone, known)]
  const isWhole =
    [...lanes.values()].every(({ runs: ofAuthor, clock }) => clock >= (ofAuthor.at(-1)?.to ?? 0)) &&
    deletes.length === parts.deletes.length &&
    deletes.every(({ to }, i) => to === parts.deletes[i]?.to)
  return { parts: { runs, deletes, gone }, isWhole }
}

function lanesOf(runs: readonly Run[], clocks: ReadonlyMap<number, number>): Map<number, Lane> {
  const runsByAuthor = new Map<number, Run[]>()
  for (const run of runs) {
    const others = runsByAuthor.get(run.author)
    if (others === undefined) runsByAuthor.set(run.author, [run])
    else others.push(run)
  }
  const lanes = new Map<number, Lane>()
  for (const [author, ofAuthor] of runsByAuthor) {
    const clock = clocks.get(author) ?? 0
    const lane: Lane = {
      // A Skip over what is known is none.
      runs: ofAuthor.filter(({ to }) => to > clock).toSorted((a, b) => a.from - b.from),
      at: -1,
      cursor: new Cursor(new Uint8Array()),
      structs: 0,
      end: 0,
      clock,
      next: 0,
      isStuck: false,
      isWaiting: false,
    }
    nextRun(lane)
    lanes.set(author, lane)
  }
  return lanes
}

/** Goes on to the next run; a gap before it is one that nothing here can close. */
function nextRun(lane: Lane): void {
  lane.at += 1
  lane.structs = 0
  const run = lane.runs[lane.at]
  if (run === undefined || run.from > lane.clock) {
    lane.isStuck = true
    return
  }
  lane.cursor = new Cursor(run.bytes)
  lane.cursor.pos = run.start
  lane.end = run.start
  lane.next = run.from
}

/** Places all of a lane that can be, and of others what that needs. */
function place(first: Lane, lanes: ReadonlyMap<number, Lane>, clocks: ReadonlyMap<number, number>): void {
  const stack = [{ lane: first, wanted: Infinity }]
  first.isWaiting = true
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const { lane, wanted } = top
    const need = lane.isStuck || lane.clock > wanted ? undefined : advance(lane, lanes, clocks)
    const other = need && lanes.get(need.author)
    if (need === undefined || other === undefined) {
      if (lane.isStuck || lane.clock > wanted) {
        lane.isWaiting = false
        stack.pop()
      }
    } else if (other.isStuck || other.isWaiting) {
      // It is nowhere, or what waits for it is what it waits for.
      lane.isStuck = true
    } else {
      other.isWaiting = true
      stack.push({ lane: other, wanted: need.clock })
    }
  }
}

/** Places the next struct, or tells what it needs first. */
function advance(
  lane: Lane,
  lanes: ReadonlyMap<number, Lane>,
  clocks: ReadonlyMap<number, number>,
): { author: number; clock: number } | undefined {
  const { cursor } = lane
  const run = lane.runs[lane.at] as Run
  if (lane.structs === run.structs) {
    nextRun(lane)
    return undefined
  }
  const start = cursor.pos
  let missing: { author: number; clock: number } | undefined
  readNeeds(cursor, (author, clock) => {
    const have = author === run.author ? lane.next : (lanes.get(author)?.clock ?? clocks.get(author) ?? 0)
    if (clock >= have) missing ??= { author, clock }
  })
  cursor.pos = start
  const isKnown = lane.next < lane.clock
  if (missing !== undefined && !isKnown) {
    if (!lanes.has(missing.author) || missing.author === run.author) lane.isStuck = true
    return missing
  }
  const length = stepOver(cursor)
  if (length < 0) {
    lane.isStuck = true
    return undefined
  }
  lane.structs += 1
  lane.end = cursor.pos
  lane.next += length
  if (lane.next > lane.clock) lane.clock = lane.next
  return undefined
}

/** Runs that are placed whole, and the first structs of the one that is not. */
function fittingRuns({ runs, at, structs, end, next }: Lane): Run[] {
  const fitting = runs.slice(0, at)
  const last = runs[at]
  if (last !== undefined && structs > 0) fitting.push({ ...last, to: next, structs, end, marks: [] })
  return fitting
}

function fittingRanges<T extends ClockRange & { readonly author: number }>(
  ranges: readonly T[],
  known: (author: number) => number,
): T[] {
  return ranges.flatMap(range => {
    const to = Math.min(range.to, known(range.author))
    return range.from < to ? [{ ...range, to }] : []
  })
}
