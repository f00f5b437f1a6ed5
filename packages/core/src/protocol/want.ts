/** Relay: of what the device said it has, push these (marked `resupply`), from the version given on. */
import { fields, message } from './codec.ts'
import { bytes, id, list } from './primitives.ts'

export interface Want {
  readonly type: 'want'
  readonly space: string
  readonly documents: readonly WantedDocument[]
}

export interface WantedDocument {
  readonly document: string
  /** What the relay holds, as the engine's version bytes; empty for nothing at all. */
  readonly version: Uint8Array
}

export const want = message<Want>('want', 37, {
  space: id,
  documents: list(fields({ document: id, version: bytes })),
})
