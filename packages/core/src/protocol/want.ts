/** Relay: of what the device said it has, push these (marked `resupply`), from the version given on. */
import type { Codec } from './codec.ts'
import { readBytes, readId, readList, writeBytes, writeId, writeList } from './primitives.ts'

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

export const want: Codec<Want> = {
  write(encoder, message) {
    writeId(encoder, message.space)
    writeList(encoder, message.documents, (_, wanted) => {
      writeId(encoder, wanted.document)
      writeBytes(encoder, wanted.version)
    })
  },
  read(decoder) {
    return {
      type: 'want',
      space: readId(decoder),
      documents: readList(decoder, () => ({ document: readId(decoder), version: readBytes(decoder) })),
    }
  },
}
