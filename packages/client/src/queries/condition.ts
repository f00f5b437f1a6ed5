/** What a list asks of a row, and in which order it stands: the same answer from an index, from a scan and for one changed row. */
import { canonical, type Plain } from '@joinery/core'
import { keyPart } from '@joinery/core/kinds'
import { idOf, type RowValue } from '../replica/shape.ts'

/** Both ends belong to it. */
export interface Range {
  readonly from?: string | number
  readonly to?: string | number
}

export type Condition = Plain | Range

export type Conditions = Readonly<Record<string, Condition | undefined>>

export interface Order {
  readonly column: string
  readonly direction: 'asc' | 'desc'
}

/** Whether a row is what is asked for. A list column fits when one of its elements does. A row in the trash fits nothing. */
export function fits(row: RowValue, conditions: Conditions, trashed: boolean): boolean {
  if ((row['trashed'] !== false) !== trashed) return false
  return Object.entries(conditions).every(([column, condition]) => {
    if (condition === undefined) return true
    const value = row[column]
    return isList(value) ? value.some(element => meets(element, condition)) : meets(value, condition)
  })
}

function meets(value: Plain | undefined, condition: Condition): boolean {
  if (!isRange(condition)) return canonical(value ?? null) === canonical(condition)
  const part = keyPart(value)
  if (condition.from !== undefined && order(part, condition.from) < 0) return false
  return condition.to === undefined || order(part, condition.to) <= 0
}

export function isRange(condition: Condition): condition is Range {
  if (typeof condition !== 'object' || condition === null || isList(condition) || condition instanceof Uint8Array)
    return false
  const names = Object.keys(condition)
  return names.length > 0 && names.every(name => name === 'from' || name === 'to')
}

/** Rows as their index has them: by the column, then by id; all of it turned round for `desc`. */
export function inOrder({ column, direction }: Order): (a: RowValue, b: RowValue) => number {
  const sign = direction === 'asc' ? 1 : -1
  return (a, b) => sign * (order(keyPart(a[column]), keyPart(b[column])) || order(idOf(a), idOf(b)))
}

/** The order of key parts: numbers before strings, strings by code unit. */
function order(a: string | number, b: string | number): number {
  if (typeof a !== typeof b) return typeof a === 'number' ? -1 : 1
  return a < b ? -1 : a > b ? 1 : 0
}

function isList(value: Condition | undefined): value is readonly Plain[] {
  return Array.isArray(value)
}
