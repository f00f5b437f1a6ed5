/** A list to be asked for: conditions, order and length, each step a new one. */
import type { Plain } from '@joinery/core'
import type { AnyKind } from '@joinery/core/kinds'
import { liveList, readList, type ListContext, type ListResult } from './live-list.ts'
import type { Condition, Conditions, Order, Range } from './condition.ts'
import type { ListRequest } from './scan.ts'

/** What a column may be asked for: its value, an element of it if it is a list, or a range of which both ends belong to it. */
export type Asked<V> = V extends readonly (infer E)[] ? E : V | (V extends string | number ? Range : never)

export interface Query<Row> {
  /** Narrows it down: every condition must hold. What is in the trash shows only where `trashed` is asked for, by when: `{ from: 0 }`. */
  where(conditions: { readonly [C in keyof Row]?: Asked<Row[C]> | undefined }): Query<Row>
  orderBy(column: keyof Row & string, direction?: 'asc' | 'desc'): Query<Row>
  /** At most this many rows. */
  limit(count: number): Query<Row>
  get(): Promise<ListResult<Row>>
  /** Calls at once with `loading`, then with the rows, and again whenever they change. Returns what stops it. */
  subscribe(listener: (result: ListResult<Row>) => void): () => void
}

/** Lists that nobody ordered show what was edited last. */
const LATEST: Order = { column: 'updatedAt', direction: 'desc' }

export function queryOf<Row>(context: ListContext, space: string, kind: AnyKind, trashed = false): Query<Row> {
  return step<Row>(context, { space, kind, conditions: {}, trashed, order: LATEST, limit: Infinity })
}

function step<Row>(context: ListContext, request: ListRequest): Query<Row> {
  // The kind's row function made them, so they are Rows.
  const typed = (result: ListResult): ListResult<Row> => result as unknown as ListResult<Row>
  return {
    where(asked) {
      const conditions = { ...request.conditions, ...plainConditions(asked) }
      const { trashed } = conditions
      return step(context, {
        ...request,
        conditions,
        trashed: trashed === undefined ? request.trashed : trashed !== false,
      })
    },
    orderBy: (column, direction = 'asc') => step(context, { ...request, order: { column, direction } }),
    limit: count => step(context, { ...request, limit: Math.max(0, Math.floor(count)) }),
    get: async () => typed(await readList(context, request)),
    subscribe: listener => liveList(context, request, result => listener(typed(result))),
  }
}

function plainConditions(conditions: Readonly<Record<string, unknown>>): Conditions {
  return conditions as Readonly<Record<string, Condition | Plain | undefined>>
}
