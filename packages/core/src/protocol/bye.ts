/** Relay: this connection ends, why, and when to come back. */
import type { Code } from '../errors.ts'
import type { Codec } from './codec.ts'
import { readCode, readUint, writeId, writeUint } from './primitives.ts'

export interface Bye {
  readonly type: 'bye'
  readonly code: Code
  /** Milliseconds. */
  readonly retryAfter: number
}

export const bye: Codec<Bye> = {
  write(encoder, message) {
    writeId(encoder, message.code)
    writeUint(encoder, message.retryAfter)
  },
  read(decoder) {
    return { type: 'bye', code: readCode(decoder), retryAfter: readUint(decoder) }
  },
}
