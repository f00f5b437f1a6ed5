/**
 * What is left of a Yjs update when it is voided: its clocks, so that nobody's later edit waits for them, and nothing else. For updates
 * that have passed the scan. Law: what it leaves has the same authors with the same clocks, no content and no deletes.
 */
import { ByteWriter } from './byte-writer.ts'
import { Cursor } from './cursor.ts'
import { DELETED, GC, kindOf, SKIP, stepOver, stepToContent } from './struct-steps.ts'

/**
 * `places`: each item stays where it is as a deleted one, so what others put beside it stays, too. `clocks`: even that goes, and what is
 * beside it goes with it.
 */
export type Leaving = 'places' | 'clocks'

/**
 * The update without what it says; undefined when it cannot be read.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { emptied } from '@joinery/core/gate'
 *
 * // Author 7 writes "hi" at the start of the root text "t".
 * const update = new Uint8Array([1, 1, 7, 0, 4, 1, 1, 0x74, 2, 0x68, 0x69, 0])
 * assert.deepEqual(emptied(update, 'places'), new Uint8Array([1, 1, 7, 0, 1, 1, 1, 0x74, 2, 0]))
 * assert.deepEqual(emptied(update, 'clocks'), new Uint8Array([1, 1, 7, 0, 0, 2, 0]))
 * ```
 */
export function emptied(update: Uint8Array, leaving: Leaving): Uint8Array | undefined {
  const cursor = new Cursor(update)
  const writer = new ByteWriter(64)
  const authors = cursor.count(3)
  writer.uint(authors)
  for (let i = 0; i < authors; i++) {
    const structs = cursor.count(2)
    writer.uint(structs)
    writer.uint(cursor.uint())
    writer.uint(cursor.uint())
    for (let struct = 0; struct < structs; struct++) {
      const start = cursor.pos
      const length = stepOver(cursor)
      if (length < 0) return undefined
      const info = update[start] as number
      const kind = kindOf(info)
      if (kind === SKIP || kind === GC || leaving === 'clocks') {
        writer.byte(kind === SKIP ? SKIP : GC)
      } else {
        const place = new Cursor(update)
        place.pos = start + 1
        stepToContent(place, info)
        writer.byte((info - kind) | DELETED)
        writer.copy(update, start + 1, place.pos)
      }
      writer.uint(length)
    }
  }
  writer.uint(0)
  return cursor.refusal === undefined ? writer.written() : undefined
}
