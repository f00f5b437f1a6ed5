/** Taking entries out of the outbox: because they were acked, or because they are given up as they are. */
import type { WriteTransaction } from '@joinery/core'
import { keys, record, type LogRecord, type OutboxRecord } from './layout.ts'
import type { Place } from './append.ts'
import { readUnacked } from './body.ts'

/** These are acked. Repeats and what is unknown are passed over (CL-09). Gives the n that were still waiting. */
export async function settle(tx: WriteTransaction, space: string, entries: readonly number[]): Promise<number[]> {
  const waiting = await tx.getMany(
    'outbox',
    entries.map(n => keys.outbox(space, n)),
  )
  const settled: number[] = []
  const deletes: Promise<void>[] = []
  for (const [index, value] of waiting.entries()) {
    const n = entries[index]
    const entry = record<OutboxRecord>(value)
    if (n === undefined || entry === undefined) continue
    settled.push(n)
    deletes.push(
      tx.delete('outbox', keys.outbox(space, n)),
      tx.delete('index', keys.unacked(space, entry.document, n)),
    )
  }
  await Promise.all(deletes)
  return settled
}

export interface Withdrawn {
  /** Every n that left the outbox. */
  readonly entries: readonly number[]
  /** The edits among them, in order: they are in the log no more. */
  readonly updates: readonly Uint8Array[]
  readonly purge: boolean
}

/** Takes all unacked edits of a document out of outbox and log. Whoever calls keeps them somewhere else (C2). */
export async function withdraw(tx: WriteTransaction, { space, document }: Place): Promise<Withdrawn> {
  const unacked = await readUnacked(tx, space, document)
  const entries = unacked.map(({ n }) => n)
  const updates: Uint8Array[] = []
  let purge = false
  for (const { n, at } of unacked) {
    const waiting = record<OutboxRecord>(await tx.get('outbox', keys.outbox(space, n)))
    purge ||= waiting?.type === 'tombstone'
    if (at > 0) {
      const line = record<LogRecord>(await tx.get('log', keys.line(space, document, at)))
      if (line !== undefined) updates.push(line.bytes)
      await tx.delete('log', keys.line(space, document, at))
    }
    await tx.delete('outbox', keys.outbox(space, n))
    await tx.delete('index', keys.unacked(space, document, n))
  }
  if (entries.length > 0) {
    const known = ((await tx.get('meta', keys.orphans(space))) ?? []) as readonly number[]
    // Only those whose answer may still be on its way matter, and they are few and recent.
    await tx.put('meta', keys.orphans(space), [...known, ...entries].slice(-ORPHANS))
  }
  return { entries, updates, purge }
}

const ORPHANS = 1_000
