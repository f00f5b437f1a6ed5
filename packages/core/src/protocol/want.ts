/** Relay: of what the device said it has, push these (marked `resupply`), from the version given on. */
import { writeVarString, writeVarUint8Array } from 'lib0/encoding'
import type { Codec } from './codec.ts'
import { readBytes, readId, readList, writeList } from './primitives.ts'

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
    writeVarString(encoder, message.space)
    writeList(encoder, message.documents, (_, wanted) => {
      writeVarString(encoder, wanted.document)
      writeVarUint8Array(encoder, wanted.version)
    })
  },
  read(decoder) {
    const space = readId(decoder)
    return { type: 'want', space, documents: readList(decoder, () => ({ document: readId(decoder), version: readBytes(decoder) })) }
  },
}
