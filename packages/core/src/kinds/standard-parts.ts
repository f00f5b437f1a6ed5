/**
 * What every document has: `$trash` and `$created`. No field can be called so, since `$` is no part of an id.
 * Laws: D6 `$trash` merges as `latest`: anyone may restore, and a restore after a delete wins; nothing else changes while it is there, so
 * an edit made elsewhere meanwhile is kept. `$created` is written once, with the first edit; of two that made the same document the
 * earlier counts.
 */
import { millisOf } from '../hlc.ts'
import type { EngineDocument } from '../ports/engine.ts'
import type { Place, StandardParts, WriteContext } from './field.ts'
import { deviceOf, overwrite, stampedIn, writerOf, type Stamped } from './stamped.ts'

const TRASH = '$trash'
const CREATED = '$created'

/**
 * Moves a document to the trash, or out of it. Doing what is done already writes nothing (D3).
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { hybridClock } from '@joinery/core'
 * import { note, readDocument, setTrashed } from '@joinery/core/kinds'
 * import { yjs } from '@joinery/adapters/engines/yjs'
 *
 * const clock = hybridClock({ now: () => 1_000 })
 * const context = { device: 'laptop', stamp: () => clock.next(), id: () => 'unused' }
 * const doc = yjs.open('1')
 * setTrashed(doc, context, true)
 * assert.equal(readDocument(note, doc).$trash, 1_000)
 * setTrashed(doc, context, false)
 * assert.equal(readDocument(note, doc).$trash, false)
 * ```
 */
export function setTrashed(doc: EngineDocument, context: WriteContext, trashed: boolean): void {
  if ((trashOf(doc) !== false) === trashed) return
  const map = doc.map(TRASH)
  doc.change(() => overwrite(map, stampedIn(map), context, trashed))
}

/** @internal */
export function trashOf(doc: EngineDocument): StandardParts['$trash'] {
  const [winner] = stampedIn(doc.map(TRASH))
  return winner?.value === true ? millisOf(winner.stamp) : false
}

/** @internal */
export function createdOf(doc: EngineDocument): StandardParts['$created'] {
  const first = firstIn(doc)
  return first && { at: millisOf(first.stamp), device: deviceOf(first.writer) }
}

/** @internal */
export function writeCreated(doc: EngineDocument, context: WriteContext): void {
  if (firstIn(doc) === undefined) doc.map(CREATED).set(writerOf(context), [context.stamp()])
}

/** @internal */
export function reapplyStandardParts(
  base: EngineDocument,
  theirs: EngineDocument,
  target: EngineDocument,
  context: WriteContext,
): void {
  const trashed = trashOf(theirs) !== false
  if ((trashOf(base) !== false) !== trashed) setTrashed(target, context, trashed)
  const first = firstIn(theirs)
  if (first === undefined || firstIn(target) !== undefined) return
  // It was made when it was made, unless that is in the future (STAMP_AHEAD).
  const stamp = context.stamp()
  target.map(CREATED).set(writerOf(context), [first.stamp < stamp ? first.stamp : stamp])
}

/** @internal */
export function standardPlaces(doc: EngineDocument): Place[] {
  return [TRASH, CREATED].map(root => ({ doc, root, field: root }))
}

function firstIn(doc: EngineDocument): Stamped | undefined {
  return stampedIn(doc.map(CREATED)).at(-1)
}
