/** Rows with their index entries, and the words of a document: derived from its body, never the other way round. */
import type { Key, WriteTransaction } from '@joinery/core'
import { canonical } from '@joinery/core'
import type { Place } from './body.ts'
import { keys, record } from './layout.ts'
import type { RowValue, Shape } from './shape.ts'

/** Stores the row, or removes it. True when anything changed. */
export async function putRow(
  tx: WriteTransaction,
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
  await Promise.all([
    row === undefined ? tx.delete('rows', key) : tx.put('rows', key, row),
    replaceEntries(tx, entries(before), entries(row)),
  ])
  return true
}

/** Makes the document found under exactly these words. */
export async function putWords(
  tx: WriteTransaction,
  place: Place,
  kind: string,
  words: readonly string[],
): Promise<void> {
  const key = keys.wordsOf(place)
  const before = record<readonly string[]>(await tx.get('index', key)) ?? []
  const entries = (of: readonly string[]): Key[] => of.map(word => keys.word(place.space, kind, word, place.document))
  await replaceEntries(tx, entries(before), entries(words))
  await (words.length === 0 ? tx.delete('index', key) : tx.put('index', key, words))
}

/** Only what differs is written. */
async function replaceEntries(tx: WriteTransaction, before: readonly Key[], after: readonly Key[]): Promise<void> {
  const old = new Map(before.map(key => [canonical(key), key]))
  const changes: Promise<void>[] = []
  for (const key of after) if (!old.delete(canonical(key))) changes.push(tx.put('index', key, null))
  for (const key of old.values()) changes.push(tx.delete('index', key))
  await Promise.all(changes)
}
