/**
 * Local compaction: a long log becomes a snapshot. Laws: what is unacked is never folded (C5); the snapshot is read back before it
 * replaces anything (S3); whoever folds at the same time in another tab, or rebuilds, wins, and this attempt is dropped.
 */
import { sameBytes, type ReadTransaction, type WriteTransaction } from '@joinery/core'
import type { Place } from './append.ts'
import { readRecord, readUnacked } from './body.ts'
import { keys, record, type DocumentRecord, type LogRecord, type SnapshotRecord } from './layout.ts'

/** Lines after which folding is worth its while. */
export const LONG_LOG = 64

export interface Foldable {
  readonly stored: DocumentRecord
  readonly upTo: number
  readonly updates: readonly Uint8Array[]
}

/** The part of a log that may be folded, if it is long enough. */
export async function readFoldable(tx: ReadTransaction, { space, document }: Place): Promise<Foldable | undefined> {
  const stored = await readRecord(tx, space, document)
  if (stored === undefined || stored.tail - stored.folded < LONG_LOG) return undefined
  const unacked = (await readUnacked(tx, space, document)).map(({ at }) => at).filter(at => at > 0)
  const upTo = Math.min(stored.tail, ...unacked.map(at => at - 1))
  if (upTo - stored.folded < LONG_LOG) return undefined
  const updates: Uint8Array[] = []
  const snapshot = record<SnapshotRecord>(await tx.get('snapshots', keys.document(space, document)))
  if (snapshot !== undefined) updates.push(snapshot.bytes)
  const before = keys.line(space, document, upTo + 1)
  const lines = await tx.range('log', { prefix: keys.lines(space, document), before })
  for (const { value } of lines) updates.push((value as LogRecord).bytes)
  return { stored, upTo, updates }
}

export async function writeFold(
  tx: WriteTransaction,
  { space, document }: Place,
  { stored, upTo }: Foldable,
  snapshot: Uint8Array,
): Promise<boolean> {
  const now = await readRecord(tx, space, document)
  if (now === undefined || now.body !== 'here' || now.life !== stored.life || now.folded !== stored.folded) return false
  const key = keys.document(space, document)
  const value: SnapshotRecord = { bytes: snapshot }
  await tx.put('snapshots', key, value)
  const kept = record<SnapshotRecord>(await tx.get('snapshots', key))
  if (kept === undefined || !sameBytes(kept.bytes, snapshot)) throw new Error('a snapshot was not read back as written')
  await tx.deleteRange('log', { prefix: keys.lines(space, document), before: keys.line(space, document, upTo + 1) })
  const rest = await tx.range('log', { prefix: keys.lines(space, document) })
  const bytes = rest.reduce((sum, { value: line }) => sum + (line as LogRecord).bytes.length, snapshot.length)
  await tx.put('documents', key, { ...now, folded: upTo, bytes })
  return true
}
