/**
 * A whole store as rows that any other can take in: what a copy, and what is put back, goes through. Laws:
 * - They come space by space: of each space its own row first, and of a document its row before all that names it.
 * - A space goes by any number; a document by the seq of its first entry, and a device by the seq of one that it wrote: both are numbers within
 *   their space.
 * - A row that did not fit its checksum comes as it was found and says so: whoever takes it in writes it so that it does not fit there either.
 * - They come in batches, each of which is taken in a few milliseconds, but for single rows that are larger.
 */

/** Of one moment. */
export type WholeStore = AsyncIterable<Batch>

export type Batch = { readonly [Table in keyof Tables]: Rows<Table> }[keyof Tables]

export interface Rows<Table extends keyof Tables> {
  readonly of: Table
  readonly rows: readonly Tables[Table][]
}

export interface Tables {
  readonly space: SpaceRow
  readonly device: DeviceRow
  readonly document: DocumentRow
  readonly log: LogRow
  readonly entry: WholeEntry
  readonly past: WholeEntry
  readonly folded: FoldedRow
  readonly kept: KeptRow
  readonly version: VersionRow
  readonly member: MemberRow
  readonly former: FormerRow
}

interface SpaceRow {
  readonly space: number
  readonly name: string
  readonly epoch: string
  readonly seq: number
  readonly mark: Uint8Array
}

interface DeviceRow {
  readonly space: number
  readonly device: number
  readonly name: string
  readonly subject: string
}

interface DocumentRow {
  readonly space: number
  readonly document: number
  readonly name: string
  readonly kind: string
  readonly engine: string
  readonly seq: number
  readonly entries: number
  readonly bytes: number
  readonly gone: boolean
  readonly quarantined: string | null
}

interface LogRow {
  readonly space: number
  readonly seq: number
  readonly device: number
  readonly n: number
  readonly digest: Uint8Array
  readonly mark: Uint8Array
  /** In ms since 1970; 0 when nobody knows. */
  readonly committed: number
}

/** `document` and `device` are 0 where what the row holds is the number of none. */
export interface WholeEntry {
  readonly space: number
  readonly seq: number
  readonly type: number
  readonly document: number
  readonly prev: number
  readonly device: number
  readonly n: number
  readonly at: number
  readonly authors: string
  readonly bytes: Uint8Array
  readonly isSound: boolean
}

interface FoldedRow {
  readonly space: number
  readonly document: number
  readonly digest: Uint8Array
  readonly seq: number
}

interface KeptRow {
  readonly space: number
  readonly document: number
  readonly seq: number
  readonly since: number
}

interface VersionRow {
  readonly space: number
  readonly document: number
  readonly seq: number
  readonly name: string
  readonly subject: string
  readonly at: number
}

interface MemberRow {
  readonly space: number
  readonly subject: string
  readonly role: string
}

/** How it was until then, of what no entry tells. Of space 0, `unknown`: before that nothing of this is known. */
interface FormerRow {
  readonly space: number
  readonly until: number
  readonly what: string
  readonly whose: string
  readonly value: string | null
}

/** Rows of a batch, at most. */
export const BATCH_ROWS = 256
/** What is larger comes in a batch of its own, or of few. */
export const BATCH_BYTES = 524_288
