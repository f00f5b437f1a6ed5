/**
 * Port: what is done to a store as a whole by whoever runs it, beside serving it. Laws:
 * - BK-01: `copyTo` makes a store of its own in a new file, which holds everything that was committed before the call and perhaps some of what
 *   came after it, as of one moment; commits and reads go on meanwhile, and no step holds the thread for more than a few milliseconds.
 * - R4: `beginLives` gives every log another epoch. Nothing else changes: from then on no cursor fits, and devices tell what they hold.
 */
import type { SpaceHead } from './store.ts'

export interface StoreUpkeep {
  /** The version of the schema. */
  readonly schema: number
  copyTo(file: string): Promise<void>
  /** All spaces, a page at a time: those behind `after`, which is 0 at first and then the last one's `at`. */
  spaces(
    after: number,
    limit: number,
  ): Promise<{ readonly at: number; readonly space: string; readonly head: SpaceHead }[]>
  beginLives(): Promise<void>
}
