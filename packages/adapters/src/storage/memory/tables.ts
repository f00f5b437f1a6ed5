/**
 * Tables in memory, as one transaction sees and changes them. Laws: the rows of a table stand in key order; a list of rows is copied before
 * its first change, so whoever holds one holds a snapshot; values are copied on the way out.
 */
import { beginsWith, compareKeys, copyPlain, type Key, type KeyRange, type Row, type Table } from '@joinery/core'
import type { TableAccess } from '../../transaction-over.ts'

export type Tables = { readonly [T in Table]?: readonly Row[] }

/** Where a key stands: before what is meant (negative), in it (0) or after it (positive). */
type Side = (key: Key) => number

interface Draft {
  readonly access: TableAccess
  /** The tables as the transaction leaves them. */
  changed(): Tables
}

export function draftOf(base: Tables): Draft {
  const drafts: { [T in Table]?: Row[] } = {}

  function read(table: Table, side: Side, range?: KeyRange): readonly Row[] {
    const rows = drafts[table] ?? base[table] ?? []
    return rows.slice(...boundsOf(rows, side, range))
  }

  function replace(table: Table, side: Side, row: readonly Row[], range?: KeyRange): void {
    const rows = (drafts[table] ??= [...(base[table] ?? [])])
    const [start, end] = boundsOf(rows, side, range)
    rows.splice(start, end - start, ...row)
  }

  return {
    access: {
      get(table, key) {
        const [row] = read(table, only(key))
        return row && copyPlain(row.value)
      },
      range(table, range) {
        const rows = read(table, within(range), range).map(({ key, value }) => ({
          key: [...key],
          value: copyPlain(value),
        }))
        return range.reverse ? rows.toReversed() : rows
      },
      count: (table, range) => read(table, within(range), range).length,
      put: (table, key, value) => replace(table, only(key), [{ key, value }]),
      delete: (table, key) => replace(table, only(key), []),
      deleteRange: (table, range) => replace(table, within(range), [], range),
    },
    changed: () => ({ ...base, ...drafts }),
  }
}

function only(wanted: Key): Side {
  return key => compareKeys(key, wanted)
}

function within({ prefix = [], from = prefix, after, before }: KeyRange): Side {
  return key => {
    if (compareKeys(key, prefix) < 0 || compareKeys(key, from) < 0) return -1
    if (after !== undefined && compareKeys(key, after) <= 0) return -1
    return beginsWith(key, prefix) && (before === undefined || compareKeys(key, before) < 0) ? 0 : 1
  }
}

/** Where the first row meant stands, and where the row after the last. */
function boundsOf(rows: readonly Row[], side: Side, { limit = Infinity, reverse }: KeyRange = {}): [number, number] {
  const start = firstIndex(rows, key => side(key) >= 0)
  const end = firstIndex(rows, key => side(key) > 0)
  return reverse ? [Math.max(start, end - limit), end] : [start, Math.min(end, start + limit)]
}

/** The first row that `reached` holds for; it holds for all rows after one that it holds for. */
function firstIndex(rows: readonly Row[], reached: (key: Key) => boolean): number {
  let [low, high] = [0, rows.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (reached(rows[middle]?.key ?? [])) high = middle
    else low = middle + 1
  }
  return low
}
