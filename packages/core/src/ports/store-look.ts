/** What a look at a store from outside tells, whichever store it is. */

export interface DocumentPlace {
  readonly space: string
  readonly document: string
}

export interface RowPlace {
  readonly space: string
  readonly seq: number
  readonly document?: string | undefined
}

export interface StoreLook {
  /** The version of the schema as it was found, and the newest that this code knows. */
  readonly version: number
  readonly newest: number
  readonly journal: string
  /** 2 when a commit waits for the disk. */
  readonly synchronous: number
  readonly spaces: number
  readonly documents: number
  readonly entries: number
  /** What is wrong with its pages; empty when nothing. At most 20. */
  readonly integrity: readonly string[]
  /** Rows whose checksum was compared, and those that it did not fit. At most 20 are listed. */
  readonly rows: { readonly looked: number; readonly damaged: number; readonly listed: readonly RowPlace[] }
  /** Places in logs whose mark was computed again, and those where it was another. At most 20 are listed. */
  readonly marks: { readonly looked: number; readonly wrong: number; readonly listed: readonly RowPlace[] }
  /** Documents whose last entry is not there. */
  readonly headless: readonly DocumentPlace[]
  /** All documents of which something is told that their entries do not say: that they are gone or not, or the names of entries in the log. */
  readonly disagreeing: readonly DocumentPlace[]
  readonly quarantined: readonly (DocumentPlace & { readonly code: string })[]
  readonly largestDocuments: readonly (DocumentPlace & { readonly bytes: number; readonly entries: number })[]
  readonly largestSpaces: readonly { readonly space: string; readonly bytes: number; readonly documents: number }[]
  /** Documents with so many entries that a relay should have folded them, and all those entries. */
  readonly unfolded: { readonly documents: number; readonly entries: number }
  /** The latest time that an entry says it was made at, in ms since 1970. */
  readonly newestAt: number | undefined
}
