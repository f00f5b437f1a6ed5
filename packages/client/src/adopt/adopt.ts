/**
 * Taking over a Yjs document that was kept elsewhere on this device. Laws:
 * - It is `saved` before anything else: in the log and in the outbox, in one transaction.
 * - The same structs by the same authors stay what they are, so that devices and tabs that adopt the same document hold it once (D1), and
 *   again is nothing.
 * - It goes to the relay as what a device gives back (R4): who wrote it is kept as it was and bound to nobody, so that nobody's edits are
 *   refused because somebody else brought them first.
 */
import { digestOf, hex, JoineryError } from '@joinery/core'
import { append } from '../replica/append.ts'
import { readRecord, readUnacked, readUpdates, type Place } from '../replica/body.ts'
import { keys, newRecord, type DocumentRecord, type OutboxRecord } from '../replica/layout.ts'
import type { Replica } from '../replica/replica.ts'
import { markStale } from '../replica/rows.ts'
import type { Tx } from '../replica/tx.ts'
import { ENGINE, lackingOf } from './old-document.ts'
import { supplies } from './supplies.ts'

/**
 * Puts an update into a document, which is made if it is new, and resolves when that is `saved`. Gives when the relay has it. GONE,
 * KIND_MISMATCH; UNAVAILABLE when the document's body is not on this device.
 */
export async function adopt(
  replica: Replica,
  place: Place & { readonly kind: string },
  update: Uint8Array,
): Promise<{ readonly acked: Promise<void> }> {
  // From before the transaction, so that nothing is told in between.
  const watched = supplies(replica.news, place)
  try {
    await replica.write(async tx => watched.expect(await write(tx, replica, place, update)))
  } catch (error) {
    watched.stop()
    throw error
  }
  const acked = watched.acked.then(() =>
    replica.write(async tx => tx.put('meta', adoptedKey(place), hex(digestOf(update)))),
  )
  // Whoever does not ask does not want to know.
  acked.catch(() => undefined)
  return { acked }
}

/** Whether the relay has taken this very update: then there is nothing to do, and the document's body need not be here. */
export async function isAdopted(replica: Replica, place: Place, update: Uint8Array): Promise<boolean> {
  return (await replica.read(tx => tx.get('meta', adoptedKey(place)))) === hex(digestOf(update))
}

/** The transaction. Gives what of it waits for the relay, by n. */
async function write(
  tx: Tx,
  replica: Replica,
  place: Place & { readonly kind: string },
  update: Uint8Array,
): Promise<number[]> {
  const { space, document, kind } = place
  const now = replica.now()
  const stored = (await readRecord(tx, place)) ?? newRecord(kind, ENGINE, 'here', now)
  refuseAnother(stored, kind, document)
  const lacking = lackingOf(replica, await readUpdates(tx, place, stored), update)
  const waiting = await waitingSupplies(tx, place)
  if (lacking === undefined && waiting.length > 0) return waiting
  const record = lacking === undefined ? stored : withLine(tx, place, stored, lacking, now)
  const { heads } = await append(tx, place, record, [{ type: 'update', resupply: lacking ?? update }], now)
  tx.tell({ type: 'outbox', space, heads })
  return [...waiting, ...heads.map(({ n }) => n)]
}

/** A line as those that came from others: only what was written here waits in the log for its ack. */
function withLine(tx: Tx, place: Place, stored: DocumentRecord, line: Uint8Array, now: number): DocumentRecord {
  const { space, document } = place
  const tail = stored.tail + 1
  tx.put('log', keys.line(place, tail), line)
  markStale(tx, place, true)
  tx.tell({ type: 'grown', space, documents: [{ document, tail }] })
  return { ...stored, tail, bytes: stored.bytes + line.length, used: now }
}

function refuseAnother({ kind, engine, body }: DocumentRecord, wanted: string, document: string): void {
  if (kind !== wanted || engine !== ENGINE) throw new JoineryError('KIND_MISMATCH', { document, kind, engine })
  if (body === 'gone') throw new JoineryError('GONE', { document })
  if (body !== 'here') throw new JoineryError('UNAVAILABLE', { document })
}

/** What is given back of this document and not acked. */
async function waitingSupplies(tx: Tx, place: Place): Promise<number[]> {
  const waiting: number[] = []
  for (const { n } of await readUnacked(tx, place)) {
    const entry = (await tx.get('outbox', keys.outbox(place.space, n))) as OutboxRecord | undefined
    if (entry?.type === 'update' && entry.resupply !== null) waiting.push(n)
  }
  return waiting
}

/** What the relay has taken of it, by its digest, so that it is not brought again at each start. */
function adoptedKey({ space, document }: Place): readonly string[] {
  return ['adopted', space, document]
}
