/** Somebody who writes through one of the relay's ways in, and goes on as if nothing had been when the relay has died and is back. */
export interface Writer {
  readonly name: string
  readonly document: string
  /** Of all edits, how large a share is made by this one. */
  readonly share: number
  /** Makes an edit: sent at once when there is a link, and else as soon as there is one. */
  write(): void
  /** Links up. Resolves when it has a link. */
  connect(): Promise<void>
  /** The relay is dead: whatever link there was is none any more. Resolves when nothing that came over it is still to be read. */
  cut(): Promise<void>
  /** Resolves when all that it wrote is acked. */
  settled(): Promise<void>
  /** The text that it shows of a document of its own kind; undefined where it holds none such. */
  shows?(document: string): Promise<string | undefined>
  close(): Promise<void>
}
