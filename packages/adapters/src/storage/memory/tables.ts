/**
 * Tables in memory, as one transaction sees and changes them. Laws: values are copied on the way out; a transaction costs what it touches,
 * however much there is; whoever holds tables holds a snapshot of them.
 */
import { beginsWith, compareKeys, copyPlain, type Key, type KeyRange, type Row, type Table } from '@joinery/core'
import type { TableAccess } from '../../transaction-over.ts'
import { countIn, draftOfPages, rowsIn, spotOf, step, type Pages, type PagesDraft, type Spot } from './pages.ts'

export type Tables = { readonly [T in Table]?: Pages }

/** Where a key stands: before what is meant (negative), in it (0) or after it (positive). */
type Side = (key: Key) => number

interface Draft {
  readonly access: TableAccess
  /** The tables as the transaction leaves them. */
  changed(): Tables
}

export function draftOf(base: Tables): Draft {
  const drafts: { [T in Table]?: PagesDraft } = {}

  const pagesOf = (table: Table): Pages => drafts[table]?.pages ?? base[table] ?? []

  const draftFor = (table: Table): PagesDraft => (drafts[table] ??= draftOfPages(base[table] ?? []))

  function read(table: Table, range: KeyRange): Row[] {
    const pages = pagesOf(table)
    return rowsIn(pages, ...boundsOf(pages, range))
  }

  function replace(table: Table, key: Key, ...row: Row[]): void {
    const draft = draftFor(table)
    const { spot, row: before } = find(draft.pages, key)
    draft.replace(spot, before === undefined ? spot : { page: spot.page, at: spot.at + 1 }, row)
  }

  return {
    access: {
      get(table, key) {
        const { row } = find(pagesOf(table), key)
        return row && copyPlain(row.value)
      },
      range(table, range) {
        const rows = read(table, range).map(({ key, value }) => ({ key: [...key], value: copyPlain(value) }))
        return range.reverse ? rows.toReversed() : rows
      },
      count(table, range) {
        const pages = pagesOf(table)
        return countIn(pages, ...boundsOf(pages, range))
      },
      put: (table, key, value) => replace(table, key, { key, value }),
      delete: (table, key) => replace(table, key),
      deleteRange(table, range) {
        const draft = draftFor(table)
        draft.replace(...boundsOf(draft.pages, range), [])
      },
    },
    changed() {
      const changed: { [T in Table]?: Pages } = { ...base }
      for (const [table, draft] of Object.entries(drafts)) changed[table as Table] = draft.pages
      return changed
    },
  }
}

/** Where a key stands, or would, and its row. */
function find(pages: Pages, wanted: Key): { readonly spot: Spot; readonly row: Row | undefined } {
  const spot = spotOf(pages, key => compareKeys(key, wanted) >= 0)
  const row = pages[spot.page]?.[spot.at]
  return { spot, row: row !== undefined && compareKeys(row.key, wanted) === 0 ? row : undefined }
}

function within({ prefix = [], from = prefix, after, before }: KeyRange): Side {
  return key => {
    if (compareKeys(key, prefix) < 0 || compareKeys(key, from) < 0) return -1
    if (after !== undefined && compareKeys(key, after) <= 0) return -1
    return beginsWith(key, prefix) && (before === undefined || compareKeys(key, before) < 0) ? 0 : 1
  }
}

/** Where the first row meant stands, and where the row after the last. */
function boundsOf(pages: Pages, range: KeyRange): [Spot, Spot] {
  const { limit = Infinity, reverse } = range
  const side = within(range)
  const start = spotOf(pages, key => side(key) >= 0)
  const end = spotOf(pages, key => side(key) > 0)
  return reverse ? [step(pages, end, -limit, start), end] : [start, step(pages, start, limit, end)]
}
