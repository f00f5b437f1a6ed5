/**
 * Writing unacked edits anew, because they cannot be accepted as they are: their stamps are ahead of time, or their device's name is
 * taken. Laws: never the same operations under another name (a CRDT would split); field by field what the edits meant, by a fresh author
 * (`reapply`), in the document's next life.
 */
import type { Code } from '@joinery/core'
import { reapply } from '@joinery/core/kinds'
import type { OutboxHead } from '@joinery/core/sync'
import { append, editOf } from './append.ts'
import { readAcked, readRecord, readUpdates, type Place } from './body.ts'
import type { Replica } from './replica.ts'
import { retire } from './retire.ts'
import { withdraw } from './settle.ts'
import type { Tx } from './tx.ts'

export interface Reissued {
  readonly document: string
  /** What left the outbox, and what its edits go on as. */
  readonly from: readonly number[]
  readonly heads: readonly OutboxHead[]
  /** Set when they could not be written anew and went to the shelf. */
  readonly code: Code | null
}

export async function reissue(tx: Tx, replica: Replica, place: Place, why: Code): Promise<Reissued> {
  const { document } = place
  const stored = await readRecord(tx, place)
  if (stored === undefined) return { document, from: [], heads: [], code: null }
  if (!replica.hasKind(stored.kind) || replica.engine(stored.engine) === undefined) {
    return { document, from: (await retire(tx, replica, place, why, 'shelve')).entries, heads: [], code: why }
  }
  const acked = await readAcked(tx, place, stored)
  const [base, theirs, target] = [acked, await readUpdates(tx, place, stored), acked].map(
    updates => replica.build(stored.engine, updates)?.doc,
  )
  const lines: Uint8Array[] = []
  if (base && theirs && target) {
    target.onUpdate(update => lines.push(update))
    reapply(replica.kind(stored.kind), base, theirs, target, replica.writeContext())
    for (const doc of [base, theirs, target]) doc.close()
  }
  const { entries, updates, others } = await withdraw(tx, place)
  const next = updates.length === 0 ? stored : { ...stored, life: stored.life + 1, why }
  const { heads } = await append(tx, place, next, [...others, ...lines.map(editOf)], replica.now())
  return { document, from: entries, heads, code: null }
}
