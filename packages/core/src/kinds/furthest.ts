/**
 * `furthest`: how far one has come, and where one is. Two maps in one root: `at/<writer>`, where each device is, and `far/<writer>`, how far
 * it was when nobody had been further. Laws:
 * - `furthest` only ever grows, by the field's comparison: opening chapter 1 again on one device takes nothing from another.
 * - `latest` is the last position written anywhere; `ofThisDevice` the last one written here, to jump back to.
 */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { JoineryError } from '../errors.ts'
import { canonical, type Plain } from '../plain.ts'
import type { HandleField, Place } from './field.ts'
import { accepted, readable, type ValueOf } from './schema.ts'
import {
  compare as compareText,
  deviceOf,
  replaceAll,
  stampAfter,
  stampedIn,
  writerOf,
  type Stamped,
} from './stamped.ts'

/** Positions; undefined where none was written yet. */
export interface Furthest<T> {
  readonly furthest: T | undefined
  readonly latest: T | undefined
  /** Where this device was last, if it is known which device is asking. */
  readonly ofThisDevice: T | undefined
}

export interface FurthestDraft<T> extends Furthest<T> {
  /** Goes to a position. */
  set(value: T): void
}

type Compare<T> = (a: T, b: T) => number
type Options<T> = [T] extends [number | string]
  ? [options?: { readonly compare?: Compare<T> }]
  : [options: { readonly compare: Compare<T> }]

/**
 * A field that never goes backwards by accident. Numbers and strings have an order of their own; other values need a comparison.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { defineKind, furthest, number, object } from '@joinery/core/kinds'
 *
 * const progress = defineKind('progress', {
 *   version: 1,
 *   fields: {
 *     page: furthest(number({ min: 0 })),
 *     place: furthest(object({ chapter: number(), offset: number() }), {
 *       compare: (a, b) => a.chapter - b.chapter || a.offset - b.offset,
 *     }),
 *   },
 * })
 * assert.equal(progress.fields.page.policy, 'furthest')
 * ```
 */
export function furthest<S extends StandardSchemaV1>(
  schema: S,
  ...[options]: Options<ValueOf<S>>
): HandleField<Furthest<ValueOf<S>>, FurthestDraft<ValueOf<S>>, ValueOf<S>> {
  type T = ValueOf<S>
  const compare: Compare<T> = options?.compare ?? natural

  function entriesOf(at: Place, part: 'at/' | 'far/'): (Stamped & { readonly read: T })[] {
    const found: (Stamped & { readonly read: T })[] = []
    for (const entry of stampedIn(at.doc.map(at.root))) {
      const value = entry.prefix === part && entry.value !== undefined ? readable(schema, entry.value) : undefined
      if (value !== undefined) found.push({ ...entry, read: value })
    }
    return found
  }

  /** The furthest first; of equal ones the newest. */
  const far = (at: Place) => entriesOf(at, 'far/').sort((a, b) => compare(b.read, a.read))

  function read(at: Place, device: string | undefined): Furthest<T> {
    const places = entriesOf(at, 'at/')
    return {
      furthest: far(at)[0]?.read,
      latest: places[0]?.read,
      ofThisDevice: places.find(entry => deviceOf(entry.writer) === device)?.read,
    }
  }

  const field: HandleField<Furthest<T>, FurthestDraft<T>, T> = {
    policy: 'furthest',
    assigned: false,
    read,
    draft: (at, context) => ({
      get furthest() {
        return read(at, context.device).furthest
      },
      get latest() {
        return read(at, context.device).latest
      },
      get ofThisDevice() {
        return read(at, context.device).ofThisDevice
      },
      set: value => field.write(at, context, value),
    }),
    write(at, context, value) {
      const stored = accepted(schema, value, at.field)
      const map = at.doc.map(at.root)
      const [newest] = entriesOf(at, 'at/')
      const reached = far(at)
      // The others' places stay: each device may jump back to its own.
      if (newest?.writer !== writerOf(context) || canonical(newest.value) !== canonical(stored)) {
        map.set(`at/${writerOf(context)}`, [stampAfter(newest?.stamp, context), stored])
      }
      if (reached[0] === undefined || compare(stored, reached[0].read) > 0) {
        replaceAll(map, 'far/', reached, context, [stored])
      }
    },
    reapply(base, theirs, target, context) {
      const [before, after] = [read(base, undefined), read(theirs, undefined)]
      // Furthest first, so that the place one is at is the last one written.
      for (const part of ['furthest', 'latest'] as const) {
        const value = after[part]
        if (value !== undefined && plainly(value) !== plainly(before[part])) field.write(target, context, value)
      }
    },
  }
  return field
}

function plainly(value: unknown): string {
  return canonical(value as Plain | undefined)
}

function natural(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b)
  throw new JoineryError('BAD_INPUT', { rule: 'furthest of values that are no numbers or strings needs a comparison' })
}
