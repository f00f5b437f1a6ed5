/** Client: a new token for the same subject (AU-07, AU-09). */
import type { Codec } from './codec.ts'
import { TOKEN_BYTES } from './limits.ts'
import { readText, writeText } from './primitives.ts'

export interface Auth {
  readonly type: 'auth'
  readonly token: string
}

export const auth: Codec<Auth> = {
  write(encoder, message) {
    writeText(encoder, message.token, TOKEN_BYTES)
  },
  read(decoder) {
    return { type: 'auth', token: readText(decoder, TOKEN_BYTES) }
  },
}
