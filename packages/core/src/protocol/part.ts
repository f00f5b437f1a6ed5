/** Both ways: a piece of a message that is larger than one frame may be. The pieces of one message follow each other; the last one ends it. */
import type { Codec } from './codec.ts'
import { readBytes, readFlag, writeFlag } from './primitives.ts'
import { writeVarUint8Array } from 'lib0/encoding'

export interface Part {
  readonly type: 'part'
  readonly last: boolean
  readonly bytes: Uint8Array
}

export const part: Codec<Part> = {
  write(encoder, message) {
    writeFlag(encoder, message.last)
    writeVarUint8Array(encoder, message.bytes)
  },
  read(decoder) {
    return { type: 'part', last: readFlag(decoder), bytes: readBytes(decoder) }
  },
}
