/** The tables as one transaction sees them: a snapshot, and drafts of those it changes. Values are copied on the way out. */
import { copyPlain, type Row, type Table } from '@joinery/core'
import type { TableAccess } from '../../transaction-over.ts'
import { countIn, draftOf, EMPTY_TABLE, find, rowsIn, type OrderedTable, type TableDraft } from './ordered-table.ts'

export type Tables = ReadonlyMap<Table, OrderedTable>

export function memoryTables(base: Tables): { readonly access: TableAccess; changed(): Tables } {
  const drafts = new Map<Table, TableDraft>()

  function draft(table: Table): TableDraft {
    const known = drafts.get(table)
    if (known !== undefined) return known
    const made = draftOf(base.get(table) ?? EMPTY_TABLE)
    drafts.set(table, made)
    return made
  }

  const tableNow = (table: Table): OrderedTable => drafts.get(table)?.table ?? base.get(table) ?? EMPTY_TABLE
  const copyRow = ({ key, value }: Row): Row => ({ key: [...key], value: copyPlain(value) })

  return {
    access: {
      get(table, key) {
        const value = find(tableNow(table), key)
        return value === undefined ? undefined : copyPlain(value)
      },
      range: (table, range) => rowsIn(tableNow(table), range).map(copyRow),
      count: (table, range) => countIn(tableNow(table), range),
      put: (table, key, value) => draft(table).put(key, value),
      delete: (table, key) => draft(table).delete(key),
      deleteRange(table, range) {
        for (const { key } of rowsIn(tableNow(table), range)) draft(table).delete(key)
      },
    },
    changed: () => new Map([...base, ...[...drafts].map(([table, { table: rows }]) => [table, rows] as const)]),
  }
}
