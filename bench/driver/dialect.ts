/**
 * How a client of a server talks. Laws:
 * - The driver decodes as little as it can: a dialect looks at first bytes, and answers what its server would wait for.
 * - What is sent is made before the clock runs.
 */
export interface Seat {
  send(frame: Uint8Array): void
  close(): void
}

export interface Joining {
  readonly url: string
  readonly document: string
  /** Of the client: unlike any other's. */
  readonly name: string
  /** Each frame that brings something, from the first on. */
  heard(frame: Buffer): void
  /** The server says that it has so many more of this client's edits. */
  acked?(count: number): void
  /** The server asks once more what this client has: it missed something, or takes it that it did. */
  askedAgain?(): void
  closed?(): void
}

/** What a client that comes back has of a document. */
export interface Held {
  readonly document: string
  readonly version: Uint8Array
}

export interface Dialect {
  readonly engine: 'yjs' | 'automerge'
  /** Resolves when the server has said everything that it had, or has begun to. */
  join(joining: Joining): Promise<Seat>
  /** As many edits of one author, each a text with its number. */
  edits(count: number): readonly Uint8Array[]
  /** One more edit, of somebody else who had these, with this number. */
  news(edits: readonly Uint8Array[], n: number): Uint8Array
  /** What one who has these edits says to have. */
  version(edits: readonly Uint8Array[]): Uint8Array
  /** All of these edits in one. */
  merged(edits: readonly Uint8Array[]): Uint8Array
  /** The first so many edits of the B4 trace, all without a number, as one edit. */
  typed(count?: number): Uint8Array
  /** What an author sends for his edits, each its own frame, in order. */
  frames(document: string, edits: readonly Uint8Array[]): Uint8Array[]
  /** The highest number in all that was heard of a document from joining on. */
  highest(frames: readonly Buffer[]): number
  /** Writes an edit into each of these documents of a library, and leaves. */
  write(url: string, edits: readonly { readonly document: string; readonly edit: Uint8Array }[]): Promise<void>
  /** A device has read all of that library and leaves. */
  leave?(url: string): Promise<void>
  /** A device with these documents comes back; resolves when it has heard of all of them. */
  comeBack(url: string, held: readonly Held[], heard: (frame: Buffer) => void): Promise<Seat>
  /** How many edits a client may have on their way. */
  readonly window: number
}
