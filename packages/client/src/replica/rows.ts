/** Rows with their index entries, and the words of a document: derived from its body, never the other way round. */
import type { Key } from '@joinery/core'
import { canonical } from '@joinery/core'
import type { Place } from './body.ts'
import { keys, record } from './layout.ts'
import type { RowValue, Shape } from './shape.ts'
import type { Tx } from './tx.ts'

/** Stores the row, or removes it. True when anything changed. */
export async function putRow(
  tx: Tx,
  shape: Shape,
  { space, document }: Place,
  kind: string,
  row: RowValue | undefined,
): Promise<boolean> {
  const key = keys.row(space, kind, document)
  const before = record<RowValue>(await tx.get('rows', key))
  if (canonical(before) === canonical(row)) return false
  const entries = (of: RowValue | undefined): Key[] =>
    (of === undefined ? [] : shape.indexKeys(kind, of)).map(entry => keys.index(space, kind, entry))
  if (row === undefined) tx.delete('rows', key)
  else tx.put('rows', key, row)
  replaceEntries(tx, entries(before), entries(row))
  return true
}

/** Makes the document found under exactly these words. */
export async function putWords(tx: Tx, place: Place, kind: string, words: readonly string[]): Promise<void> {
  const key = keys.wordsOf(place)
  const before = record<readonly string[]>(await tx.get('index', key)) ?? []
  const entries = (of: readonly string[]): Key[] => of.map(word => keys.word(place.space, kind, word, place.document))
  replaceEntries(tx, entries(before), entries(words))
  if (words.length === 0) tx.delete('index', key)
  else tx.put('index', key, words)
}

/** Only what differs is written. */
function replaceEntries(tx: Tx, before: readonly Key[], after: readonly Key[]): void {
  const old = new Map(before.map(key => [canonical(key), key]))
  for (const key of after) if (!old.delete(canonical(key))) tx.put('index', key, null)
  for (const key of old.values()) tx.delete('index', key)
}
