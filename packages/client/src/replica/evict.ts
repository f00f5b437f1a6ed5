/**
 * Keeping the device's share of storage: when bodies take more than they may, the least recently used are left to the relay. Laws: nothing
 * unacked goes (C5); rows and words stay, so lists and search do not change; an opened body is fetched again.
 */
import { readRecord, readUnacked, type Place } from './body.ts'
import { keys, type DocumentRecord } from './layout.ts'
import type { Replica } from './replica.ts'
import { eraseBody } from './retire.ts'
import type { Tx } from './tx.ts'

/** Down to this part of the limit, so that not every new document evicts another. */
const ENOUGH = 0.9

export async function evict(replica: Replica, limit: number, open: (place: Place) => boolean): Promise<void> {
  const rows = await replica.read(tx => tx.range('documents', {}))
  const bodies = rows.flatMap(({ key, value }) => {
    const { body, bytes, used } = value as DocumentRecord
    return body === 'here' ? [{ space: key[0] as string, document: key[1] as string, bytes, used }] : []
  })
  let total = bodies.reduce((sum, { bytes }) => sum + bytes, 0)
  if (total <= limit) return
  bodies.sort((a, b) => a.used - b.used)
  for (const { bytes, ...place } of bodies) {
    if (total <= limit * ENOUGH) return
    if (!open(place) && (await replica.write(tx => evictOne(tx, place)))) total -= bytes
  }
}

async function evictOne(tx: Tx, place: Place): Promise<boolean> {
  const stored = await readRecord(tx, place)
  if (stored?.body !== 'here' || (await readUnacked(tx, place)).length > 0) return false
  // Its row is not made yet: without the body it never would be.
  if ((await tx.get('index', keys.mark('stale', place))) !== undefined) return false
  await eraseBody(tx, place, stored, 'evicted')
  return true
}
