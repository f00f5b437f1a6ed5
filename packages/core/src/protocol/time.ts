/** Client: what time is it (and: are you there). The relay answers `clock` before other work. */
import type { Codec } from './codec.ts'
import { readUint, writeUint } from './primitives.ts'

export interface Time {
  readonly type: 'time'
  readonly id: number
}

export const time: Codec<Time> = {
  write(encoder, message) {
    writeUint(encoder, message.id)
  },
  read(decoder) {
    return { type: 'time', id: readUint(decoder) }
  },
}
