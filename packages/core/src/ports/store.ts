/**
 * Port: the relay's log, on disk. Laws:
 * - S1: `commit` resolves only when everything in it survives power loss. It is one transaction; if it rejects, the outcome is unknown:
 *   re-read before refusing or retrying anything.
 * - R1: seq is given inside the transaction, from 1, without gaps per space; order of seq is order of commit, and no reader ever sees
 *   seq n before n-1.
 * - S4: an entry named (space, device, n) is written once. The same name again with the same digest gives the seq it has; with another:
 *   `forked`. A device is the subject's who wrote first under its name: another's entry under it is `forked` too.
 * - T5: an entry judged against a document head that has moved since (`basedOn`), or as of another kind or engine, is not written: `stale`,
 *   and only that document's entries are. What follows a refused entry in the same commit, in the same document, is `stale` as well.
 * - D6: a `tombstone` drops the bytes, authors and quarantine of its document in the same transaction; what comes later
 *   is `gone`.
 * - S3: entries are never changed or removed, but for `fold`, which replaces the bytes of entries up to `upTo` by one snapshot at that seq,
 *   and only if none of them changed meanwhile and nothing of the document was voided (`head`), and `void`, which takes the bytes of one
 *   entry away and appends an entry that holds them; marks stay verifiable for both.
 * - What a fold replaces is kept as the document's past when it says so (`keptAt`), as it was: an entry is in `past` or in `body`, and once in
 *   `lineage`. Nobody else reads it: a past, whole, damaged or gone, changes nothing of what the other calls answer. A past is changed by
 *   `forget` alone, and goes with its document and the names of its versions when that is purged (D6).
 * - `read` gives entries in order from one consistent view; a folded entry is passed over, its snapshot stands at the last folded seq; so is
 *   a voided one of which nothing is left.
 * - A missing document is undefined; a failed load rejects (UNAVAILABLE) and is never an empty answer. A full disk rejects with QUOTA:
 *   nothing was written, and reads go on. `read` of a space that is not there is NOT_FOUND.
 * - `probe` writes as much as an ordinary commit does, as durably, and leaves nothing that anybody reads: it resolves when a commit would now,
 *   and rejects as that would; with QUOTA already when a large one would.
 * - S5: when it can no longer know what is on its disk, a store rejects everything with UNAVAILABLE and the detail `fatal: true`.
 * - A store that several nodes have open tells the `time` of all of them (MN-13): no node's own wall clock decides anything then. One that
 *   finds another database in the place of the one it was opened on (a failover, a restore: it may lack what this node knows to be there)
 *   rejects everything from then on, as under S5 (MN-09).
 * - What is nobody's entry's fault, since the store cannot be reached at all, rejects with UNAVAILABLE and the detail `away: true`: to ask it
 *   for less at a time is of no use.
 * - CR-19: a subject or a name that not every store can hold (`isStorable`) rejects with BAD_INPUT, and nothing was written.
 * - No call holds its thread for more than a few milliseconds, however long a document's log is: `body`, `authors`, `headAndAuthors` and `lineage` of a long
 *   one are read piece by piece, as of when they began or later.
 * - Rows carry checksums; a row that fails its checksum rejects `body`, `authors` and `headAndAuthors` of that document with QUARANTINED, and of no other;
 *   `read` passes over it and names its document as `damaged`. A row of a past that does rejects `past` and `lineage` alone.
 */
import type { Entry, PushEntry } from '../entry.ts'
import type { Code } from '../errors.ts'

/** What an entry weighs in a page besides its bytes, so that a page of tiny ones is not endless. */
export const ENTRY_WEIGHT = 100

/** What an edit of a document is judged against. */
export interface HeadAndAuthors {
  /** Undefined while nothing of it is stored. */
  readonly head: DocumentHead | undefined
  readonly authors: readonly AuthorHead[]
}

export interface Store {
  head(space: string): Promise<SpaceHead | undefined>
  commit(spaces: readonly SpaceCommit[]): Promise<CommittedSpace[]>
  /**
   * A commit to these spaces of what is decided while nobody else writes into them, so that none of it is stale. `decide` is called once at
   * most. Absent where one process has the store for itself.
   */
  commitAlone?(spaces: readonly string[], decide: () => Promise<readonly SpaceCommit[]>): Promise<CommittedSpace[]>
  /** Entries with seq in (after, …], in order, until they weigh `maxBytes` (see ENTRY_WEIGHT); at least one if there is any. */
  read(space: string, after: number, maxBytes: number): Promise<LogPage>
  /** The mark at a seq ≤ head, or undefined when the log does not know it (any more). */
  markAt(space: string, seq: number): Promise<Uint8Array | undefined>
  document(space: string, document: string): Promise<DocumentHead | undefined>
  /** With `after`, a head that the document had: those that entries behind it moved, at least. */
  authors(space: string, document: string, after?: number): Promise<AuthorHead[]>
  /** `document` and `authors` as of one moment. Absent where two calls cost no more than one. */
  headAndAuthors?(space: string, document: string): Promise<HeadAndAuthors>
  /** Snapshot and later updates of one document, in order. Of a gone one its tombstone; of none nothing. */
  body(space: string, document: string): Promise<Entry[]>
  /** Documents by head seq, newest first, with head seq < before. Gone ones too. */
  documents(space: string, before: number, limit: number): Promise<DocumentHead[]>
  /** The seq that an entry's name has, with its digest. */
  named(space: string, device: string, n: number): Promise<{ seq: number; digest: Uint8Array } | undefined>
  /** The greatest n that a device has in a space, 0 if none. */
  lastOf(space: string, device: string): Promise<number>
  /** Whose entries a device's are in a space, undefined if it has none: one device is one subject's. */
  subjectOf(space: string, device: string): Promise<string | undefined>
  /** The first seq of this document with an entry of this digest, folded ones included: the same edit under any name (deterministic seeds). */
  holds(space: string, document: string, digest: Uint8Array): Promise<number | undefined>
  /** Replaces a document's entries up to `upTo` by `snapshot`. False when they changed meanwhile, `upTo` is none of them, or something was voided. */
  fold(fold: Fold): Promise<boolean>
  /** Documents with at least `entries` unfolded entries, most first; none that are gone or quarantined. */
  foldable(
    entries: number,
    limit: number,
  ): Promise<{ space: string; document: string; engine: string; entries: number }[]>
  /**
   * Documents of all spaces, a page at a time, in an order that stays: those behind `after`, which is 0 at first and then the last one's `at`.
   * None that are gone.
   */
  everyDocument(
    after: number,
    limit: number,
  ): Promise<{ at: number; space: string; document: string; engine: string }[]>
  /**
   * Appends a `void` entry and puts something else in the place of the entry that it voids: a `snapshot` of what is left of it, or, when
   * that is nothing, a `void` without bytes. Undefined when that entry is no update of a live document (any more): nothing is written.
   */
  void(voiding: Voiding): Promise<Voided | undefined>
  /** All that is kept of a document's entries, past and present, oldest first, without their bytes. Of a gone one its tombstone. */
  lineage(space: string, document: string): Promise<Lineal[]>
  /** Kept entries that folds replaced, with seq in (after, …], in order, until they weigh `maxBytes`; at least one if there is any. */
  past(space: string, document: string, after: number, maxBytes: number): Promise<Entry[]>
  /**
   * Documents of all spaces with a past that was kept before a time (ms since 1970, also between two of them), and up to which seq it was:
   * a page at a time, as `everyDocument` gives them.
   */
  aged(
    before: number,
    after: number,
    limit: number,
  ): Promise<{ at: number; space: string; document: string; engine: string; upTo: number }[]>
  /** Replaces a stretch of a document's past, or takes it away. False when it changed meanwhile, or would leave something and a version before its end has a name. */
  forget(forgetting: Forgetting): Promise<boolean>
  /** Names a version of a live document, by the seq it ends at; an empty name takes the name away. False when there is no such version any more. */
  nameVersion(space: string, document: string, version: VersionName): Promise<boolean>
  /** By seq. */
  versionNames(space: string, document: string): Promise<VersionName[]>
  quarantine(space: string, document: string, code: Code | undefined): Promise<void>
  /** Makes the space if it is new; the role given is kept if a member already has one. */
  admit(space: string, subject: string, role: Role): Promise<void>
  /** The space's access of a subject, or undefined when it is no member or there is no such space (A4: the caller cannot tell). */
  roleOf(space: string, subject: string): Promise<Role | undefined>
  /** Gives a member another role, or with undefined none: no member any more. False when it was none, or there is no such space. */
  setRole(space: string, subject: string, role: Role | undefined): Promise<boolean>
  /** By subject. */
  members(space: string): Promise<Member[]>
  /** By name, those behind `after`, which is '' at first. */
  spaces(after: string, limit: number): Promise<SpaceLine[]>
  /** Whether it can commit, found out by doing as a commit does. */
  probe(): Promise<void>
  /** How much room it takes, and how much of that is kept for history; absent where that cannot be told without reading it. */
  sizes?(): Promise<StoreSizes>
  /** The wall clock of whoever holds the log, in ms since 1970; absent when that is this process. */
  time?(): Promise<number>
  close(): Promise<void>
}

/** In bytes. */
export interface StoreSizes {
  readonly database: number
  readonly history: number
}

export type Role = 'owner' | 'editor' | 'viewer'

export interface Member {
  readonly subject: string
  readonly role: Role
}

/** A space in a list of all. */
export interface SpaceLine {
  readonly space: string
  readonly seq: number
  readonly members: number
}

export interface SpaceHead {
  /** Names the life of this log; a restored or recovered log gets another (R4). */
  readonly epoch: string
  readonly seq: number
  readonly mark: Uint8Array
}

export interface SpaceCommit {
  readonly space: string
  /** In the order in which they get their seq. */
  readonly entries: readonly CommitEntry[]
}

export interface CommitEntry extends Omit<PushEntry, 'type'> {
  readonly type: PushEntry['type'] | 'void'
  readonly device: string
  readonly subject: string
  readonly digest: Uint8Array
  /**
   * Head seq of the document that the gate judged against, as it was before this commit; 0 for a new one. Later entries of a commit build
   * on earlier ones by themselves.
   */
  readonly basedOn: number
  /** What becomes of the document's authors with this entry; those not named stay as they are. */
  readonly authors: readonly AuthorHead[]
}

export interface CommittedSpace {
  readonly space: string
  readonly head: SpaceHead
  /** One for each entry, in order. */
  readonly outcomes: readonly Outcome[]
}

export type Outcome =
  | { readonly outcome: 'written'; readonly seq: number }
  | { readonly outcome: 'known'; readonly seq: number }
  | { readonly outcome: 'forked' }
  | { readonly outcome: 'stale' }
  | { readonly outcome: 'gone' }

export interface LogPage {
  readonly entries: readonly Entry[]
  /** The position after these entries (folded ones included), with its mark: a valid cursor. */
  readonly seq: number
  readonly mark: Uint8Array
  readonly epoch: string
  /** Whether `seq` was the head when the page was read. */
  readonly end: boolean
  /** Documents of which this page lacks an entry, because its row is damaged. */
  readonly damaged: readonly string[]
}

export interface DocumentHead {
  readonly document: string
  readonly kind: string
  readonly engine: string
  /** The first entry's seq; kind and engine are fixed by it. */
  readonly firstSeq: number
  readonly seq: number
  readonly state: 'live' | 'gone'
  /** Stored bytes of the body. 0 for a gone one. */
  readonly bytes: number
  /** Set while the document is read-only because something is wrong with it (T2). */
  readonly quarantined: Code | undefined
}

/** How far one author of a document has written, and which device it is bound to (A3). */
export interface AuthorHead {
  readonly author: string
  readonly clock: number
  readonly owner: string
}

export interface Voiding {
  readonly space: string
  /** Of the entry that is voided. */
  readonly seq: number
  /** What readers get in its place; undefined when nothing. */
  readonly instead: Uint8Array | undefined
  /** Appended on whatever head the document has: `basedOn` says nothing here. Its document is that of `seq`. */
  readonly entry: CommitEntry & { readonly type: 'void' }
}

export interface Voided {
  readonly head: SpaceHead
  /** The entry that was appended. */
  readonly entry: Entry
  /** The document's head seq before it. */
  readonly before: number
}

export interface Fold {
  readonly space: string
  readonly document: string
  readonly upTo: number
  readonly snapshot: Uint8Array
  /** How many unfolded entries up to `upTo` the snapshot was made from. */
  readonly entries: number
  /**
   * The document's head seq as these were read: nothing in it was voided since, whether in them or behind, where a snapshot may hold it already.
   * Absent where nobody else voids meanwhile.
   */
  readonly head?: number | undefined
  /** When what it replaces is kept: since now, in whole ms since 1970. Absent, it is dropped. */
  readonly keptAt?: number | undefined
}

/** An entry but for its bytes: `bytes` is their number. */
export interface Lineal extends Pick<Entry, 'seq' | 'type' | 'at' | 'device' | 'n' | 'subject'> {
  readonly bytes: number
}

export interface Forgetting {
  readonly space: string
  readonly document: string
  /** The stretch is (after, upTo]; `upTo` is the seq of an entry in it. */
  readonly after: number
  readonly upTo: number
  /** How many entries there are in it. */
  readonly entries: number
  /** What says the same as these, and is a snapshot at `upTo` from now on; undefined when nothing is to be left. */
  readonly instead: Uint8Array | undefined
}

/** What somebody called the document as it was after the entry at `seq`. */
export interface VersionName {
  readonly seq: number
  /** 1 to 100 characters. */
  readonly name: string
  /** Who gave it. */
  readonly subject: string
  /** When, in whole ms since 1970. */
  readonly at: number
}
