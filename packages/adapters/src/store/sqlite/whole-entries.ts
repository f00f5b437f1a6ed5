/**
 * Entries of one document with all their bytes. Law: rows are read first and then what is beside them. What was folded or forgotten between
 * the two is read anew, with its rows, however often that happens; what rows still name that were read anew is lost.
 */
import { JoineryError, type Entry } from '@joinery/core'
import { nameIn, type PieceName, type Pieces } from './pieces.ts'
import type { EntryRow } from './statements.ts'

/** As its row has it, and where its bytes are when they are not there. */
export interface FoundEntry {
  readonly entry: Entry
  readonly name: PieceName | undefined
}

export function foundEntry(row: EntryRow, entry: Entry): FoundEntry {
  return { entry, name: nameIn(row) }
}

/** Rejects with QUARANTINED when a piece is damaged or lost. */
export async function wholeEntries(
  pieces: Pick<Pieces, 'load'>,
  document: string,
  look: () => Promise<readonly FoundEntry[]>,
): Promise<Entry[]> {
  for (let missed = 0; ;) {
    const found = await look()
    const entries: Entry[] = []
    for (const { entry, name } of found) {
      const bytes = name === undefined ? entry.bytes : await pieces.load(name)
      if (typeof bytes !== 'string') {
        entries.push(name === undefined ? entry : { ...entry, bytes })
        continue
      }
      if (bytes === 'damaged' || name?.first === missed) throw new JoineryError('QUARANTINED', { document })
      missed = name?.first ?? 0
      break
    }
    if (entries.length === found.length) return entries
  }
}
