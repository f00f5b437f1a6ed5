/**
 * Port: documents that another server kept, to be taken over. Laws:
 * - It reads: what is there stays as it is, so that there is a way back.
 * - Each document comes once, with all of its updates in the order in which they were stored. Their bytes are not looked into.
 * - A row that cannot be read is named and passed over, and nothing else is lost with it.
 */
export interface OldDocuments {
  documents(): AsyncIterable<OldDocument>
  close(): Promise<void>
}

export interface OldDocument {
  /** As it was called there; undefined for rows of which that cannot be told. */
  readonly name: string | undefined
  /** Yjs updates, V1. */
  readonly updates: readonly OldRow[]
  readonly damaged: readonly DamagedRow[]
}

export interface OldRow {
  /** Names the row among the document's, for a person. */
  readonly row: string
  readonly bytes: Uint8Array
}

export interface DamagedRow {
  readonly row: string
  /** In a few words. */
  readonly reason: string
}
