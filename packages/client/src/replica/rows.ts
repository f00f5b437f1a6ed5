/** Rows with their index entries, and the words of a document: derived from its body, never the other way round. */
import type { Key, Plain, WriteTransaction } from '@joinery/core'
import { canonical } from '@joinery/core'
import type { Place } from './append.ts'
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
  const entries = (of: RowValue | undefined): Map<string, Key> =>
    new Map((of === undefined ? [] : shape.indexKeys(kind, of)).map(entry => [canonical(entry), entry]))
  const old = entries(before)
  const fresh = entries(row)
  const changes: Promise<void>[] = [row === undefined ? tx.delete('rows', key) : tx.put('rows', key, row)]
  for (const [name, entry] of old) {
    if (!fresh.has(name)) changes.push(tx.delete('index', keys.index(space, kind, entry)))
  }
  for (const [name, entry] of fresh) {
    if (!old.has(name)) changes.push(tx.put('index', keys.index(space, kind, entry), null))
  }
  await Promise.all(changes)
  return true
}

/** Makes the document found under exactly these words. */
export async function putWords(
  tx: WriteTransaction,
  { space, document }: Place,
  kind: string,
  words: readonly string[],
): Promise<void> {
  const key = keys.wordsOf(space, document)
  const before = new Set(record<readonly string[]>(await tx.get('index', key)) ?? [])
  const fresh = new Set(words)
  const changes: Promise<void>[] = []
  for (const word of before) {
    if (!fresh.has(word)) changes.push(tx.delete('index', keys.word(space, kind, word, document)))
  }
  for (const word of fresh) {
    if (!before.has(word)) changes.push(tx.put('index', keys.word(space, kind, word, document), null))
  }
  if (changes.length === 0) return
  const list: Plain = [...fresh]
  changes.push(fresh.size === 0 ? tx.delete('index', key) : tx.put('index', key, list))
  await Promise.all(changes)
}
