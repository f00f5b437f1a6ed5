/**
 * "Apply again": edits that could not stay as they were (shelved, stamped ahead of time, made under a device id that is taken) are written
 * once more, as new edits by another author. Laws: field by field, what `theirs` has and `base` had not is written and nothing else, so
 * that applying again what has arrived anyway changes nothing; roots that the kind does not know are left alone (D5).
 */
import type { EngineDocument } from '../ports/engine.ts'
import type { WriteContext } from './field.ts'
import { placeOf, type AnyKind } from './kind.ts'
import { reapplyStandardParts } from './standard-parts.ts'

/**
 * Writes the difference between `base` and `theirs` onto `target`, in one change. Best is a `base` that holds what `target` holds, and
 * `theirs` that is `base` with the edits applied: then texts merge exactly. Stamps are fresh, and so are counters' and sets' entries.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { hybridClock } from '@joinery/core'
 * import { draftOf, note, readDocument, reapply } from '@joinery/core/kinds'
 * import { yjs } from '@joinery/adapters/engines/yjs'
 *
 * const clock = hybridClock({ now: () => 1_000 })
 * const context = { device: 'laptop', stamp: () => clock.next(), id: () => 'unused' }
 * const [base, shelved, target] = [yjs.open('1'), yjs.open('2'), yjs.open('3')]
 * shelved.change(() => draftOf(note, shelved, context).tags.add('home'))
 * reapply(note, base, shelved, target, context)
 * assert.deepEqual(readDocument(note, target).tags, ['home'])
 * ```
 */
export function reapply(
  kind: AnyKind,
  base: EngineDocument,
  theirs: EngineDocument,
  target: EngineDocument,
  context: WriteContext,
): void {
  target.change(() => {
    reapplyStandardParts(base, theirs, target, context)
    for (const [name, field] of Object.entries(kind.fields)) {
      const [before, after, place] = [base, theirs, target].map(doc => placeOf(kind, doc, name))
      if (before && after && place) field.reapply(before, after, place, context)
    }
  })
}
