/** Relay: an answer that is no. With n: that entry was not written. With a document: a fetch or presence of it. With neither: the space. */
import type { Code } from '../errors.ts'
import type { Codec } from './codec.ts'
import {
  readCode,
  readCount,
  readId,
  readOptional,
  readUint,
  writeCount,
  writeId,
  writeOptional,
  writeUint,
} from './primitives.ts'

export interface Refused {
  readonly type: 'refused'
  readonly space: string
  readonly document: string | undefined
  readonly n: number | undefined
  /** A code this side does not know reads as UNAVAILABLE, so that nothing is given up. */
  readonly code: Code
  /** Milliseconds after which trying again makes sense; 0 for none. */
  readonly retryAfter: number
}

export const refused: Codec<Refused> = {
  write(encoder, message) {
    writeId(encoder, message.space)
    writeOptional(encoder, message.document, writeId)
    writeOptional(encoder, message.n, writeCount)
    writeId(encoder, message.code)
    writeUint(encoder, message.retryAfter)
  },
  read(decoder) {
    return {
      type: 'refused',
      space: readId(decoder),
      document: readOptional(decoder, readId),
      n: readOptional(decoder, readCount),
      code: readCode(decoder),
      retryAfter: readUint(decoder),
    }
  },
}
