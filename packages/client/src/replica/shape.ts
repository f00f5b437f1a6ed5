/** What the replica needs to know of the app's kinds to keep rows, indexes and words: nothing of engines, nothing of fields. */
import type { EngineDocument, Key, Plain } from '@joinery/core'
import { indexKeys, projectDocument, type Library, type StandardColumns } from '@joinery/core/kinds'

export type RowValue = { readonly [column: string]: Plain }

/** The document that a row is of. */
export function idOf(row: RowValue): string {
  const { id } = row
  return typeof id === 'string' ? id : ''
}

export interface Shown {
  /** What lists show. */
  readonly row: RowValue
  /** What it is found by. */
  readonly texts: readonly string[]
}

export interface Shape {
  /** Undefined for a kind that this app does not know (D5). */
  show(kind: string, doc: EngineDocument, about: RowAbout): Shown | undefined
  /** The index entries of a row: index name, values in order, the document last. */
  indexKeys(kind: string, row: RowValue): readonly Key[]
}

export interface RowAbout {
  readonly space: string
  readonly document: string
  readonly made: number
  readonly edited: number
}

export function shapeOf(library: Library): Shape {
  const kindOf = (name: string) => (Object.hasOwn(library.kinds, name) ? library.kinds[name] : undefined)
  return {
    show(name, doc, { space, document, made, edited }) {
      const kind = kindOf(name)
      if (kind === undefined) return undefined
      const shown = projectDocument(kind, doc, { id: document, space, createdAt: made, updatedAt: edited })
      return { row: shown.row as unknown as RowValue, texts: shown.texts }
    },
    indexKeys(name, row) {
      const kind = kindOf(name)
      return kind === undefined ? [] : indexKeys(kind, row as unknown as StandardColumns)
    },
  }
}
