/** Forgetting a document's content: because it was purged (D6), because it is gone at the relay (R6), or with its space. */
import type { Code, WriteTransaction } from '@joinery/core'
import type { Place } from './append.ts'
import { readRecord } from './body.ts'
import { eraseContent } from './erase.ts'
import { keys, type DocumentRecord } from './layout.ts'
import { withdraw, type Withdrawn } from './settle.ts'
import type { Shape } from './shape.ts'
import { putOnShelf, type Refusal } from './shelve.ts'

/** Nothing of the document stays but the knowledge that it is gone. Unacked edits go to the shelf first. */
export async function wipeDocument(
  tx: WriteTransaction,
  shape: Shape,
  place: Place,
  refusal: Refusal,
): Promise<Withdrawn | undefined> {
  const stored = await readRecord(tx, place.space, place.document)
  if (stored === undefined) return undefined
  const withdrawn = await withdraw(tx, place)
  if (stored.body === 'gone') return withdrawn
  await putOnShelf(tx, place, stored, refusal, withdrawn.updates)
  await eraseContent(tx, shape, place, stored)
  const gone: DocumentRecord = { ...stored, body: 'gone', folded: 0, bytes: 0, life: stored.life + 1, why: refusal.code }
  await tx.put('documents', keys.document(place.space, place.document), gone)
  return withdrawn
}

/** Everything of a space but the shelf, onto which its unacked edits go. */
export async function wipeSpace(
  tx: WriteTransaction,
  space: string,
  code: Code,
  now: number,
  newId: () => string,
): Promise<number[]> {
  const entries: number[] = []
  const unacked = await tx.range('index', { prefix: keys.unackedOf(space) })
  for (const document of new Set(unacked.map(({ key }) => key[2] as string))) {
    const stored = await readRecord(tx, space, document)
    const withdrawn = await withdraw(tx, { space, document })
    entries.push(...withdrawn.entries)
    if (stored !== undefined) {
      await putOnShelf(tx, { space, document }, stored, { code, now, shelfId: newId() }, withdrawn.updates)
    }
  }
  for (const table of ['documents', 'log', 'snapshots', 'outbox', 'rows', 'index'] as const) {
    await tx.deleteRange(table, { prefix: [space] })
  }
  // n goes on counting: a name is never used twice.
  for (const key of [keys.position(space), keys.orphans(space)]) await tx.delete('meta', key)
  return entries
}
