/** Client: what time is it (and: are you there). The relay answers `clock` before other work. */
import { readVarUint } from 'lib0/decoding'
import { writeVarUint } from 'lib0/encoding'
import type { Codec } from './codec.ts'

export interface Time {
  readonly type: 'time'
  readonly id: number
}

export const time: Codec<Time> = {
  write(encoder, message) {
    writeVarUint(encoder, message.id)
  },
  read(decoder) {
    return { type: 'time', id: readVarUint(decoder) }
  },
}
