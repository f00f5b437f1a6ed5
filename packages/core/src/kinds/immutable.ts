/**
 * `immutable`: written once. Laws: the first write wins (the least stamp, then the least writer), for good; whoever sees a value cannot write
 * another (BAD_INPUT). Only devices that did not know of each other can both have written, and then the later one gives way.
 */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { JoineryError } from '../errors.ts'
import { canonical, type Plain } from '../plain.ts'
import type { Place, ValueField } from './field.ts'
import { accepted, readable, type ValueOf } from './schema.ts'
import { stampedIn, writerOf } from './stamped.ts'

/**
 * A field that is written once. It is undefined until then.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { defineKind, immutable, string } from '@joinery/core/kinds'
 *
 * const highlight = defineKind('highlight', { version: 1, fields: { quote: immutable(string()) } })
 * assert.equal(highlight.fields.quote.policy, 'immutable')
 * ```
 */
export function immutable<S extends StandardSchemaV1>(schema: S): ValueField<ValueOf<S> | undefined> {
  type T = ValueOf<S> | undefined

  function first(at: Place): Plain | undefined {
    for (const entry of stampedIn(at.doc.map(at.root)).toReversed()) {
      const value = entry.value === undefined ? undefined : readable(schema, entry.value)
      if (value !== undefined) return value
    }
    return undefined
  }

  const field: ValueField<T> = {
    policy: 'immutable',
    assigned: true,
    read: first,
    draft: first,
    write(at, context, value) {
      const next = accepted(schema, value, at.field)
      const there = first(at)
      if (there === undefined) at.doc.map(at.root).set(writerOf(context), [context.stamp(), next])
      else if (canonical(there) !== canonical(next)) {
        throw new JoineryError('BAD_INPUT', { field: at.field, rule: 'written once, and it has been' })
      }
    },
    reapply(base, theirs, target, context) {
      const value = first(theirs)
      // Somebody else was first: that is what the field is for.
      if (value === undefined || first(base) !== undefined || first(target) !== undefined) return
      field.write(target, context, value as Exclude<T, undefined>)
    },
  }
  return field
}
