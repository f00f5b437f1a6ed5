/**
 * `latest`: the last writer wins, by hybrid logical clock. Laws: stamped.ts', and
 * - D3: writing the value that is shown writes nothing. D4: the default is shown while nobody has written, and is never written for that.
 * - D7: a value that lost to one written without knowing it stays reachable (`losers`) for 7 days from when it was found.
 */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { canonical, type Plain } from '../plain.ts'
import type { Place, Policy, ValueField } from './field.ts'
import { accepted, readable, type ValueOf } from './schema.ts'
import { overwrite, stampedIn, type Stamped } from './stamped.ts'

/** A field of which `losers` can tell what lost. */
export interface LatestField<Value, Initial = Exclude<Value, undefined>> extends ValueField<Value, Initial> {
  /** The winner first; values that the schema does not accept are left out. */
  candidates(at: Place): { readonly entry: Stamped; readonly value: Plain | undefined }[]
}

/**
 * A field of which the last written value counts. Without a default it is undefined until written; assigning undefined clears it.
 * BAD_INPUT when the default does not fit the schema.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { defineKind, latest, string } from '@joinery/core/kinds'
 *
 * const song = defineKind('song', { version: 1, fields: { title: latest(string(), { default: '' }), artist: latest(string()) } })
 * assert.deepEqual(Object.keys(song.fields), ['title', 'artist'])
 * ```
 */
export function latest<S extends StandardSchemaV1>(
  schema: S,
  options: { readonly default: ValueOf<S> },
): LatestField<ValueOf<S>>
export function latest<S extends StandardSchemaV1>(schema: S): LatestField<ValueOf<S> | undefined>
export function latest(schema: StandardSchemaV1, options: { readonly default?: unknown } = {}): LatestField<unknown> {
  return latestField('latest', schema, options.default)
}

/**
 * The field behind `latest`, `ref` and `blob`.
 *
 * @internal
 */
export function latestField<Value>(policy: Policy, schema: StandardSchemaV1, initially: unknown): LatestField<Value> {
  const fallback = initially === undefined ? undefined : accepted(schema, initially, 'default')

  function candidates(at: Place): { entry: Stamped; value: Plain | undefined }[] {
    const found: { entry: Stamped; value: Plain | undefined }[] = []
    for (const entry of stampedIn(at.doc.map(at.root))) {
      const value = entry.value === undefined ? undefined : readable(schema, entry.value)
      if (value !== undefined || entry.value === undefined) found.push({ entry, value })
    }
    return found
  }

  const shown = (at: Place): Plain | undefined => candidates(at)[0]?.value ?? fallback

  const field: LatestField<Value> = {
    policy,
    assigned: true,
    candidates,
    // The schema accepted it, so it is a Value.
    read: at => shown(at) as Value,
    draft: at => shown(at) as Value,
    write(at, context, value) {
      const next = value === undefined ? undefined : accepted(schema, value, at.field)
      if (canonical(shown(at)) === canonical(next ?? fallback)) return
      const map = at.doc.map(at.root)
      overwrite(map, stampedIn(map), context, next)
    },
    reapply(base, theirs, target, context) {
      const value = shown(theirs)
      if (canonical(shown(base)) !== canonical(value)) field.write(target, context, value as Exclude<Value, undefined>)
    },
  }
  return field
}
