/** Taking entries out of the outbox: because they were acked, or because they are given up as they are. */
import { lastN } from './append.ts'
import { readUnacked, type Place } from './body.ts'
import { keys, type OutboxRecord } from './layout.ts'
import type { Tx } from './tx.ts'

/** These are acked. Repeats and what is unknown are passed over (CL-09). */
export async function settle(tx: Tx, space: string, entries: readonly number[]): Promise<void> {
  const waiting = await tx.getMany(
    'outbox',
    entries.map(n => keys.outbox(space, n)),
  )
  for (const [index, n] of entries.entries()) {
    const entry = waiting[index] as OutboxRecord | undefined
    if (entry) drop(tx, { space, document: entry.document }, n)
  }
  tx.tell({ type: 'settled', space, entries, code: null })
}

export interface Withdrawn {
  /** Every n that left the outbox. */
  readonly entries: readonly number[]
  /** The edits among them, in order: they are in the log no more. */
  readonly updates: readonly Uint8Array[]
  /** The others: purges, and what the relay lost. */
  readonly others: readonly OutboxRecord[]
}

/**
 * Takes all unacked entries of a document out of outbox and log. Whoever calls keeps the edits somewhere else (C2). `supplies`: only what
 * the relay once asked for, which is acked and stays in the log.
 */
export async function withdraw(tx: Tx, place: Place, supplies = false): Promise<Withdrawn> {
  const { space } = place
  const updates: Uint8Array[] = []
  const others: OutboxRecord[] = []
  const entries: number[] = []
  for (const { n, at } of await readUnacked(tx, place)) {
    const entry = (await tx.get('outbox', keys.outbox(space, n))) as OutboxRecord | undefined
    if (supplies && !entry?.resupply) continue
    entries.push(n)
    const line = (at > 0 ? await tx.get('log', keys.line(place, at)) : undefined) as Uint8Array | undefined
    if (line) updates.push(line)
    else if (entry) others.push(entry)
    tx.delete('log', keys.line(place, at))
    drop(tx, place, n)
  }
  if (entries.length > 0) await doubt(tx, space)
  return { entries, updates, others }
}

/** From now on an entry under a name that was given by now may be another's: the relay's answer may be on its way, or a loss freed the name. */
export async function doubt(tx: Tx, space: string): Promise<void> {
  tx.put('meta', keys.doubted(space), await lastN(tx, space))
}

function drop(tx: Tx, place: Place, n: number): void {
  tx.delete('outbox', keys.outbox(place.space, n))
  tx.delete('index', keys.unacked(place, n))
}
