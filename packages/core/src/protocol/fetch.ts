/** Client: bodies of one document, or of a page of documents older than `before` (0: from the newest). Answered by `bodies`. */
import type { Codec } from './codec.ts'
import { readId, readOptional, readUint, writeId, writeOptional, writeUint } from './primitives.ts'

export interface Fetch {
  readonly type: 'fetch'
  readonly space: string
  readonly document: string | undefined
  /** With no document: only those whose newest entry is before this seq. */
  readonly before: number
}

export const fetch: Codec<Fetch> = {
  write(encoder, message) {
    writeId(encoder, message.space)
    writeOptional(encoder, message.document, writeId)
    writeUint(encoder, message.before)
  },
  read(decoder) {
    return {
      type: 'fetch',
      space: readId(decoder),
      document: readOptional(decoder, readId),
      before: readUint(decoder),
    }
  },
}
