/** A row: what lists show of a document. */
import type { Plain } from '@joinery/core'

export type RowValue = { readonly [column: string]: Plain }

/** The document that a row is of. */
export function idOf(row: RowValue): string {
  const { id } = row
  return typeof id === 'string' ? id : ''
}
