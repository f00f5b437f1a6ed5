/** Writing an edit made here: its line in the log and its place in the outbox, in one transaction. Then it is `saved` (CL-01). */
import type { OutboxHead } from '@joinery/core/sync'
import type { Place } from './body.ts'
import { headOf, keys, type DocumentRecord, type OutboxRecord } from './layout.ts'
import { markStale } from './rows.ts'
import type { Tx } from './tx.ts'

/** An entry on its way: a line of the log, or what is none: a purge, or what the relay lost. */
export type NewEntry = Pick<OutboxRecord, 'type' | 'resupply'> & { readonly line?: Uint8Array }

/** Stores the record with these entries, and gives it, with what goes to the relay. */
export async function append(
  tx: Tx,
  place: Place,
  stored: DocumentRecord,
  entries: readonly NewEntry[],
  edited: number,
): Promise<{ record: DocumentRecord; heads: OutboxHead[] }> {
  const { space, document } = place
  const { kind, engine } = stored
  let { tail, bytes } = stored
  let n = await lastN(tx, space)
  const heads: OutboxHead[] = []
  for (const { line, ...entry } of entries) {
    n += 1
    const size = (line ?? entry.resupply)?.length ?? 0
    let at = 0
    if (line) {
      at = ++tail
      bytes += size
      tx.put('log', keys.line(place, at), line)
    }
    const waiting: OutboxRecord = { ...entry, document, kind, engine, edited, at, size }
    tx.put('outbox', keys.outbox(space, n), waiting)
    tx.put('index', keys.mark('unacked', place, n), at)
    heads.push(headOf(n, waiting))
  }
  const grew = tail > stored.tail
  const record = {
    ...stored,
    tail,
    bytes,
    used: grew ? edited : stored.used,
    edited: Math.max(stored.edited, edited),
  }
  tx.put('meta', keys.n(space), n)
  tx.put('documents', keys.document(place), record)
  if (grew) markStale(tx, place, false)
  return { record, heads }
}

export const editOf = (line: Uint8Array): NewEntry => ({ type: 'update', resupply: null, line })

export async function lastN(tx: Tx, space: string): Promise<number> {
  return ((await tx.get('meta', keys.n(space))) as number | undefined) ?? 0
}
