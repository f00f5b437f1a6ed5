/**
 * The frames that bring a document on. Law (T2): what one commit brought is one frame, unless its updates cannot be joined on bytes, or are more
 * than is joined in no time.
 */
import type { Entry } from '@joinery/core'
import { joinUpdates } from '@joinery/core/gate'
import { updateFrame } from './messages.ts'

/** So much is joined at once, whatever is in it. */
const JOINED_BYTES = 64 * 1_024

export function framesOf(entries: readonly Entry[]): Uint8Array[] {
  const updates = entries.filter(({ type }) => type === 'update' || type === 'snapshot').map(({ bytes }) => bytes)
  return groupsOf(updates).flatMap(joined).map(updateFrame)
}

function groupsOf(updates: readonly Uint8Array[]): Uint8Array[][] {
  const groups: Uint8Array[][] = []
  let weight = Infinity
  for (const update of updates) {
    weight += update.length
    if (weight > JOINED_BYTES) {
      groups.push([])
      weight = update.length
    }
    groups.at(-1)?.push(update)
  }
  return groups
}

function joined(group: Uint8Array[]): Uint8Array[] {
  const one = group.length === 1 ? undefined : joinUpdates(group)
  return one === undefined ? group : [one]
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
