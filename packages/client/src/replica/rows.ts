/**
 * What lists show of a document, with its index entries, and the words it is found by: derived from its body, never the other way round.
 * A kind that this app does not know has neither row nor words (D5).
 */
import { canonical, type EngineDocument, type Key } from '@joinery/core'
import { indexKeys, projectDocument, type StandardColumns } from '@joinery/core/kinds'
import type { Place } from './body.ts'
import { keys, type DocumentRecord } from './layout.ts'
import type { Replica } from './replica.ts'
import type { RowValue } from './row.ts'
import type { Tx } from './tx.ts'

export interface Shown {
  /** What lists show. */
  readonly row: RowValue
  /** What it is found by. */
  readonly texts: readonly string[]
}

/** What a document shows; undefined for a kind that this app does not know. */
export function shownOf(
  replica: Replica,
  { space, document }: Place,
  { kind, made, edited }: Pick<DocumentRecord, 'kind' | 'made' | 'edited'>,
  doc: EngineDocument,
): Shown | undefined {
  const known = replica.kindOf(kind)
  if (!known) return undefined
  const { row, texts } = projectDocument(known, doc, { id: document, space, createdAt: made, updatedAt: edited })
  return { row: row as unknown as RowValue, texts }
}

/** The keys under which a row stands in its kind's indexes: the document last. */
export function entriesOf(replica: Replica, space: string, kind: string, row: RowValue | undefined): Key[] {
  const known = replica.kindOf(kind)
  if (!known || !row) return []
  return indexKeys(known, row as unknown as StandardColumns).map(entry => keys.index(space, kind, entry))
}

/** Stores the row, or removes it, and tells it when it is another one. */
export async function putRow(
  tx: Tx,
  replica: Replica,
  { space, document }: Place,
  kind: string,
  row: RowValue | undefined,
): Promise<void> {
  const key = keys.row(space, kind, document)
  const before = (await tx.get('rows', key)) as RowValue | undefined
  if (canonical(before) === canonical(row)) return
  if (!row) tx.delete('rows', key)
  else tx.put('rows', key, row)
  replaceEntries(tx, entriesOf(replica, space, kind, before), entriesOf(replica, space, kind, row))
  tx.tell({ type: 'rows', space, kind, rows: [{ document, row: row ?? null }] })
}

/** The log has what row and words do not show yet. `soon`: somebody may be looking at them. */
export function markStale(tx: Tx, place: Place, soon: boolean): void {
  tx.put('index', keys.mark('stale', place), null)
  tx.tellHere({ type: 'stale', ...place, soon })
}

/** Makes the document found under exactly these words, and tells it when they are others. */
export async function putWords(tx: Tx, place: Place, kind: string, words: readonly string[]): Promise<void> {
  const { space, document } = place
  const key = keys.mark('words-of', place)
  const before = ((await tx.get('index', key)) as readonly string[] | undefined) ?? []
  if (canonical(before) === canonical(words)) return
  const entries = (of: readonly string[]): Key[] => of.map(word => keys.word(space, kind, word, document))
  replaceEntries(tx, entries(before), entries(words))
  if (words.length > 0) tx.put('index', key, words)
  else tx.delete('index', key)
  tx.tell({ type: 'words', space, kind })
}

/** Only what differs is written. */
function replaceEntries(tx: Tx, before: readonly Key[], after: readonly Key[]): void {
  const old = new Map(before.map(key => [canonical(key), key]))
  for (const key of after) if (!old.delete(canonical(key))) tx.put('index', key, null)
  for (const key of old.values()) tx.delete('index', key)
}
