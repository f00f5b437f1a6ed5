/**
 * Writing unacked edits anew, because they cannot be accepted as they are: their stamps are ahead of time, or their device's name is
 * taken. Laws: never the same operations under another name (a CRDT would split); field by field what the edits meant, by a fresh author
 * (`reapply`), in the document's next life.
 */
import type { Code, WriteTransaction } from '@joinery/core'
import { reapply } from '@joinery/core/kinds'
import type { OutboxHead } from '@joinery/core/sync'
import { appendEdits, appendToOutbox, type Place } from './append.ts'
import { readAcked, readAfter, readRecord, readUnacked } from './body.ts'
import { keys, record, type DocumentRecord, type OutboxRecord } from './layout.ts'
import type { Replica } from './replica.ts'
import { scratch } from './scratch.ts'
import { withdraw } from './settle.ts'
import { shelveDocument } from './shelve.ts'

export interface Reissued {
  readonly document: string
  /** What left the outbox, and what its edits go on as. */
  readonly from: readonly number[]
  readonly heads: readonly OutboxHead[]
  /** Set when they could not be written anew and went to the shelf. */
  readonly code: Code | undefined
}

export async function reissueDocument(
  tx: WriteTransaction,
  replica: Replica,
  place: Place,
  why: Code,
  now: number,
): Promise<Reissued | undefined> {
  const { space, document } = place
  const stored = await readRecord(tx, space, document)
  const unacked = await readUnacked(tx, space, document)
  if (stored === undefined || unacked.length === 0) return undefined
  const others = await entriesWithoutLine(tx, space, unacked.filter(({ at }) => at === 0))
  const engine = replica.engine(stored.engine)
  const edits = unacked.some(({ at }) => at > 0)
  if (edits && (engine === undefined || !replica.hasKind(stored.kind))) {
    const withdrawn = await shelveDocument(tx, replica.shape, place, { code: why, now, shelfId: replica.newId() })
    return { document, from: withdrawn?.entries ?? [], heads: [], code: why }
  }
  let updates: readonly Uint8Array[] = []
  if (edits && engine !== undefined) {
    const acked = await readAcked(tx, space, document, stored)
    const all = await readAfter(tx, space, document, stored, 0)
    const base = scratch(engine, replica.random, acked).doc
    const theirs = scratch(engine, replica.random, all).doc
    const target = scratch(engine, replica.random, acked).doc
    const written: Uint8Array[] = []
    target.onUpdate(update => written.push(update))
    reapply(replica.kind(stored.kind), base, theirs, target, replica.writeContext())
    for (const doc of [base, theirs, target]) doc.close()
    updates = written
  }
  const withdrawn = await withdraw(tx, place)
  const next: DocumentRecord = edits ? { ...stored, life: stored.life + 1, why } : stored
  const heads: OutboxHead[] = []
  for (const { type, edited, resupply } of others) {
    heads.push(await appendToOutbox(tx, place, next, { type, edited, resupply }))
  }
  const appended = await appendEdits(tx, place, next, updates, now)
  heads.push(...appended.heads)
  await tx.put('documents', keys.document(space, document), appended.record)
  if (edits) await tx.put('index', keys.stale(space, document), null)
  return { document, from: withdrawn.entries, heads, code: undefined }
}

/** Purges and resupplies: they are the same under any name. */
async function entriesWithoutLine(
  tx: WriteTransaction,
  space: string,
  unacked: readonly { readonly n: number }[],
): Promise<OutboxRecord[]> {
  const values = await tx.getMany('outbox', unacked.map(({ n }) => keys.outbox(space, n)))
  return values.map(value => record<OutboxRecord>(value)).filter(entry => entry !== undefined)
}
