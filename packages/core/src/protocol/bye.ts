/** Relay: this connection ends, why, and when to come back. */
import { readVarString, readVarUint } from 'lib0/decoding'
import { writeVarString, writeVarUint } from 'lib0/encoding'
import { isCode, type Code } from '../errors.ts'
import type { Codec } from './codec.ts'

export interface Bye {
  readonly type: 'bye'
  readonly code: Code
  /** Milliseconds. */
  readonly retryAfter: number
}

export const bye: Codec<Bye> = {
  write(encoder, message) {
    writeVarString(encoder, message.code)
    writeVarUint(encoder, message.retryAfter)
  },
  read(decoder) {
    const code = readVarString(decoder)
    return { type: 'bye', code: isCode(code) ? code : 'UNAVAILABLE', retryAfter: readVarUint(decoder) }
  },
}
