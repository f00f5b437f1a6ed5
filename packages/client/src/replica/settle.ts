/** Taking entries out of the outbox: because they were acked, or because they are given up as they are. */
import { furthest } from '@joinery/core/sync'
import { readUnacked, type Place } from './body.ts'
import { keys, type OutboxRecord } from './layout.ts'
import type { Tx } from './tx.ts'

interface Named {
  readonly n: number
  readonly seq: number
}

/** The log holds these, and may lose them while the cursor is before them: then it fits, and only this tells (R4). */
export async function hear(tx: Tx, space: string, entries: readonly Pick<Named, 'seq'>[]): Promise<void> {
  const key = keys.heard(space)
  const before = ((await tx.get('meta', key)) ?? 0) as number
  tx.put('meta', key, furthest(entries, before))
}

/** These are acked. Repeats and what is unknown are passed over (CL-09). */
export async function settle(tx: Tx, space: string, acked: readonly Named[]): Promise<void> {
  await hear(tx, space, acked)
  const entries = acked.map(({ n }) => n)
  const waiting = await tx.getMany(
    'outbox',
    entries.map(n => keys.outbox(space, n)),
  )
  entries.forEach((n, index) => {
    const entry = waiting[index] as OutboxRecord | undefined
    if (entry) drop(tx, { ...entry, space }, n)
  })
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
 * the relay once asked for, which is acked and stays in the log; or all but that.
 */
export async function withdraw(tx: Tx, place: Place, supplies?: boolean): Promise<Withdrawn> {
  const { space } = place
  const updates: Uint8Array[] = []
  const others: OutboxRecord[] = []
  const entries: number[] = []
  for (const { n, at } of await readUnacked(tx, place)) {
    const entry = (await tx.get('outbox', keys.outbox(space, n))) as OutboxRecord | undefined
    if (supplies === !entry?.resupply) continue
    entries.push(n)
    const line = (await tx.get('log', keys.line(place, at))) as Uint8Array | undefined
    if (line) updates.push(line)
    else if (entry) others.push(entry)
    tx.delete('log', keys.line(place, at))
    drop(tx, place, n)
  }
  return { entries, updates, others }
}

function drop(tx: Tx, place: Place, n: number): void {
  tx.delete('outbox', keys.outbox(place.space, n))
  tx.delete('index', keys.mark('unacked', place, n))
}
