/** What a list asks of a row, and in which order it stands: the same answer from an index, from a scan and for one changed row. */
import { canonical, compareKeys, type Key, type Plain } from '@joinery/core'
import { keyPart } from '@joinery/core/kinds'
import { idOf, type RowValue } from '../replica/row.ts'

/** Both ends belong to it; yes and no never do, so that `trashed: { from: 0 }` is what has been thrown away. */
export interface Range {
  readonly from?: string | number
  readonly to?: string | number
}

export type Condition = Plain | Range

export type Conditions = Readonly<Record<string, Condition>>

export interface Order {
  readonly column: string
  readonly direction: 'asc' | 'desc'
}

/** Whether a row is what is asked for. A list column fits when one of its elements does. */
export function fits(row: RowValue, conditions: Conditions): boolean {
  return Object.entries(conditions).every(([column, condition]) => {
    const value = row[column]
    return (Array.isArray(value) ? (value as readonly Plain[]) : [value]).some(one => meets(one, condition))
  })
}

function meets(value: Plain | undefined, condition: Condition): boolean {
  if (!isRange(condition)) return canonical(value ?? null) === canonical(condition)
  if (typeof value === 'boolean') return false
  const { from, to } = condition
  const part = [keyPart(value)]
  return (from === undefined || compareKeys(part, [from]) >= 0) && (to === undefined || compareKeys(part, [to]) <= 0)
}

export function isRange(condition: Condition | undefined): condition is Range {
  const names = Object.keys(condition ?? {})
  return names.length > 0 && names.every(name => name === 'from' || name === 'to')
}

/** Rows as their index has them: by the column, then by id; all of it turned round for `desc`. */
export function inOrder({ column, direction }: Order): (a: RowValue, b: RowValue) => number {
  const sign = direction === 'asc' ? 1 : -1
  const key = (row: RowValue): Key => [keyPart(row[column]), idOf(row)]
  return (a, b) => sign * compareKeys(key(a), key(b))
}
