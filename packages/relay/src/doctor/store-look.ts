/** What the doctor has to know of a store that was looked at, whichever it is. */
export interface StoreLook {
  /** The version of its schema as it was found, and the newest that this code knows. */
  readonly version: number
  readonly newest: number
  readonly journal: string
  /** 2 when a commit waits for the disk. */
  readonly synchronous: number
  readonly spaces: number
  readonly documents: number
  readonly entries: number
  /** What is wrong with its pages. */
  readonly integrity: readonly string[]
  readonly rows: { readonly looked: number; readonly damaged: number; readonly listed: readonly RowPlace[] }
  readonly marks: { readonly looked: number; readonly wrong: readonly RowPlace[] }
  readonly headless: readonly DocumentPlace[]
  readonly quarantined: readonly (DocumentPlace & { readonly code: string })[]
  readonly largestDocuments: readonly (DocumentPlace & { readonly bytes: number; readonly entries: number })[]
  readonly largestSpaces: readonly { readonly space: string; readonly bytes: number; readonly documents: number }[]
  readonly unfolded: { readonly documents: number; readonly entries: number }
  /** In ms since 1970. */
  readonly newestAt: number | undefined
}

interface DocumentPlace {
  readonly space: string
  readonly document: string
}

interface RowPlace {
  readonly space: string
  readonly seq: number
  readonly document?: string | undefined
}

/** Looks at a database and changes nothing; see `inspectSqlite`. */
export type InspectStore = (options: {
  readonly file: string
  readonly scratch: string
  readonly deep: boolean
}) => Promise<StoreLook>
