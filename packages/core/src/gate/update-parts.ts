/**
 * What an update is made of, by its bytes: runs of structs, each of one author, and deletes. For updates that have passed the scan.
 * A struct does not say whose it is or which clock it has, so runs of one author that follow each other are one run of their bytes.
 */
import type { ClockRange } from './arrange.ts'
import { Cursor } from './cursor.ts'
import { DELETED, GC, kindOf, SKIP, stepOver } from './struct-steps.ts'

/** Structs of one author, clocks `[from, to)` without gaps, at `[start, end)` of `bytes`. */
export interface Run {
  readonly author: number
  readonly from: number
  readonly to: number
  readonly structs: number
  readonly bytes: Uint8Array
  readonly start: number
  readonly end: number
  /** Structs inside of it, so that a clock is found without reading from the start: clock, position and how many are before, in turn. */
  readonly marks: readonly number[]
}

export interface UpdateParts {
  readonly runs: readonly Run[]
  readonly deletes: readonly (ClockRange & { readonly author: number })[]
  /** Clocks that are held, but nothing of what was there: as good as deleted. */
  readonly gone: readonly (ClockRange & { readonly author: number })[]
}

const MARK_BYTES = 16_384

/**
 * The parts of an update, or undefined when it cannot be read. Clocks are Yjs' (UTF-16 units and other items), positions are bytes.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { partsOf } from '@joinery/core/gate'
 *
 * // Author 7 writes "hi" at the start of the root text "t".
 * const parts = partsOf(new Uint8Array([1, 1, 7, 0, 4, 1, 1, 0x74, 2, 0x68, 0x69, 0]))
 * assert.deepEqual(parts?.runs.map(({ author, from, to }) => [author, from, to]), [[7, 0, 2]])
 * assert.equal(partsOf(new Uint8Array([1, 1, 7])), undefined)
 * ```
 */
export function partsOf(bytes: Uint8Array): UpdateParts | undefined {
  const cursor = new Cursor(bytes)
  const runs: Run[] = []
  const gone: { author: number; from: number; to: number }[] = []
  const authors = cursor.count(3)
  for (let i = 0; i < authors; i++) {
    let left = cursor.count(2)
    const author = cursor.uint()
    let clock = cursor.uint()
    while (left > 0) {
      const start = cursor.pos
      const from = clock
      let structs = 0
      let marks: number[] | undefined
      let marked = start
      while (left > 0) {
        const at = cursor.pos
        const kind = kindOf(bytes[at] ?? 0)
        if (at - marked >= MARK_BYTES) {
          marks ??= []
          marks.push(clock, at, structs)
          marked = at
        }
        const length = stepOver(cursor)
        if (length < 0) return undefined
        left -= 1
        clock += length
        if (kind === SKIP) {
          if (structs > 0)
            runs.push({ author, from, to: clock - length, structs, bytes, start, end: at, marks: marks ?? NONE })
          structs = 0
          break
        }
        if (kind === GC || kind === DELETED) {
          const last = gone.at(-1)
          if (last?.author === author && last.to === clock - length) last.to = clock
          else gone.push({ author, from: clock - length, to: clock })
        }
        structs += 1
      }
      if (structs > 0)
        runs.push({ author, from, to: clock, structs, bytes, start, end: cursor.pos, marks: marks ?? NONE })
    }
  }
  const deletes: (ClockRange & { author: number })[] = []
  const deleters = cursor.count(2)
  for (let i = 0; i < deleters; i++) {
    const author = cursor.uint()
    const count = cursor.count(2)
    for (let j = 0; j < count; j++) {
      const from = cursor.uint()
      const length = cursor.uint()
      if (length > 0) deletes.push({ author, from, to: from + length })
    }
  }
  return cursor.refusal === undefined && cursor.left === 0 ? { runs, deletes, gone } : undefined
}

const NONE: readonly number[] = []
