/** Rows that are ahead of storage: what was edited a moment ago and is being written. Lists show them over what is stored. */
import type { NewsDesk } from '../news.ts'
import type { RowValue } from '../replica/shape.ts'

export interface UnsavedRows {
  put(space: string, kind: string, document: string, row: RowValue | undefined): void
  /** What is stored is as new now. */
  settled(space: string, kind: string, document: string): void
  of(space: string, kind: string): ReadonlyMap<string, RowValue | undefined>
}

export function unsavedRows(news: NewsDesk): UnsavedRows {
  const rowsByList = new Map<string, Map<string, RowValue | undefined>>()
  const listOf = (space: string, kind: string): string => `${space} ${kind}`
  return {
    put(space, kind, document, row) {
      const list = listOf(space, kind)
      const rows = rowsByList.get(list) ?? new Map<string, RowValue | undefined>()
      rowsByList.set(list, rows.set(document, row))
      news.tellHere({ type: 'rows', space, kind, rows: [{ document, row: row ?? null }] })
    },
    settled(space, kind, document) {
      rowsByList.get(listOf(space, kind))?.delete(document)
    },
    of: (space, kind) => rowsByList.get(listOf(space, kind)) ?? NONE,
  }
}

const NONE: ReadonlyMap<string, RowValue | undefined> = new Map()
