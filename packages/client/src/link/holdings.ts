/** Telling a relay that lost something what is held here, and giving it what it lacks (R4). */
import type { EngineDocument, KeyRange } from '@joinery/core'
import type { HeldDocument } from '@joinery/core/protocol'
import type { InflowEffect } from '@joinery/core/sync'
import { append } from '../replica/append.ts'
import { readAcked, readRecord, type Place } from '../replica/body.ts'
import { keys, positionRecord, type DocumentRecord, type OutboxRecord } from '../replica/layout.ts'
import type { Replica } from '../replica/replica.ts'
import { withdraw } from '../replica/settle.ts'
import type { Tx } from '../replica/tx.ts'
import type { SpaceContext } from './space-context.ts'

/**
 * Tells these documents; of a purge, that it was one: a relay that lost something may have lost it, too (D6). Whether there were any.
 */
export async function tell({ replica, space, told, send }: SpaceContext, range: KeyRange): Promise<boolean> {
  let documents: HeldDocument[] = []
  const last = await replica.write(async tx => {
    documents = []
    const page = await tx.range('documents', range)
    for (const { key, value } of page) {
      const document = key[1] as string
      const place = { space, document }
      const stored = value as DocumentRecord
      const version = await askAcked(tx, replica, place, stored, doc => doc.version())
      if (version) documents.push({ document, engine: stored.engine, version })
      if (stored.body === 'gone') await supply(tx, place, stored, 'tombstone', new Uint8Array(0))
    }
    return page.at(-1)?.key[1] as string | undefined
  })
  if (!last) return false
  // One document is not told of as what comes after another.
  told.push(range.after && { after: range.after[1] as string, upTo: last })
  send({ type: 'have', space, documents })
  return true
}

/** Puts what the relay lacks into the outbox, together with how far that has come. */
export function resupply(
  { replica, space }: SpaceContext,
  { documents, position }: Extract<InflowEffect, { do: 'resupply' }>,
): Promise<void> {
  return replica.write(async tx => {
    for (const { document, version } of documents) {
      const place = { space, document }
      const stored = await readRecord(tx, place)
      const lacking = await askAcked(tx, replica, place, stored, doc =>
        version.length === 0 ? doc.encode() : doc.encode(version),
      )
      if (stored && lacking) await supply(tx, place, stored, 'update', lacking)
    }
    tx.put('meta', keys.position(space), positionRecord(position))
  })
}

/** Asks a document as the relay should have it, as far as this device knows. */
async function askAcked<T>(
  tx: Tx,
  replica: Replica,
  place: Place,
  stored: DocumentRecord | undefined,
  ask: (doc: EngineDocument) => T,
): Promise<T | undefined> {
  if (stored?.body !== 'here') return undefined
  const updates = await readAcked(tx, place, stored)
  // Only what is unacked is here: it goes up by itself, and an empty document is nothing to give back.
  const doc = updates.length > 0 ? replica.build(stored.engine, updates)?.doc : undefined
  const answer = doc && ask(doc)
  doc?.close()
  return answer
}

/**
 * What still waits of an earlier supply goes: it was measured against a log that may have been lost since, and all of it that this log
 * lacks is in the new one. Left in front, it would be a gap for ever (R4).
 */
async function supply(
  tx: Tx,
  place: Place,
  stored: DocumentRecord,
  type: OutboxRecord['type'],
  resupplied: Uint8Array,
): Promise<void> {
  const { space } = place
  const { entries } = await withdraw(tx, place, true)
  const { heads } = await append(tx, place, stored, [{ type, resupply: resupplied }], stored.edited)
  tx.tell({ type: 'outbox', space, heads })
  tx.tell({ type: 'replaced', space, entries })
}
