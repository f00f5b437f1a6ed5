/** A list to be asked for: conditions, order and length, each step a new one. */
import type { AnyKind } from '@joinery/core/kinds'
import { liveList, readList, type ListContext, type ListResult } from './live-list.ts'
import type { Conditions, Order, Range } from './condition.ts'
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

/** What a search found: a list like any other. */
export interface Found<Row> {
  limit(count: number): Found<Row>
  get(): Promise<ListResult<Row>>
  /** Calls at once with `loading`, then with what is found, and again when that changes. Returns what stops it. */
  subscribe(listener: (result: ListResult<Row>) => void): () => void
}

/** Lists that nobody ordered show what was edited last. */
const LATEST: Order = { column: 'updatedAt', direction: 'desc' }

/** `found`: only what is found by a question. */
export function queryOf<Row>(
  context: ListContext,
  space: string,
  kind: AnyKind,
  found?: Pick<ListRequest, 'question' | 'limit'>,
): Query<Row> {
  // What is in the trash is in lists that ask for it.
  return step(context, { space, kind, conditions: { trashed: false }, order: LATEST, limit: Infinity, ...found })
}

function step<Row>(context: ListContext, request: ListRequest): Query<Row> {
  const but = (change: Partial<ListRequest>): Query<Row> => step(context, { ...request, ...change })
  return {
    where(asked) {
      const conditions = Object.entries(asked as Conditions).filter(([, condition]) => condition !== undefined)
      return but({ conditions: { ...request.conditions, ...Object.fromEntries(conditions) } })
    },
    orderBy: (column, direction = 'asc') => but({ order: { column, direction } }),
    limit: count => but({ limit: Math.max(0, Math.floor(count)) }),
    // The kind's row function made them, so they are Rows.
    get: () => readList(context, request) as unknown as Promise<ListResult<Row>>,
    subscribe: listener => liveList(context, request, listener as unknown as (result: ListResult) => void),
  }
}
