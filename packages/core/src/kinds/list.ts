/**
 * `list`: items that can be moved. Two entries an item: `id/v/<writer>`, `[stamp, value, order]`, and `id/p/<writer>`, `[stamp, order]`, so
 * that a move here and an edit there both count, and two moves leave one item. Laws:
 * - The latest value and the latest position win, each by itself (stamped.ts). Items with the same order key follow their ids.
 * - Deleting removes what was seen. An item edited elsewhere meanwhile stays, with the edit, where it was; a mere move does not keep it.
 * - What is gone is no error: an item may have been deleted elsewhere just now, so naming one answers whether it was there.
 */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { JoineryError } from '../errors.ts'
import { canonical, type Plain } from '../plain.ts'
import type { HandleField, Place, WriteContext } from './field.ts'
import { isOrderKey, orderKeyBetween } from './order-key.ts'
import { accepted, readable, type ValueOf } from './schema.ts'
import { compare, replaceAll, stampedIn, type Stamped } from './stamped.ts'

export interface ListItem<T> {
  readonly id: string
  readonly value: T
}

export interface ListDraft<T> extends Iterable<ListItem<T>> {
  readonly length: number
  /** Puts values before the item at `index`, 0 to length. Gives their ids. */
  insert(index: number, ...values: readonly T[]): string[]
  push(...values: readonly T[]): string[]
  /** Gives an item another value. False when there is no such item. */
  replace(id: string, value: T): boolean
  /** Puts an item where it is at `index` of the list without it. False when there is no such item. */
  move(id: string, index: number): boolean
  delete(...ids: readonly string[]): void
}

/** What is stored of an item. */
interface Entries {
  readonly id: string
  readonly values: readonly Stamped[]
  readonly positions: readonly Stamped[]
}

interface Item<T> extends ListItem<T>, Entries {
  /** Null when a peer wrote none that is one: such items come last. */
  readonly order: string | null
}

/**
 * A list of values, read as `{ id, value }` in order.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { defineKind, list, object, string } from '@joinery/core/kinds'
 *
 * const recipe = defineKind('recipe', { version: 1, fields: { steps: list(object({ text: string() })) } })
 * assert.equal(recipe.fields.steps.policy, 'list')
 * ```
 */
export function list<S extends StandardSchemaV1>(
  schema: S,
): HandleField<readonly ListItem<ValueOf<S>>[], ListDraft<ValueOf<S>>, readonly ValueOf<S>[]> {
  type T = ValueOf<S>

  const items = (at: Place): readonly Item<T>[] => itemsIn(schema, at)
  const shown = (at: Place): ListItem<T>[] => items(at).map(({ id, value }) => ({ id, value }))
  const find = (at: Place, id: string): Item<T> | undefined => items(at).find(item => item.id === id)

  function insert(at: Place, context: WriteContext, index: number, values: readonly T[]): string[] {
    const there = items(at)
    checkIndex(at, index, there.length)
    const made = values.map(value => ({ id: context.id(), value: accepted(schema, value, at.field) }))
    const ids = made.map(item => item.id)
    for (const [nth, order] of ordersAt(at, context, there, index, ids).entries()) {
      const { id, value } = made[nth] as (typeof made)[number]
      const item = { id, values: [], positions: [] }
      putValue(at, context, item, value, order)
      putPosition(at, context, item, order)
    }
    return ids
  }

  /** Order keys for new items at `index`, one for each id. */
  function ordersAt(
    at: Place,
    context: WriteContext,
    there: readonly Item<T>[],
    index: number,
    ids: readonly string[],
  ): string[] {
    const before = there.slice(0, index).findLast(item => item.order !== null)?.order ?? null
    const after = there.slice(index)
    // Between equal keys there is no room: those behind go on a little.
    const equal = after.filter(item => item.order !== null && item.order === before)
    const high = after.find(item => item.order !== null && !equal.includes(item))?.order ?? null
    let low = before
    const orders = [...ids, ...equal.map(item => item.id)].map(id => (low = orderKeyBetween(low, high, id)))
    for (const [nth, item] of equal.entries()) putPosition(at, context, item, orders[ids.length + nth] as string)
    return orders.slice(0, ids.length)
  }

  function putPosition(at: Place, context: WriteContext, item: Entries, order: string): void {
    replaceAll(at.doc.map(at.root), `${item.id}/p/`, item.positions, context, [order])
  }

  function putValue(at: Place, context: WriteContext, item: Entries, value: Plain, order: string | null): void {
    const rest = order === null ? [value] : [value, order]
    replaceAll(at.doc.map(at.root), `${item.id}/v/`, item.values, context, rest)
  }

  function replace(at: Place, context: WriteContext, id: string, value: T): boolean {
    const item = find(at, id)
    const next = accepted(schema, value, at.field)
    if (item === undefined) return false
    if (canonical(item.value as Plain) === canonical(next)) return true
    // With its order, so that the item keeps its place if somebody is deleting it right now. The position's own entry stays as it is:
    // an edit must not undo a move.
    putValue(at, context, item, next, item.order)
    return true
  }

  function move(at: Place, context: WriteContext, id: string, index: number): boolean {
    const there = items(at)
    const from = there.findIndex(item => item.id === id)
    const item = there[from]
    checkIndex(at, index, there.length - 1)
    if (item === undefined) return false
    if (from === index) return true
    const others = there.toSpliced(from, 1)
    for (const order of ordersAt(at, context, others, index, [context.id()])) putPosition(at, context, item, order)
    return true
  }

  function remove(at: Place, ids: readonly string[]): void {
    const map = at.doc.map(at.root)
    for (const entry of stampedIn(map)) if (ids.includes(idOf(entry))) map.delete(entry.key)
  }

  return {
    policy: 'list',
    assigned: false,
    read: shown,
    draft: (at, context) => ({
      get length() {
        return items(at).length
      },
      [Symbol.iterator]: () => shown(at)[Symbol.iterator](),
      insert: (index, ...values) => insert(at, context, index, values),
      push: (...values) => insert(at, context, items(at).length, values),
      replace: (id, value) => replace(at, context, id, value),
      move: (id, index) => move(at, context, id, index),
      delete: (...ids) => remove(at, ids),
    }),
    write(at, context, values) {
      insert(at, context, items(at).length, values)
    },
    reapply(base, theirs, target, context) {
      const [before, after] = [items(base), items(theirs)]
      remove(
        target,
        before.map(item => item.id).filter(id => !after.some(item => item.id === id)),
      )
      for (const item of after) {
        const was = before.find(one => one.id === item.id)
        const is = find(target, item.id)
        const edited = canonical(was?.value as Plain | undefined) !== canonical(item.value as Plain)
        // Ids stay: others may know them. An item that was deleted here meanwhile comes back only for an edit.
        if (is === undefined && !edited) continue
        const entries = is ?? { id: item.id, values: [], positions: [] }
        const order = was?.order === item.order ? (is?.order ?? item.order) : item.order
        if (order !== null && order !== is?.order) putPosition(target, context, entries, order)
        if (edited) putValue(target, context, entries, item.value as Plain, order)
      }
    },
  }
}

function itemsIn<S extends StandardSchemaV1>(schema: S, at: Place): readonly Item<ValueOf<S>>[] {
  const entriesById = new Map<string, { values: Stamped[]; positions: Stamped[] }>()
  for (const entry of stampedIn(at.doc.map(at.root))) {
    const id = idOf(entry)
    const part = entry.prefix.slice(id.length)
    if (id === '' || (part !== '/v/' && part !== '/p/')) continue
    let entries = entriesById.get(id)
    if (entries === undefined) entriesById.set(id, (entries = { values: [], positions: [] }))
    entries[part === '/v/' ? 'values' : 'positions'].push(entry)
  }
  const items: Item<ValueOf<S>>[] = []
  for (const [id, { values, positions }] of entriesById) {
    for (const entry of values) {
      const value = entry.value === undefined ? undefined : readable(schema, entry.value)
      if (value === undefined) continue
      const orders = [...positions.map(position => position.value), entry.extra]
      items.push({ id, value, order: orders.find(isOrderKey) ?? null, values, positions })
      break
    }
  }
  return items.sort(byOrder)
}

/** `id/v/` and `id/p/` */
function idOf(entry: Stamped): string {
  return entry.prefix.slice(0, -3)
}

function byOrder(a: Item<unknown>, b: Item<unknown>): number {
  if (a.order === b.order) return compare(a.id, b.id)
  if (a.order === null) return 1
  return b.order === null ? -1 : compare(a.order, b.order)
}

function checkIndex(at: Place, index: number, length: number): void {
  if (Number.isInteger(index) && index >= 0 && index <= length) return
  throw new JoineryError('BAD_INPUT', { field: at.field, index, rule: `0 to ${length}` })
}
