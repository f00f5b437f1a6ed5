/**
 * Port: what is done to a store as a whole by whoever runs it, beside serving it. Laws:
 * - BK-01: `copyTo` makes a store of its own in a new file, which holds everything that was committed before the call and perhaps some of what
 *   came after it, as of one moment; commits and reads go on meanwhile, and no step holds the thread for more than a few milliseconds.
 * - R4: `beginLives` gives every log another epoch, or every log of those named. Nothing else changes: from then on no cursor fits, and devices
 *   tell what they hold.
 * - CR-25: `standing` passes over what is damaged or missing and gives the rest; it never rejects for it.
 * - `mend` puts back what the log knows by its digest to have stood there, and lifts the quarantine. It changes nothing unless the document is
 *   whole afterwards.
 * - `leaveOut` takes out of a document, for good, what of it cannot be read, and quarantines it as GAP: it is read as far as it is there,
 *   and not written until a device has brought the rest. One of which nothing stands is not there any more.
 * - `sweep` takes away rows that belong to no document, and names their spaces. Only when none is damaged any more: they may be its.
 * - `remark` makes the marks of every log that lacks no row follow again from its digests, and names the spaces of those in which any changed.
 *   A digest that does not fit its mark, and that is known otherwise, is put right before.
 * - R4: a log of which `leaveOut`, `sweep` or `remark` changed anything begins a new life with that, never behind it: who is stopped in between
 *   leaves no log whose old cursors fit and that lacks what they stand for.
 * - D6: `align` puts right what is told of a document beside its entries: it is gone when its last entry is a tombstone, and only then; and the
 *   log has those of its entries that can be read by the names that they have.
 *
 * The last five are for a store that serves nobody, and may take long.
 */
import type { Entry } from '../entry.ts'
import type { AuthorHead, SpaceHead } from './store.ts'

export interface StoreUpkeep {
  /** What keeps it, and which version of that: `SQLite 3.51.3`. */
  readonly database: string
  /** The version of the schema. */
  readonly schema: number
  copyTo(file: string): Promise<void>
  /** The logs of all spaces, a page at a time: those behind `after`, which is 0 at first and then the last one's `at`. */
  logs(
    after: number,
    limit: number,
  ): Promise<{ readonly at: number; readonly space: string; readonly head: SpaceHead }[]>
  beginLives(spaces?: readonly string[]): Promise<void>
  /** In order of seq. */
  standing(space: string, document: string): Promise<StandingEntry[]>
  /** From what stands here, and all that stands of the document in a copy of this log, which may be older. */
  mend(space: string, document: string, copy: readonly StandingEntry[]): Promise<'whole' | 'lacking'>
  /** How many entries still stand. */
  leaveOut(space: string, document: string): Promise<number>
  sweep(): Promise<readonly string[]>
  remark(): Promise<readonly string[]>
  align(space: string, document: string): Promise<void>
}

/** An entry that can be read, where it stands. */
export interface StandingEntry {
  readonly entry: Entry
  /** What the log knows it by: of a snapshot, the digest of the last entry that it stands for. */
  readonly digest: Uint8Array
  /** What became of the document's authors with it. */
  readonly authors: readonly AuthorHead[]
  /** The seq of the entry before it in its document, 0 for none. */
  readonly before: number
}
