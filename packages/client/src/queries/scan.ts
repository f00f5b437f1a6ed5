/**
 * Reading the rows of a list from storage. Law: by an index where one fits, so that the first page of ten thousand rows costs a page; else
 * by all rows of the kind. Either way the same rows in the same order.
 */
import type { Key, Plain, ReadTransaction } from '@joinery/core'
import { keyPart, type AnyKind } from '@joinery/core/kinds'
import { keys } from '../replica/layout.ts'
import type { RowValue } from '../replica/shape.ts'
import { fits, inOrder, isRange, type Conditions, type Order } from './condition.ts'

export interface ListRequest {
  readonly space: string
  readonly kind: AnyKind
  readonly conditions: Conditions
  readonly trashed: boolean
  readonly order: Order
  readonly limit: number
}

export interface Page {
  readonly rows: readonly RowValue[]
  /** Whether storage has more. */
  readonly more: boolean
}

const BATCH = 64

export async function scan(tx: ReadTransaction, request: ListRequest): Promise<Page> {
  const index = indexFor(request)
  return index === undefined ? scanRows(tx, request) : scanIndex(tx, request, index)
}

/** An index whose first columns are asked to equal something, and whose next is the order. */
function indexFor({ kind, conditions, order }: ListRequest): Key | undefined {
  for (const [name, columns] of Object.entries(kind.indexes)) {
    const at = columns.indexOf(order.column)
    if (at < 0) continue
    const values: (string | number)[] = []
    for (const column of columns.slice(0, at)) {
      const condition = conditions[column]
      if (condition === undefined || isRange(condition)) break
      values.push(keyPart(condition))
    }
    // Behind the order nothing but the id may follow, or rows of one value would stand in another order than a scan's.
    if (values.length === at && at === columns.length - 1) return [name, ...values]
  }
  return undefined
}

async function scanIndex(tx: ReadTransaction, request: ListRequest, entry: Key): Promise<Page> {
  const { space, kind, conditions, trashed, order, limit } = request
  const prefix = keys.index(space, kind.name, entry)
  const reverse = order.direction === 'desc'
  const { from, to } = bounds(prefix, conditions[order.column])
  const rows: RowValue[] = []
  let last: Key | undefined
  for (;;) {
    const batch = Math.max(BATCH, limit === Infinity ? BATCH * 8 : 0)
    const found = await tx.range('index', {
      prefix,
      reverse,
      limit: batch,
      ...(last !== undefined && reverse ? { before: last } : to && { before: to }),
      ...(last !== undefined && !reverse ? { after: last } : from && { from }),
    })
    const ids = found.map(({ key }) => key.at(-1) as string)
    const values = await tx.getMany(
      'rows',
      ids.map(document => keys.row(space, kind.name, document)),
    )
    for (const value of values) {
      const row = value as RowValue | undefined
      if (row === undefined || !fits(row, conditions, trashed)) continue
      if (rows.length >= limit) return { rows, more: true }
      rows.push(row)
    }
    if (found.length < batch) return { rows, more: false }
    last = found.at(-1)?.key
  }
}

/** Where in the index a range of the order's own column begins and ends. */
function bounds(prefix: Key, condition: Conditions[string]): { from: Key | undefined; to: Key | undefined } {
  if (condition === undefined || !isRange(condition)) return { from: undefined, to: undefined }
  const { from, to } = condition
  return {
    from: from === undefined ? undefined : [...prefix, from],
    // An id is at least one character, and none is greater than this.
    to: to === undefined ? undefined : [...prefix, to, '\uffff'],
  }
}

async function scanRows(tx: ReadTransaction, request: ListRequest): Promise<Page> {
  const { space, kind, conditions, trashed, order, limit } = request
  const all = await tx.range('rows', { prefix: keys.rows(space, kind.name) })
  const rows = all
    .map(({ value }): RowValue => value as { readonly [column: string]: Plain })
    .filter(row => fits(row, conditions, trashed))
  rows.sort(inOrder(order))
  return { rows: rows.slice(0, limit), more: rows.length > limit }
}
