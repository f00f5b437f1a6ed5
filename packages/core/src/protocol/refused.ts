/** Relay: an answer that is no. With n: that entry was not written. With a document: a fetch or presence of it. With neither: the space. */
import { readVarString, readVarUint } from 'lib0/decoding'
import { writeVarString, writeVarUint } from 'lib0/encoding'
import { isCode, type Code } from '../errors.ts'
import type { Codec } from './codec.ts'
import { readId, readOptional, writeOptional } from './primitives.ts'

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
    writeVarString(encoder, message.space)
    writeOptional(encoder, message.document, writeVarString)
    writeOptional(encoder, message.n, writeVarUint)
    writeVarString(encoder, message.code)
    writeVarUint(encoder, message.retryAfter)
  },
  read(decoder) {
    const space = readId(decoder)
    const document = readOptional(decoder, readId)
    const n = readOptional(decoder, readVarUint)
    const code = readVarString(decoder)
    return { type: 'refused', space, document, n, code: isCode(code) ? code : 'UNAVAILABLE', retryAfter: readVarUint(decoder) }
  },
}
