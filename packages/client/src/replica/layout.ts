/**
 * Where things stand in a device's storage: every key and every record, in one place. Laws:
 * - A key begins with the space, so that leaving a space is one range. Space names are the local ones: `me` for the personal space, so
 *   that a library that never had an account moves into one as it is.
 * - A document's log counts `at` from 1 without gaps; `tail` is the last. The snapshot holds the log up to `folded`, and those
 *   lines are gone: whoever has read less starts again from the snapshot.
 * - An edit made here stands in the log and, until it is acked, in `outbox` by its n and in `unacked` by its document: all three in the
 *   transaction that makes it `saved`. What stands in `unacked` is never folded and never evicted (C5).
 * - `life` counts how often a document was rebuilt without some of its edits. Whoever opened it in another life starts over.
 * - A document with a `stale` mark has log lines that its row and its words do not show yet.
 * - A value is of the type that this file names for its key, or bytes, in `log` and `snapshots`; another shape would be another database.
 * - The cursor changes only together with the entries that it covers (I6).
 * - One more key of `meta` is in `adopt/adopt.ts`, which few apps load.
 */
import type { Code, Key, Plain } from '@joinery/core'
import { NEW_REPLICA, type InflowPosition, type OutboxHead } from '@joinery/core/sync'

/**
 * `here`: the whole body is. `partial`: its beginning is not, or not yet. `evicted`: row and words are here, the body is at the relay.
 * `gone`: purged for good (D6).
 */
export type BodyState = 'here' | 'partial' | 'evicted' | 'gone'

export type DocumentRecord = {
  readonly kind: string
  readonly engine: string
  readonly body: BodyState
  readonly tail: number
  /** Up to where the log is in the snapshot. */
  readonly folded: number
  readonly life: number
  /** Bytes of log and snapshot. */
  readonly bytes: number
  /** When it was last opened or changed here, in ms since 1970: the least recently used body is evicted first. */
  readonly used: number
  /** When somebody, anywhere, first and last edited it, as far as is known here. */
  readonly made: number
  readonly edited: number
  /** Why the last life began. */
  readonly why: Code | null
}

/**
 * `unacked`: an edit stands in the outbox. `stale`: row and words do not show all of the log. `lacking`: the relay has what no cursor brings any
 * more, and the body is to be fetched. `words-of`: which ones the document stands under.
 */
export type Mark = 'unacked' | 'stale' | 'lacking' | 'words-of'

export type OutboxRecord = {
  readonly type: 'update' | 'tombstone'
  readonly document: string
  readonly kind: string
  readonly engine: string
  readonly edited: number
  /** Where the bytes are in the log; 0 for a tombstone and for a resupply, which brings its own. */
  readonly at: number
  readonly size: number
  readonly resupply: Uint8Array | null
}

export type ShelfRecord = {
  readonly space: string
  readonly document: string
  readonly kind: string
  readonly engine: string
  readonly code: Code
  readonly shelved: number
  readonly updates: readonly Uint8Array[]
}

export type DeviceRecord = {
  readonly device: string
  /** Who the relay says this library belongs to; null before the first welcome. */
  readonly personal: string | null
}

interface Place {
  readonly space: string
  readonly document: string
}

export const keys = {
  device: ['device'],
  /** Which of the names that tabs write under was given out last. */
  slot: ['slot'],
  lastSync: ['last-sync'],
  /** The version of each kind that rows and indexes were made by. */
  kinds: ['kinds'],
  /** The last n given in a space. */
  n: (space: string): Key => ['n', space],
  position: (space: string): Key => ['position', space],
  /** How far the log is known to go: no further than the cursor once all of that was read. Begins anew where the position begins to tell. */
  heard: (space: string): Key => ['heard', space],

  /** A record, a snapshot, and the beginning of a log. */
  document: ({ space, document }: Place): Key => [space, document],
  line: ({ space, document }: Place, at: number): Key => [space, document, at],
  outbox: (space: string, n: number): Key => [space, n],

  row: (space: string, kind: string, document: string): Key => [space, kind, document],
  rows: (space: string, kind: string): Key => [space, kind],

  // The table `index`. Its second part says what the entry is for.
  marks: (space: string, mark: Mark): Key => [space, mark],
  /** With an n for each edit that is `unacked`. */
  mark: (mark: Mark, { space, document }: Place, ...n: number[]): Key => [space, mark, document, ...n],
  index: (space: string, kind: string, entry: Key = []): Key => [space, 'row', kind, ...entry],
  word: (space: string, kind: string, ...word: string[]): Key => [space, 'word', kind, ...word],
} as const

/** Storage holds no undefined: what is undefined is left out. */
export function positionRecord(position: InflowPosition): Plain {
  return Object.fromEntries(Object.entries(position).filter(([, value]) => value !== undefined))
}

export function positionOf(value: Plain | undefined): InflowPosition {
  return (value ?? NEW_REPLICA) as unknown as InflowPosition
}

/** A document of which nothing is stored yet. `at`: when it was first edited, as far as is known. */
export function newRecord(kind: string, engine: string, body: BodyState, at: number): DocumentRecord {
  return { kind, engine, body, tail: 0, folded: 0, life: 0, bytes: 0, used: at, made: at, edited: at, why: null }
}

/** What has to be known of an entry in the outbox to send it in its turn. */
export function headOf(n: number, { document, engine, size, resupply }: OutboxRecord): OutboxHead {
  return { n, document, engine, bytes: size, resupply: !!resupply }
}
