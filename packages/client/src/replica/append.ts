/** Writing an edit made here: its line in the log and its place in the outbox, in one transaction. Then it is `saved` (CL-01). */
import type { WriteTransaction } from '@joinery/core'
import type { OutboxHead } from '@joinery/core/sync'
import { keys, type DocumentRecord, type LogRecord, type OutboxRecord } from './layout.ts'

export interface Place {
  readonly space: string
  readonly document: string
}

/** The record after these edits, and what goes to the relay. Whoever calls stores the record. */
export async function appendEdits(
  tx: WriteTransaction,
  { space, document }: Place,
  stored: DocumentRecord,
  updates: readonly Uint8Array[],
  edited: number,
): Promise<{ record: DocumentRecord; heads: OutboxHead[] }> {
  const { kind, engine } = stored
  let { tail, bytes } = stored
  const heads: OutboxHead[] = []
  let n = await lastN(tx, space)
  const puts: Promise<void>[] = []
  for (const update of updates) {
    tail += 1
    n += 1
    const size = update.length
    const line: LogRecord = { bytes: update }
    const waiting: OutboxRecord = { type: 'update', document, kind, engine, edited, at: tail, size, resupply: null }
    puts.push(
      tx.put('log', keys.line(space, document, tail), line),
      tx.put('outbox', keys.outbox(space, n), waiting),
      tx.put('index', keys.unacked(space, document, n), tail),
    )
    bytes += size
    heads.push({ n, document, engine, bytes: size, resupply: false })
  }
  puts.push(tx.put('meta', keys.n(space), n))
  await Promise.all(puts)
  return { record: { ...stored, tail, bytes, used: edited, edited: Math.max(stored.edited, edited) }, heads }
}

/** An entry for the outbox that is no line of the log: a purge, or what the relay lost. */
export async function appendToOutbox(
  tx: WriteTransaction,
  { space, document }: Place,
  stored: DocumentRecord,
  entry: Pick<OutboxRecord, 'type' | 'edited' | 'resupply'>,
): Promise<OutboxHead> {
  const n = (await lastN(tx, space)) + 1
  const { kind, engine } = stored
  const size = entry.resupply?.length ?? 0
  const waiting: OutboxRecord = { document, kind, engine, at: 0, size, ...entry }
  await Promise.all([
    tx.put('outbox', keys.outbox(space, n), waiting),
    tx.put('index', keys.unacked(space, document, n), 0),
    tx.put('meta', keys.n(space), n),
  ])
  return { n, document, engine, bytes: size, resupply: entry.resupply !== null }
}

export async function lastN(tx: WriteTransaction, space: string): Promise<number> {
  return ((await tx.get('meta', keys.n(space))) as number | undefined) ?? 0
}
