/**
 * `set`: add wins. An entry per (element, writer), `canonical/writer`, so that removing an element removes what was seen of it and nothing
 * else. Laws: an element that somebody added without knowing that another removed it stays; adding one that is there counts as adding it
 * now; elements are the same when their content is, and come in the order of their canonical form.
 */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { canonical, type Plain } from '../plain.ts'
import type { HandleField, Place, WriteContext } from './field.ts'
import { accepted, readable, type ValueOf } from './schema.ts'
import { compare, stampAfter, stampedIn, writerOf, type Stamped } from './stamped.ts'

export interface SetDraft<T> extends Iterable<T> {
  readonly size: number
  has(value: T): boolean
  add(...values: readonly T[]): void
  delete(...values: readonly T[]): void
}

/**
 * A set of values. It is read as a list without doubles.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { defineKind, set, string } from '@joinery/core/kinds'
 *
 * const note = defineKind('note', { version: 1, fields: { tags: set(string({ max: 100 })) } })
 * assert.equal(note.fields.tags.policy, 'set')
 * ```
 */
export function set<S extends StandardSchemaV1>(
  schema: S,
): HandleField<readonly ValueOf<S>[], SetDraft<ValueOf<S>>, readonly ValueOf<S>[]> {
  type T = ValueOf<S>

  const elements = (at: Place): readonly Element<T>[] => elementsIn(schema, at)
  const values = (at: Place): T[] => elements(at).map(element => element.value)

  function add(at: Place, context: WriteContext, added: readonly T[]): void {
    const map = at.doc.map(at.root)
    const known = elements(at)
    for (const value of added) {
      const element = accepted(schema, value, at.field)
      const name = canonical(element)
      const newest = known.find(one => one.name === name)?.entries[0]
      map.set(`${name}/${writerOf(context)}`, [stampAfter(newest?.stamp, context), element])
    }
  }

  function remove(at: Place, removed: readonly unknown[]): void {
    const map = at.doc.map(at.root)
    const names = removed.map(nameOf)
    for (const element of elements(at)) {
      if (names.includes(element.name)) for (const entry of element.entries) map.delete(entry.key)
    }
  }

  return {
    policy: 'set',
    assigned: false,
    read: values,
    draft: (at, context) => ({
      get size() {
        return elements(at).length
      },
      [Symbol.iterator]: () => values(at)[Symbol.iterator](),
      has: value => elements(at).some(element => element.name === nameOf(value)),
      add: (...added) => add(at, context, added),
      delete: (...removed) => remove(at, removed),
    }),
    write: add,
    reapply(base, theirs, target, context) {
      const [before, after] = [values(base), values(theirs)]
      const [namesBefore, namesAfter] = [before.map(nameOf), after.map(nameOf)]
      remove(
        target,
        before.filter(value => !namesAfter.includes(nameOf(value))),
      )
      add(
        target,
        context,
        after.filter(value => !namesBefore.includes(nameOf(value))),
      )
    },
  }
}

interface Element<T> {
  readonly name: string
  readonly value: T
  readonly entries: Stamped[]
}

function elementsIn<S extends StandardSchemaV1>(schema: S, at: Place): readonly Element<ValueOf<S>>[] {
  const byName = new Map<string, Element<ValueOf<S>>>()
  for (const entry of stampedIn(at.doc.map(at.root))) {
    const value = entry.value === undefined ? undefined : readable(schema, entry.value)
    if (value === undefined || entry.value === undefined) continue
    const name = canonical(entry.value)
    const element = byName.get(name)
    if (element === undefined) byName.set(name, { name, value, entries: [entry] })
    else element.entries.push(entry)
  }
  return byName.size < 2 ? [...byName.values()] : [...byName.values()].sort((a, b) => compare(a.name, b.name))
}

/** What was asked about may be no plain value at all: then nothing is called that. */
function nameOf(value: unknown): string {
  return canonical(value as Plain)
}
