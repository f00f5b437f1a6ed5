/** Reading what a document's log and snapshot hold. */
import type { ReadTransaction } from '@joinery/core'
import { keys, type DocumentRecord, type Mark, type OutboxRecord } from './layout.ts'

/** Names a document on this device. */
export interface Place {
  readonly space: string
  readonly document: string
}

export interface StoredBody {
  readonly record: DocumentRecord
  /** Engine updates, in order, up to `record.tail`: all, or what the reader had not seen. */
  readonly updates: readonly Uint8Array[]
}

export async function readRecord(tx: ReadTransaction, place: Place): Promise<DocumentRecord | undefined> {
  return (await tx.get('documents', keys.document(place))) as DocumentRecord | undefined
}

/** The documents that have such a mark. */
export async function readMarked(tx: ReadTransaction, space: string, mark: Mark): Promise<Set<string>> {
  const rows = await tx.range('index', { prefix: keys.marks(space, mark) })
  return new Set(rows.map(({ key }) => key[2] as string))
}

export async function readBody(tx: ReadTransaction, place: Place, seen?: number): Promise<StoredBody | undefined> {
  const record = await readRecord(tx, place)
  return record && { record, updates: await readUpdates(tx, place, record, seen) }
}

/** What a reader who has seen the log up to `seen` lacks, but for the lines in `without`. */
export async function readUpdates(
  tx: ReadTransaction,
  place: Place,
  { tail, folded }: DocumentRecord,
  seen = 0,
  without?: ReadonlySet<number>,
): Promise<Uint8Array[]> {
  const updates: Uint8Array[] = []
  if (tail <= seen) return updates
  const snapshot = folded > seen && (await tx.get('snapshots', keys.document(place)))
  if (snapshot) updates.push(snapshot as Uint8Array)
  const lines = await tx.range('log', { prefix: keys.document(place), after: keys.line(place, Math.max(seen, folded)) })
  for (const { key, value } of lines) {
    if (without?.has(key[2] as number) !== true) updates.push(value as Uint8Array)
  }
  return updates
}

export interface Unacked {
  readonly n: number
  readonly at: number
}

/** The document's edits that the relay has not acked, in the order of their n. */
export async function readUnacked(tx: ReadTransaction, place: Place): Promise<Unacked[]> {
  const rows = await tx.range('index', { prefix: keys.mark('unacked', place) })
  return rows.map(({ key, value }) => ({ n: key[3] as number, at: value as number }))
}

/** The bytes of an entry in the outbox. */
export async function readWaiting(
  tx: ReadTransaction,
  space: string,
  { document, at, resupply }: OutboxRecord,
): Promise<Uint8Array> {
  const bytes = resupply ?? (await tx.get('log', keys.line({ space, document }, at)))
  return (bytes as Uint8Array | undefined) ?? new Uint8Array(0)
}

/** The body without what has not been acked: what the relay holds, as far as this device knows. */
export async function readAcked(tx: ReadTransaction, place: Place, stored: DocumentRecord): Promise<Uint8Array[]> {
  const unacked = await readUnacked(tx, place)
  return readUpdates(tx, place, stored, 0, new Set(unacked.map(({ at }) => at)))
}
