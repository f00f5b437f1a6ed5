/** Sending edits out of the outbox. */
import type { PushedEntry } from '@joinery/core/protocol'
import { readWaiting } from '../replica/body.ts'
import { keys, type OutboxRecord } from '../replica/layout.ts'
import type { SpaceContext } from './space-context.ts'

/** Entries of one message, in bytes: small ones travel together. */
const MESSAGE_BYTES = 48 * 1024
/** What an entry takes beside its bytes, about. */
const ENTRY_BYTES = 100

export async function push(
  { replica, space, wire, send, feedOut }: SpaceContext,
  chosen: readonly number[],
): Promise<void> {
  const missing: number[] = []
  const ready: PushedEntry[] = []
  await replica.read(async tx => {
    const waiting = await tx.getMany(
      'outbox',
      chosen.map(n => keys.outbox(space, n)),
    )
    for (const [index, n] of chosen.entries()) {
      const entry = waiting[index] as OutboxRecord | undefined
      if (!entry) missing.push(n)
      else {
        const bytes = await readWaiting(tx, space, entry)
        ready.push({ ...entry, n, resupply: !!entry.resupply, at: entry.edited, bytes })
      }
    }
  })
  const most = Math.min(MESSAGE_BYTES, wire.frameBytes() / 2)
  let entries: PushedEntry[] = []
  let size = 0
  for (const [index, entry] of ready.entries()) {
    entries.push(entry)
    size += entry.bytes.length + ENTRY_BYTES
    const next = ready[index + 1]
    if (next && size + next.bytes.length <= most) continue
    send({ type: 'push', space, entries })
    entries = []
    size = 0
  }
  // Withdrawn meanwhile: whoever did it has told what became of them.
  if (missing.length > 0) feedOut({ type: 'dropped', entries: missing })
}
