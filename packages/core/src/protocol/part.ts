/** Both ways: a piece of a message that is larger than one frame may be. `splitFrame` makes them, `joinParts` puts them together. */
import type { Codec } from './codec.ts'
import { readBytes, readFlag, writeBytes, writeFlag } from './primitives.ts'

export interface Part {
  readonly type: 'part'
  readonly last: boolean
  readonly bytes: Uint8Array
}

export const part: Codec<Part> = {
  write(encoder, message) {
    writeFlag(encoder, message.last)
    writeBytes(encoder, message.bytes)
  },
  read(decoder) {
    return { type: 'part', last: readFlag(decoder), bytes: readBytes(decoder) }
  },
}
