/** Client, after `changes` with `reset`: what this device holds, page by page. The relay answers `want` for what it lacks (R4). */
import type { Codec } from './codec.ts'
import { readBytes, readId, readList, writeBytes, writeId, writeList } from './primitives.ts'

export interface Have {
  readonly type: 'have'
  readonly space: string
  readonly documents: readonly HeldDocument[]
}

export interface HeldDocument {
  readonly document: string
  readonly engine: string
  /** The engine's version bytes: for Yjs the state vector. */
  readonly version: Uint8Array
}

export const have: Codec<Have> = {
  write(encoder, message) {
    writeId(encoder, message.space)
    writeList(encoder, message.documents, (_, held) => {
      writeId(encoder, held.document)
      writeId(encoder, held.engine)
      writeBytes(encoder, held.version)
    })
  },
  read(decoder) {
    return {
      type: 'have',
      space: readId(decoder),
      documents: readList(decoder, () => ({
        document: readId(decoder),
        engine: readId(decoder),
        version: readBytes(decoder),
      })),
    }
  },
}
