/** Client, first message, within 5 s: who speaks and for whom. A token never travels in a URL (AU-10). */
import type { Codec } from './codec.ts'
import { TOKEN_BYTES } from './limits.ts'
import { readCount, readId, readText, writeCount, writeId, writeText } from './primitives.ts'

export interface Hello {
  readonly type: 'hello'
  readonly version: number
  readonly device: string
  readonly token: string
}

export const hello: Codec<Hello> = {
  write(encoder, message) {
    writeCount(encoder, message.version)
    writeId(encoder, message.device)
    writeText(encoder, message.token, TOKEN_BYTES)
  },
  read(decoder) {
    return {
      type: 'hello',
      version: readCount(decoder),
      device: readId(decoder),
      token: readText(decoder, TOKEN_BYTES),
    }
  },
}
