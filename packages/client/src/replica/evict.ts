/**
 * Keeping the device's share of storage: when bodies take more than they may, the least recently used are left to the relay. Laws: nothing
 * unacked goes (C5); rows and words stay, so lists and search do not change; an opened body is fetched again.
 */
import { readRecord, readUnacked, type Place } from './body.ts'
import { keys, type DocumentRecord } from './layout.ts'
import type { Replica } from './replica.ts'
import { eraseBody } from './retire.ts'

/** Down to this part of the limit, so that not every new document evicts another. */
const ENOUGH = 0.9

export async function evict(
  replica: Replica,
  spaces: Iterable<string>,
  limit: number,
  open: (place: Place) => boolean,
): Promise<void> {
  const bodies = await replica.read(async tx => {
    const found: { place: Place; bytes: number; used: number }[] = []
    for (const space of spaces) {
      for (const { key, value } of await tx.range('documents', { prefix: [space] })) {
        const { body, bytes, used } = value as DocumentRecord
        if (body === 'here') found.push({ place: { space, document: key[1] as string }, bytes, used })
      }
    }
    return found
  })
  let total = bodies.reduce((sum, { bytes }) => sum + bytes, 0)
  if (total <= limit) return
  bodies.sort((a, b) => a.used - b.used)
  for (const { place, bytes } of bodies) {
    if (total <= limit * ENOUGH) return
    if (!open(place) && (await evictOne(replica, place))) total -= bytes
  }
}

function evictOne(replica: Replica, place: Place): Promise<boolean> {
  return replica.write(async tx => {
    const stored = await readRecord(tx, place)
    if (stored?.body !== 'here' || (await readUnacked(tx, place)).length > 0) return false
    // Its row is not made yet: without the body it never would be.
    if ((await tx.get('index', keys.stale(place))) !== undefined) return false
    eraseBody(tx, place)
    tx.put('documents', keys.document(place), { ...stored, body: 'evicted', folded: stored.tail, bytes: 0 })
    return true
  })
}
