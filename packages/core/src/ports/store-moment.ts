/**
 * What it comes to when the copy of a store is put back to a moment. Laws:
 * - Each log ends where it ended at that moment, and each document holds what it held; whoever was a member then is one, and with that role;
 *   what was quarantined then is. Marks follow, and so do heads, names of versions, and what is known of authors and devices.
 * - DU-17: what a repair left out since is nowhere: such a document waits for a device, even when it was whole at that moment.
 * - D6: what was purged since stays purged: its bytes are gone, and its tombstone is the last that the log has.
 * - What the past does not reach is refused whole, before anything is changed: BAD_INPUT with the details `reason` and, of `before-history`,
 *   `earliest` (ms since 1970), the first moment that can be had. Before the first thing that is known of the store there is no moment of it.
 */
import type { DocumentPlace } from './store-look.ts'

export interface PutBack {
  /** Entries committed since, which are no more. */
  readonly entries: number
  /** Documents that were folded since, and stand again as they were written. */
  readonly unfolded: number
  /** Documents that were first written since, and are no more. */
  readonly unmade: number
  /** Documents that were there then and were purged since: they stay purged. At most 20 are listed. */
  readonly purged: { readonly documents: number; readonly listed: readonly DocumentPlace[] }
  /** Members who have another role than before this, or none, or have one again. */
  readonly members: number
}
