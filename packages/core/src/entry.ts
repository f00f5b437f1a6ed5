/**
 * One line of a space's log, and the parts it is made of.
 * Laws: the log is append-only (S3); seq counts from 1 without gaps per space; an entry's name (space, device, n, digest) is written once (S4).
 * A snapshot takes the seq of the last entry it contains and the ones before become `folded`: no reader who is past them is sent anything again.
 */

import type { EntryType } from './entry-type.ts'

/** Clocks `[from, to)` that one author wrote. An author is a fresh id per opened document: Yjs client id (decimal) or Automerge actor (hex). */
export interface AuthorRange {
  readonly author: string
  readonly from: number
  readonly to: number
}

/** What travels in clear beside an update. */
export interface Envelope {
  readonly document: string
  readonly kind: string
  readonly engine: string
  /** When the person edited, in ms since 1970 by the author's corrected clock. Never used for order; it is what a list shows. */
  readonly at: number
}

/** An edit as a device hands it to a relay. `n` counts from 1 per (space, device). */
export interface PushEntry extends Envelope {
  readonly n: number
  readonly type: 'update' | 'tombstone'
  readonly bytes: Uint8Array
}

/** An entry as it stands in the log. */
export interface Entry extends Envelope {
  readonly seq: number
  readonly type: EntryType
  readonly device: string
  readonly n: number
  /** Who wrote it: the token's subject (A3). */
  readonly subject: string
  readonly bytes: Uint8Array
}

/** How far a replica has read. A cursor whose mark does not match means that the relay lost something (R4). */
export interface Cursor {
  readonly epoch: string
  readonly seq: number
  readonly mark: Uint8Array
}
