/**
 * What the updates of one document hold together, by their bytes: no document is built (T1). For updates that have passed the gate.
 * Laws:
 * - What is given out, applied to any document, does what applying these updates in their order does.
 * - Linear: nothing is read twice but the one struct that a state vector ends inside of, and what leads to it from the last mark.
 * - Of clocks that come twice, the first stand.
 */
import type { ClockRange } from './arrange.ts'
import { ByteWriter } from './byte-writer.ts'
import { Cursor } from './cursor.ts'
import { DeleteRanges, type RangesByAuthor } from './delete-ranges.ts'
import { cutStruct, SKIP, stepOver } from './struct-steps.ts'
import { partsOf, type Run, type UpdateParts } from './update-parts.ts'

export interface HeldUpdates {
  /** False when the update cannot be read: nothing of it is held. */
  add(update: Uint8Array): boolean
  /** As `add`, of an update that was read before. */
  addParts(parts: UpdateParts): void
  /** One update with all that is held, or all that a state vector lacks, with every delete. A state vector that cannot be read lacks all. */
  encode(stateVector?: Uint8Array): Uint8Array
  /** What of an update is not held: undefined when nothing is. An update that cannot be read is given back as it is. */
  lacking(update: Uint8Array): Uint8Array | undefined
  lackingParts(parts: UpdateParts): Uint8Array | undefined
  /** Runs of structs held. */
  readonly runs: number
}

/**
 * Holds no update yet.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { heldUpdates } from '@joinery/core/gate'
 *
 * // Author 7 writes "h" into the root text "t", then "i" behind it.
 * const held = heldUpdates()
 * held.add(new Uint8Array([1, 1, 7, 0, 4, 1, 1, 0x74, 1, 0x68, 0]))
 * const second = new Uint8Array([1, 1, 7, 1, 0x84, 7, 0, 1, 0x69, 0])
 * assert.deepEqual(held.lacking(second), second)
 * held.add(second)
 * assert.equal(held.lacking(second), undefined)
 * // Who has the first clock lacks the second.
 * assert.deepEqual(held.encode(new Uint8Array([1, 7, 1])), second)
 * ```
 */
export function heldUpdates(): HeldUpdates {
  const runsByAuthor = new Map<number, Run[]>()
  /** Authors whose runs do not simply follow each other. */
  const untidy = new Set<number>()
  const deletes = new DeleteRanges()
  let runs = 0

  const addParts = (parts: UpdateParts): void => {
    for (const run of parts.runs) {
      const before = runsByAuthor.get(run.author)
      runs += 1
      if (before === undefined) {
        runsByAuthor.set(run.author, [run])
      } else {
        if (before.at(-1)?.to !== run.from) untidy.add(run.author)
        before.push(run)
      }
    }
    for (const { author, from, to } of parts.deletes) deletes.add(author, from, to)
    for (const { author, from, to } of parts.gone) deletes.add(author, from, to)
  }

  const tidy = (): void => {
    for (const author of untidy) runsByAuthor.set(author, inOrder(runsByAuthor.get(author) ?? []))
    untidy.clear()
  }

  /** Clocks below it are all held. */
  const clockOf = (author: number): number => {
    let clock = 0
    for (const { from, to } of runsByAuthor.get(author) ?? []) {
      if (from > clock) break
      clock = to
    }
    return clock
  }

  const lackingParts = (parts: UpdateParts): Uint8Array | undefined => {
    tidy()
    const found: Run[][] = []
    for (const run of parts.runs) {
      const clock = clockOf(run.author)
      if (run.to <= clock) continue
      const rest = run.from < clock ? cutRun(run, clock) : [run]
      const before = found.at(-1)
      if (before?.[0]?.author === run.author) before.push(...rest)
      else found.push(rest)
    }
    const ranges = new DeleteRanges()
    for (const { author, from, to } of parts.deletes) ranges.add(author, from, to)
    const deleted = new Map<number, ClockRange[]>()
    for (const [author, wanted] of ranges.tidy()) {
      const lacking = deletes.lacks(author, wanted)
      if (lacking.length > 0) deleted.set(author, lacking)
    }
    return found.length === 0 && deleted.size === 0 ? undefined : written(found, deleted)
  }

  return {
    get runs() {
      return runs
    },
    addParts,
    add(update) {
      const parts = partsOf(update)
      if (parts === undefined) return false
      addParts(parts)
      return true
    },
    encode(stateVector) {
      tidy()
      const theirs = stateVector === undefined ? NOTHING : clocksOf(stateVector, runsByAuthor)
      const found: Run[][] = []
      for (const [author, ofAuthor] of runsByAuthor) {
        const clock = theirs.get(author) ?? 0
        if (clock === 0) found.push(ofAuthor)
        else if ((ofAuthor.at(-1)?.to ?? 0) > clock) found.push(runsFrom(ofAuthor, clock))
      }
      // As Yjs writes them: the highest author first.
      found.sort((a, b) => (b[0]?.author ?? 0) - (a[0]?.author ?? 0))
      return written(found, deletes.tidy())
    },
    lacking(update) {
      const parts = partsOf(update)
      return parts === undefined ? update : lackingParts(parts)
    },
    lackingParts,
  }
}

const NOTHING: ReadonlyMap<number, number> = new Map()
/** Three years of 200 new ones a day. Who says he has more gets everything. */
const MOST_AUTHORS = 2 ** 18

/** Of the authors that are held: a state vector may name millions of others, and asking for each is what it would cost. */
function clocksOf(stateVector: Uint8Array, held: ReadonlyMap<number, unknown>): ReadonlyMap<number, number> {
  const cursor = new Cursor(stateVector)
  const clocks = new Map<number, number>()
  const count = cursor.count(2)
  if (count > MOST_AUTHORS) return NOTHING
  for (let i = 0; i < count; i++) {
    const author = cursor.uint()
    const clock = cursor.uint()
    if (held.has(author)) clocks.set(author, clock)
  }
  return cursor.refusal === undefined && cursor.left === 0 ? clocks : NOTHING
}

/** In order of their clocks, and none twice. */
function inOrder(runs: readonly Run[]): Run[] {
  const ordered: Run[] = []
  let clock = 0
  for (const run of runs.toSorted((a, b) => a.from - b.from)) {
    if (run.to <= clock) continue
    if (run.from < clock) ordered.push(...cutRun(run, clock))
    else ordered.push(run)
    clock = run.to
  }
  return ordered
}

function runsFrom(runs: readonly Run[], clock: number): Run[] {
  let low = 0
  let high = runs.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((runs[middle] as Run).to <= clock) low = middle + 1
    else high = middle
  }
  const first = runs[low]
  if (first === undefined || first.from >= clock) return runs.slice(low)
  return [...cutRun(first, clock), ...runs.slice(low + 1)]
}

/** The run from a clock inside of it on. */
function cutRun(run: Run, clock: number): Run[] {
  const { author, bytes, end, to, marks } = run
  const cursor = new Cursor(bytes)
  let at = run.from
  cursor.pos = run.start
  let structs = 0
  for (let mark = marks.length - 3; mark >= 0; mark -= 3) {
    if ((marks[mark] as number) > clock) continue
    at = marks[mark] as number
    cursor.pos = marks[mark + 1] as number
    structs = marks[mark + 2] as number
    break
  }
  while (cursor.pos < end) {
    const start = cursor.pos
    const length = stepOver(cursor)
    if (length < 0) break
    structs += 1
    const next = at + length
    if (next > clock) {
      const whole = { ...run, structs: run.structs - structs, from: next, start: cursor.pos, marks: [] }
      const rest = next < to ? [whole] : []
      if (at === clock) return [{ ...whole, structs: whole.structs + 1, from: clock, start }]
      const cut = cutStruct(bytes, start, author, at, clock - at)
      if (cut === undefined) break
      const head = { author, from: clock, to: next, structs: 1, bytes: cut, start: 0, end: cut.length, marks: [] }
      return [head, ...rest]
    }
    at = next
  }
  // It was read before, so this cannot be; whole, it says no less.
  return [run]
}

function written(found: readonly (readonly Run[])[], deletes: RangesByAuthor): Uint8Array {
  let size = 16
  for (const runs of found) for (const { start, end } of runs) size += end - start + 2
  for (const ranges of deletes.values()) size += 12 + ranges.length * 8
  const writer = new ByteWriter(size + found.length * 16)
  writer.uint(found.length)
  for (const runs of found) writeRuns(writer, runs)
  writer.uint(deletes.size)
  for (const [author, ranges] of descending(deletes)) {
    writer.uint(author)
    writer.uint(ranges.length)
    for (const { from, to } of ranges) {
      writer.uint(from)
      writer.uint(to - from)
    }
  }
  return writer.written()
}

function writeRuns(writer: ByteWriter, runs: readonly Run[]): void {
  const [first] = runs
  if (first === undefined) return
  let structs = 0
  let clock = first.from
  for (const run of runs) {
    structs += run.structs + (run.from > clock ? 1 : 0)
    clock = run.to
  }
  writer.uint(structs)
  writer.uint(first.author)
  writer.uint(first.from)
  clock = first.from
  for (const { from, to, bytes, start, end } of runs) {
    if (from > clock) {
      writer.byte(SKIP)
      writer.uint(from - clock)
    }
    writer.copy(bytes, start, end)
    clock = to
  }
}

function descending(deletes: RangesByAuthor): (readonly [number, readonly ClockRange[]])[] {
  return [...deletes].sort(([a], [b]) => b - a)
}
