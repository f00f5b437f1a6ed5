/** What a document knows of time: a clock that is shown it gives later stamps from then on (`HybridClock.saw`). */
import type { Stamp } from '../hlc.ts'
import type { EngineDocument } from '../ports/engine.ts'
import { placeOf, type AnyKind } from './kind.ts'
import { stampedIn } from './stamped.ts'
import { standardPlaces } from './standard-parts.ts'

/**
 * The greatest stamp in the fields of a document, or undefined when there is none.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { hybridClock } from '@joinery/core'
 * import { createDocument, note, stampsIn } from '@joinery/core/kinds'
 * import { yjs } from '@joinery/adapters/engines/yjs'
 *
 * const ahead = hybridClock({ now: () => 5_000 })
 * const doc = yjs.open('1')
 * createDocument(note, doc, { device: 'laptop', stamp: () => ahead.next(), id: () => 'unused' }, {})
 *
 * const slow = hybridClock({ now: () => 1_000 })
 * const seen = stampsIn(note, doc)
 * assert.ok(seen)
 * slow.saw(seen)
 * assert.ok(slow.next() > seen)
 * ```
 */
export function stampsIn(kind: AnyKind, doc: EngineDocument): Stamp | undefined {
  const places = standardPlaces(doc)
  for (const [name, field] of Object.entries(kind.fields)) {
    const isMap = field.policy !== 'text' && field.policy !== 'richText' && field.policy !== 'counter'
    if (isMap) places.push(placeOf(kind, doc, name))
  }
  let greatest: Stamp | undefined
  for (const { root } of places) {
    const stamp = stampedIn(doc.map(root))[0]?.stamp
    if (stamp !== undefined && (greatest === undefined || stamp > greatest)) greatest = stamp
  }
  return greatest
}
