/** Reading what a document's log and snapshot hold. */
import type { ReadTransaction } from '@joinery/core'
import { keys, record, type DocumentRecord, type LogRecord, type SnapshotRecord } from './layout.ts'

export interface StoredBody {
  readonly record: DocumentRecord
  /** Engine updates, in order, up to `record.tail`. */
  readonly updates: readonly Uint8Array[]
}

export async function readRecord(
  tx: ReadTransaction,
  space: string,
  document: string,
): Promise<DocumentRecord | undefined> {
  return record<DocumentRecord>(await tx.get('documents', keys.document(space, document)))
}

export async function readBody(tx: ReadTransaction, space: string, document: string): Promise<StoredBody | undefined> {
  const stored = await readRecord(tx, space, document)
  return stored && { record: stored, updates: await readAfter(tx, space, document, stored, 0) }
}

/** What a reader who has seen the log up to `seen` lacks. */
export async function readAfter(
  tx: ReadTransaction,
  space: string,
  document: string,
  stored: DocumentRecord,
  seen: number,
): Promise<Uint8Array[]> {
  if (stored.tail <= seen) return []
  const updates: Uint8Array[] = []
  if (stored.folded > seen) {
    const snapshot = record<SnapshotRecord>(await tx.get('snapshots', keys.document(space, document)))
    if (snapshot !== undefined) updates.push(snapshot.bytes)
  }
  const after = keys.line(space, document, Math.max(seen, stored.folded))
  const lines = await tx.range('log', { prefix: keys.lines(space, document), after })
  for (const line of lines) updates.push((line.value as LogRecord).bytes)
  return updates
}

export interface Unacked {
  readonly n: number
  readonly at: number
}

/** The document's edits that the relay has not acked, in the order of their n. */
export async function readUnacked(tx: ReadTransaction, space: string, document: string): Promise<Unacked[]> {
  const rows = await tx.range('index', { prefix: keys.unacked(space, document) })
  return rows.map(({ key, value }) => ({ n: key[3] as number, at: value as number }))
}

/** The body without what has not been acked: what the relay holds, as far as this device knows. */
export async function readAcked(
  tx: ReadTransaction,
  space: string,
  document: string,
  stored: DocumentRecord,
): Promise<Uint8Array[]> {
  const unacked = new Set((await readUnacked(tx, space, document)).map(({ at }) => at))
  const updates: Uint8Array[] = []
  if (stored.folded > 0) {
    const snapshot = record<SnapshotRecord>(await tx.get('snapshots', keys.document(space, document)))
    if (snapshot !== undefined) updates.push(snapshot.bytes)
  }
  const lines = await tx.range('log', { prefix: keys.lines(space, document) })
  for (const { key, value } of lines) if (!unacked.has(key[2] as number)) updates.push((value as LogRecord).bytes)
  return updates
}
