/** Taking a document's content off the device. The record, and what it says then, is the caller's. */
import type { WriteTransaction } from '@joinery/core'
import type { Place } from './append.ts'
import { keys, type DocumentRecord } from './layout.ts'
import { putRow, putWords } from './rows.ts'
import type { Shape } from './shape.ts'

/** Log, snapshot, row and words. */
export async function eraseContent(
  tx: WriteTransaction,
  shape: Shape,
  place: Place,
  stored: DocumentRecord,
): Promise<void> {
  const { space, document } = place
  await eraseBody(tx, place)
  await putRow(tx, shape, place, stored.kind, undefined)
  await putWords(tx, place, stored.kind, [])
  await tx.delete('index', keys.stale(space, document))
}

/** Log and snapshot. */
export async function eraseBody(tx: WriteTransaction, { space, document }: Place): Promise<void> {
  await tx.deleteRange('log', { prefix: keys.lines(space, document) })
  await tx.delete('snapshots', keys.document(space, document))
}
