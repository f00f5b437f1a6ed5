/** Client: bodies of one document, or of a page of documents older than `before` (0: from the newest). Answered by `bodies`. */
import { readVarUint } from 'lib0/decoding'
import { writeVarString, writeVarUint } from 'lib0/encoding'
import type { Codec } from './codec.ts'
import { readId, readOptional, writeOptional } from './primitives.ts'

export interface Fetch {
  readonly type: 'fetch'
  readonly space: string
  readonly document: string | undefined
  /** With no document: only those whose newest entry is before this seq. */
  readonly before: number
}

export const fetch: Codec<Fetch> = {
  write(encoder, message) {
    writeVarString(encoder, message.space)
    writeOptional(encoder, message.document, writeVarString)
    writeVarUint(encoder, message.before)
  },
  read(decoder) {
    return { type: 'fetch', space: readId(decoder), document: readOptional(decoder, readId), before: readVarUint(decoder) }
  },
}
