/**
 * Writing unacked edits anew, because they cannot be accepted as they are: their stamps are ahead of time, or their device's name is
 * taken. Laws: never the same operations under another name (a CRDT would split); field by field what the edits meant, by a fresh author
 * (`reapply`), in the document's next life.
 */
import type { Code } from '@joinery/core'
import { reapply } from '@joinery/core/kinds'
import { append, editOf } from './append.ts'
import { readAcked, readRecord, readUpdates, type Place } from './body.ts'
import type { Replica } from './replica.ts'
import { retire } from './retire.ts'
import { markStale } from './rows.ts'
import { withdraw } from './settle.ts'
import type { Tx } from './tx.ts'

/** What cannot be written anew goes to the shelf; so does what waits for a body that is not here, and shows nothing without it (C2). */
export async function reissue(tx: Tx, replica: Replica, place: Place, why: Code): Promise<void> {
  const { space, document } = place
  const stored = await readRecord(tx, place)
  if (!stored) return
  const kind = replica.kindOf(stored.kind)
  const acked = await readAcked(tx, place, stored)
  const [base, theirs, target] = [acked, await readUpdates(tx, place, stored), acked].map(
    updates => replica.build(stored.engine, updates)?.doc,
  )
  if (!kind || !base || !target || theirs?.waiting() !== false) {
    await retire(tx, replica, place, why, 'shelve')
    return
  }
  const lines: Uint8Array[] = []
  target.onUpdate(update => lines.push(update))
  reapply(kind, base, theirs, target, replica.writeContext())
  for (const doc of [base, theirs, target]) doc.close()
  const { entries: from, updates, others } = await withdraw(tx, place)
  const next = updates.length === 0 ? stored : { ...stored, life: stored.life + 1, why }
  const { heads } = await append(tx, place, next, [...others, ...lines.map(editOf)], replica.now())
  markStale(tx, place, true)
  tx.tell({ type: 'renamed', space, from, to: heads.map(({ n }) => n) })
  tx.tell({ type: 'settled', space, entries: from, code: null })
  tx.tell({ type: 'rebuilt', space, documents: [document] })
  tx.tell({ type: 'outbox', space, heads })
}
