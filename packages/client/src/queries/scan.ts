/**
 * Reading the rows of a list from storage. Law: by an index where one fits, so that the first page of ten thousand rows costs a page; else
 * by all rows of the kind. Either way the same rows in the same order.
 */
import type { Key, KeyRange, Plain, ReadTransaction, Row } from '@joinery/core'
import { keyPart, type AnyKind } from '@joinery/core/kinds'
import { keys } from '../replica/layout.ts'
import type { RowValue } from '../replica/row.ts'
import { fits, inOrder, isRange, type Conditions, type Order } from './condition.ts'
import { beginningsOf } from './words.ts'

export interface ListRequest {
  readonly space: string
  readonly kind: AnyKind
  readonly conditions: Conditions
  /** Words that a document must have, each by its beginning. Nothing is found by an empty question. */
  readonly question?: string
  readonly order: Order
  readonly limit: number
}

export interface Page {
  readonly rows: readonly RowValue[]
  /** Whether there are rows beyond the limit. */
  readonly more: boolean
}

/** Entries read at once: about a page of them. */
const FEWEST = 64
const MOST = 512

export async function scan(tx: ReadTransaction, request: ListRequest): Promise<Page> {
  const index = indexFor(request)
  const rows =
    request.question !== undefined
      ? await rowsOf(tx, request, await find(tx, request, request.question))
      : index
        ? await scanIndex(tx, request, index)
        : await scanRows(tx, request)
  return pageOf(rows, request)
}

async function scanRows(tx: ReadTransaction, { space, kind, conditions }: ListRequest): Promise<RowValue[]> {
  const all = await tx.range('rows', { prefix: keys.rows(space, kind.name) })
  return all.map(({ value }) => value as RowValue).filter(row => fits(row, conditions))
}

/** As many of these as are asked for, in their order. */
export function pageOf(rows: RowValue[], { order, limit }: ListRequest): Page {
  return { rows: rows.sort(inOrder(order)).slice(0, limit), more: rows.length > limit }
}

/** An index whose first columns are asked to equal something, and whose last is the order. */
function indexFor({ kind, conditions, order }: ListRequest): Key | undefined {
  for (const [name, columns] of Object.entries(kind.indexes)) {
    // Behind the order nothing but the id may follow, or rows of one value would stand in another order than a scan's.
    if (columns.at(-1) !== order.column) continue
    const asked = columns.slice(0, -1).map(column => conditions[column])
    if (asked.every((one): one is Plain => one !== undefined && !isRange(one))) return [name, ...asked.map(keyPart)]
  }
  return undefined
}

/** The rows that fit, until there is one more than asked for. */
async function scanIndex(tx: ReadTransaction, request: ListRequest, index: Key): Promise<RowValue[]> {
  const { space, kind, conditions, order, limit } = request
  const prefix = keys.index(space, kind.name, index)
  const reverse = order.direction === 'desc'
  const condition = conditions[order.column]
  const { from, to } = isRange(condition) ? condition : {}
  const batch = Math.min(Math.max(limit, FEWEST), MOST)
  let range: KeyRange = {
    prefix,
    reverse,
    limit: batch,
    ...(from !== undefined && { from: [...prefix, from] }),
    // An id is at least one character, and none is greater than this.
    ...(to !== undefined && { before: [...prefix, to, '\uffff'] }),
  }
  const rows: RowValue[] = []
  for (;;) {
    const found = await tx.range('index', range)
    rows.push(...(await rowsOf(tx, request, found)))
    const last = found.at(-1)?.key
    if (!last || found.length < batch || rows.length > limit) return rows
    range = { ...range, [reverse ? 'before' : 'after']: last }
  }
}

/** Entries of the kind's documents that have all words. */
async function find(tx: ReadTransaction, { space, kind }: ListRequest, question: string): Promise<readonly Row[]> {
  let found: readonly Row[] | undefined
  for (const beginning of beginningsOf(question)) {
    const entries = await tx.range('index', {
      prefix: keys.word(space, kind.name),
      from: keys.word(space, kind.name, beginning),
      before: keys.word(space, kind.name, `${beginning}\uffff`),
    })
    const byDocument = new Map(entries.map(entry => [entry.key.at(-1), entry]))
    found = (found ?? [...byDocument.values()]).filter(({ key }) => byDocument.has(key.at(-1)))
  }
  return found ?? []
}

/** Of what index entries stand for, the rows that fit. */
async function rowsOf(
  tx: ReadTransaction,
  { space, kind, conditions }: ListRequest,
  entries: readonly Row[],
): Promise<RowValue[]> {
  const values = await tx.getMany(
    'rows',
    entries.map(({ key }) => keys.row(space, kind.name, key.at(-1) as string)),
  )
  return values.filter((row): row is RowValue => !!row && fits(row as RowValue, conditions))
}
