/** Client, first message, within 5 s: who speaks and for whom. A token never travels in a URL (AU-10). */
import { readVarString, readVarUint } from 'lib0/decoding'
import { writeVarString, writeVarUint } from 'lib0/encoding'
import type { Codec } from './codec.ts'
import { readId } from './primitives.ts'

export interface Hello {
  readonly type: 'hello'
  readonly version: number
  readonly device: string
  readonly token: string
}

export const hello: Codec<Hello> = {
  write(encoder, message) {
    writeVarUint(encoder, message.version)
    writeVarString(encoder, message.device)
    writeVarString(encoder, message.token)
  },
  read(decoder) {
    return { type: 'hello', version: readVarUint(decoder), device: readId(decoder), token: readVarString(decoder) }
  },
}
