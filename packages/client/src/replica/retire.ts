/**
 * A document ends its life on this device as it is: without its unacked edits, which go to the shelf (C2), or without all of its content
 * (D6, R6). Whoever has it open finds out by the life in its record.
 */
import type { Code } from '@joinery/core'
import { readRecord, type Place } from './body.ts'
import { keys, type BodyState, type DocumentRecord, type ShelfRecord } from './layout.ts'
import type { Replica } from './replica.ts'
import { putRow, putWords } from './rows.ts'
import { withdraw, type Withdrawn } from './settle.ts'
import type { Tx } from './tx.ts'

export interface Retired extends Withdrawn {
  /** The kind of a document that is in no list any more. */
  readonly gone: string | undefined
}

/** `shelve`: it goes on without its unacked edits. `wipe`: it is gone. `purge`: it is gone, and they with it. */
export async function retire(
  tx: Tx,
  replica: Replica,
  place: Place,
  code: Code,
  how: 'shelve' | 'wipe' | 'purge',
): Promise<Retired> {
  const stored = await readRecord(tx, place)
  const withdrawn = await withdraw(tx, place)
  if (stored === undefined || (stored.body === 'gone' && how !== 'shelve')) return { ...withdrawn, gone: undefined }
  if (how !== 'purge') putOnShelf(tx, replica, place, stored, code, withdrawn.updates)
  // An edit that nobody else has made it, or a purge was refused: either way nothing of it is left here, and the relay may have it.
  const left = how === 'shelve' && (stored.folded > 0 || (await tx.count('log', { prefix: keys.document(place) })) > 0)
  const body: BodyState = left ? stored.body : how === 'shelve' ? 'partial' : 'gone'
  const next: DocumentRecord = { ...stored, body, life: stored.life + 1, why: code }
  if (left) tx.put('index', keys.stale(place), null)
  else await eraseContent(tx, replica, place, stored)
  tx.put('documents', keys.document(place), left ? next : { ...next, folded: stored.tail, bytes: 0 })
  return { ...withdrawn, gone: left ? undefined : stored.kind }
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
}

/** Log and snapshot. */
export function eraseBody(tx: Tx, place: Place): void {
  tx.deleteRange('log', { prefix: keys.document(place) })
  tx.delete('snapshots', keys.document(place))
}

async function eraseContent(tx: Tx, replica: Replica, place: Place, { kind }: DocumentRecord): Promise<void> {
  eraseBody(tx, place)
  await putRow(tx, replica.shape, place, kind, undefined)
  await putWords(tx, place, kind, [])
  tx.delete('index', keys.stale(place))
}

/** Everything of a space but the shelf, onto which its unacked edits go. */
export async function wipeSpace(tx: Tx, replica: Replica, space: string, code: Code): Promise<number[]> {
  const entries: number[] = []
  for (const document of await documentsWithUnacked(tx, space)) {
    entries.push(...(await retire(tx, replica, { space, document }, code, 'shelve')).entries)
  }
  for (const table of ['documents', 'log', 'snapshots', 'outbox', 'rows', 'index'] as const) {
    tx.deleteRange(table, { prefix: [space] })
  }
  // n goes on counting: a name is never used twice.
  tx.delete('meta', keys.position(space))
  return entries
}

export async function documentsWithUnacked(tx: Tx, space: string): Promise<Set<string>> {
  const unacked = await tx.range('index', { prefix: keys.unackedOf(space) })
  return new Set(unacked.map(({ key }) => key[2] as string))
}
