/** What a `latest` field lost (D7): values written elsewhere at the same time, for "also edited on …". */
import { millisOf } from '../hlc.ts'
import { canonical } from '../plain.ts'
import type { EngineDocument } from '../ports/engine.ts'
import type { Fields, View } from './field.ts'
import { placeOf, type Kind } from './kind.ts'
import type { LatestField } from './latest.ts'
import { deviceOf } from './stamped.ts'

/** A value that gave way. */
export interface Loser<T> {
  readonly value: T
  readonly device: string
  /** When it was written, in ms since 1970. */
  readonly at: number
}

/** The names of a kind's fields that can tell what lost: `latest`, `ref` and `blob`. */
export type LatestNames<F extends Fields> = {
  [K in keyof F]: F[K] extends { candidates(at: never): unknown } ? K : never
}[keyof F] &
  string

/**
 * The values that lost against the one shown, newest first, without those that equal it. They are kept for 7 days from the first write
 * that found them.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { hybridClock } from '@joinery/core'
 * import { draftOf, losers, note } from '@joinery/core/kinds'
 * import { yjs } from '@joinery/adapters/engines/yjs'
 *
 * const [phone, laptop] = ['phone', 'laptop'].map((device, at) => {
 *   const clock = hybridClock({ now: () => 1_000 + at })
 *   const doc = yjs.open(String(at + 1))
 *   const draft = draftOf(note, doc, { device, stamp: () => clock.next(), id: () => 'unused' })
 *   doc.change(() => (draft.title = `from the ${device}`))
 *   return doc
 * })
 * assert.ok(phone && laptop)
 * laptop.apply(phone.encode())
 * assert.deepEqual(losers(note, laptop, 'title'), [{ value: 'from the phone', device: 'phone', at: 1_000 }])
 * ```
 */
export function losers<F extends Fields, K extends LatestNames<F>>(
  kind: Kind<string, F>,
  doc: EngineDocument,
  field: K,
): readonly Loser<Exclude<View<F>[K], undefined>>[] {
  const declared = kind.fields[field] as unknown as LatestField<unknown> | undefined
  const [winner, ...rest] = declared?.candidates(placeOf(kind, doc, field)) ?? []
  const shown = new Set([canonical(winner?.value)])
  const lost: Loser<Exclude<View<F>[K], undefined>>[] = []
  for (const { entry, value } of rest) {
    const name = canonical(value)
    if (value === undefined || shown.has(name)) continue
    shown.add(name)
    // The field's schema accepted it, so it is what the field shows.
    lost.push({
      value: value as Exclude<View<F>[K], undefined>,
      device: deviceOf(entry.writer),
      at: millisOf(entry.stamp),
    })
  }
  return lost
}
