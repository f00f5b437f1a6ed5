/** Client, after `changes` with `reset`: what this device holds, page by page. The relay answers `want` for what it lacks (R4). */
import { writeVarString, writeVarUint8Array } from 'lib0/encoding'
import type { Codec } from './codec.ts'
import { readBytes, readId, readList, writeList } from './primitives.ts'

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
    writeVarString(encoder, message.space)
    writeList(encoder, message.documents, (_, held) => {
      writeVarString(encoder, held.document)
      writeVarString(encoder, held.engine)
      writeVarUint8Array(encoder, held.version)
    })
  },
  read(decoder) {
    const space = readId(decoder)
    const documents = readList(decoder, () => ({ document: readId(decoder), engine: readId(decoder), version: readBytes(decoder) }))
    return { type: 'have', space, documents }
  },
}
