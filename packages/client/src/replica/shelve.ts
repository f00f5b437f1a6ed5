/** The shelf: edits that the relay refused for good, kept until the person decides (C2). */
import type { Code, WriteTransaction } from '@joinery/core'
import type { Place } from './append.ts'
import { readRecord } from './body.ts'
import { eraseContent } from './erase.ts'
import { keys, type DocumentRecord, type ShelfRecord } from './layout.ts'
import { withdraw, type Withdrawn } from './settle.ts'
import type { Shape } from './shape.ts'

export interface Refusal {
  readonly code: Code
  readonly now: number
  /** A fresh id for the entry of the shelf. */
  readonly shelfId: string
}

/** Moves all unacked edits of a document to the shelf; the document goes on without them, in its next life. */
export async function shelveDocument(
  tx: WriteTransaction,
  shape: Shape,
  place: Place,
  refusal: Refusal,
  unsaved: readonly Uint8Array[] = [],
): Promise<Withdrawn | undefined> {
  const { space, document } = place
  const stored = await readRecord(tx, space, document)
  if (stored === undefined) return undefined
  const withdrawn = await withdraw(tx, place)
  await putOnShelf(tx, place, stored, refusal, [...withdrawn.updates, ...unsaved])
  const lines = await tx.count('log', { prefix: keys.lines(space, document) })
  const next: DocumentRecord = { ...stored, life: stored.life + 1, why: refusal.code }
  if (lines > 0 || stored.folded > 0) {
    await tx.put('documents', keys.document(space, document), next)
    await tx.put('index', keys.stale(space, document), null)
  } else {
    // It was made here and nobody else has it, or its purge was refused and the relay still has it: either way nothing is here.
    await eraseContent(tx, shape, place, stored)
    await tx.put('documents', keys.document(space, document), { ...next, body: 'partial' })
  }
  return withdrawn
}

export async function putOnShelf(
  tx: WriteTransaction,
  { space, document }: Place,
  { kind, engine }: DocumentRecord,
  { code, now, shelfId }: Refusal,
  updates: readonly Uint8Array[],
): Promise<void> {
  if (updates.length === 0) return
  const entry: ShelfRecord = { space, document, kind, engine, code, shelved: now, updates }
  await tx.put('shelf', [shelfId], entry)
}
