/**
 * Bodies that were read for their authors: whoever opens a document asks for those first, for the body next, and that is the same rows.
 * Laws:
 * - Nothing is kept of before the last write, whatever that wrote, and nothing that is asked for a second time.
 * - About a megabyte in all, whatever is opened.
 */
import type { Entry } from '@joinery/core'

const BYTES = 1_048_576
/** One that is larger is read again: it would put out many others. */
const ONE = 262_144

export interface JustRead {
  /** To be given back with what was read meanwhile. */
  now(): number
  keep(space: string, document: string, entries: Entry[], since: number): void
  /** What is taken is kept no longer. */
  take(space: string, document: string): Entry[] | undefined
  wrote(): void
}

export function justRead(): JustRead {
  const entriesByDocument = new Map<string, Entry[]>()
  let bytes = 0
  let writes = 0

  const take = (key: string): Entry[] | undefined => {
    const entries = entriesByDocument.get(key)
    if (entries === undefined) return undefined
    entriesByDocument.delete(key)
    bytes -= weightOf(entries)
    return entries
  }

  return {
    now: () => writes,
    keep(space, document, entries, since) {
      const weight = weightOf(entries)
      if (since !== writes || weight > ONE) return
      const key = keyOf(space, document)
      take(key)
      entriesByDocument.set(key, entries)
      bytes += weight
      for (const oldest of entriesByDocument.keys()) {
        if (bytes <= BYTES) break
        take(oldest)
      }
    },
    take: (space, document) => take(keyOf(space, document)),
    wrote() {
      writes += 1
      entriesByDocument.clear()
      bytes = 0
    },
  }
}

/** What an entry is besides its bytes weighs as much as a small edit. */
const ENTRY_BYTES = 500

function weightOf(entries: readonly Entry[]): number {
  let weight = 0
  for (const entry of entries) weight += ENTRY_BYTES + entry.bytes.length
  return weight
}

function keyOf(space: string, document: string): string {
  return `${space}/${document}`
}
