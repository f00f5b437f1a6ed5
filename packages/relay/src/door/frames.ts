/** The frames that bring a document on. Law: what one commit brought is one frame, unless its updates cannot be joined on bytes. */
import type { Entry } from '@joinery/core'
import { joinUpdates } from '@joinery/core/gate'
import { updateFrame } from './messages.ts'

export function framesOf(entries: readonly Entry[]): Uint8Array[] {
  const updates = entries.filter(({ type }) => type === 'update' || type === 'snapshot').map(({ bytes }) => bytes)
  const [only] = updates
  if (only === undefined) return []
  const joined = updates.length === 1 ? only : joinUpdates(updates)
  return (joined === undefined ? updates : [joined]).map(updateFrame)
}

/** Entries in parts of about so many bytes. */
export function pagesOf(entries: readonly Entry[], bytes: number): Entry[][] {
  const pages: Entry[][] = []
  let weight = Number.POSITIVE_INFINITY
  for (const entry of entries) {
    if (weight > bytes) {
      pages.push([])
      weight = 0
    }
    pages.at(-1)?.push(entry)
    weight += entry.bytes.length
  }
  return pages
}
