/** Client: a new token for the same subject (AU-07, AU-09). */
import { readVarString } from 'lib0/decoding'
import { writeVarString } from 'lib0/encoding'
import type { Codec } from './codec.ts'

export interface Auth {
  readonly type: 'auth'
  readonly token: string
}

export const auth: Codec<Auth> = {
  write(encoder, message) {
    writeVarString(encoder, message.token)
  },
  read(decoder) {
    return { type: 'auth', token: readVarString(decoder) }
  },
}
