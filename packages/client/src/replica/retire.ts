/**
 * A document ends its life on this device as it is: without its unacked edits, which go to the shelf (C2), or without all of its content
 * (D6, R6). Whoever has it open finds out by the life in its record.
 */
import type { Code } from '@joinery/core'
import { readMarked, readRecord, readUnacked, type Place } from './body.ts'
import { keys, type BodyState, type DocumentRecord, type ShelfRecord } from './layout.ts'
import type { Replica } from './replica.ts'
import { markStale, putRow, putWords } from './rows.ts'
import { withdraw } from './settle.ts'
import type { Tx } from './tx.ts'

/**
 * `shelve`: it goes on without its unacked edits. `wipe`: it is gone. `purge`: it is gone, and they with it. Gives the record of the life
 * that begins; none when there was nothing to end.
 */
export async function retire(
  tx: Tx,
  replica: Replica,
  place: Place,
  code: Code,
  how: 'shelve' | 'wipe' | 'purge',
): Promise<DocumentRecord | undefined> {
  const { space, document } = place
  const documents = [document]
  const goesOn = how === 'shelve'
  const stored = await readRecord(tx, place)
  // What the relay asked for it still lacks, so `false`: all but that. Where there is nothing else, that is what it refused.
  let left = await withdraw(tx, place, !goesOn && undefined)
  if (left.entries.length === 0) left = await withdraw(tx, place)
  const { entries, updates, others } = left
  const purges = others.some(({ type }) => type === 'tombstone')
  // A purge of what is gone has arrived.
  tx.tell({ type: 'settled', space, entries, code: purges && !goesOn ? null : code })
  tx.tell({ type: 'rebuilt', space, documents })
  // A purge that was refused leaves nothing here of what the relay still has.
  if (purges && goesOn) tx.tellHere({ type: 'wanted', space, documents })
  let next: DocumentRecord | undefined
  if (stored && (goesOn || stored.body !== 'gone')) {
    if (how !== 'purge') putOnShelf(tx, replica, place, stored, code, updates)
    next = { ...stored, life: stored.life + 1, why: code }
    const isElsewhere = stored.folded || stored.body === 'evicted'
    if (goesOn && (isElsewhere || (await tx.count('log', { prefix: keys.document(place) })))) {
      markStale(tx, place, true)
      tx.put('documents', keys.document(place), next)
      return next
    }
    // An edit that nobody else has made it, or a purge was refused: either way nothing of it is left here, and the relay may have it.
    next = await eraseBody(tx, place, next, goesOn ? 'partial' : 'gone')
    await putRow(tx, replica, place, stored.kind, undefined)
    await putWords(tx, place, stored.kind, [])
    tx.delete('index', keys.mark('stale', place))
  }
  tx.tell({ type: 'gone', space, documents })
  return next
}

export function putOnShelf(
  tx: Tx,
  replica: Replica,
  place: Place,
  { kind, engine }: DocumentRecord,
  code: Code,
  updates: readonly Uint8Array[],
): void {
  if (updates.length === 0) return
  const entry: ShelfRecord = { ...place, kind, engine, code, shelved: replica.clock.now(), updates }
  tx.put('shelf', [replica.newId()], entry)
  tx.tell({ type: 'shelf' })
}

/** Log and snapshot, but for what is not acked (C5). */
export async function eraseBody(
  tx: Tx,
  place: Place,
  stored: DocumentRecord,
  body: BodyState,
): Promise<DocumentRecord> {
  const key = keys.document(place)
  const unacked = (await readUnacked(tx, place)).map(({ at }) => at as unknown)
  for (const { key: line } of await tx.range('log', { prefix: key }))
    if (!unacked.includes(line[2])) tx.delete('log', line)
  tx.delete('snapshots', key)
  tx.delete('index', keys.mark('lacking', place))
  const next = { ...stored, body, bytes: 0 }
  tx.put('documents', key, next)
  return next
}

/** Everything of a space but the shelf, onto which its unacked edits go. */
export async function wipeSpace(tx: Tx, replica: Replica, space: string, code: Code): Promise<void> {
  for (const document of await readMarked(tx, space, 'unacked')) {
    await retire(tx, replica, { space, document }, code, 'shelve')
  }
  for (const table of ['documents', 'log', 'snapshots', 'outbox', 'rows', 'index'] as const) {
    tx.deleteRange(table, { prefix: [space] })
  }
  // n goes on counting: a name is never used twice.
  tx.delete('meta', keys.position(space))
  tx.delete('meta', keys.heard(space))
  tx.tellHere({ type: 'report', report: { type: 'space-lost', space, code } })
}
