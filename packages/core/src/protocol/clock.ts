/** Relay: the answer to `time`. `clockId` names the life of the relay's monotonic clock. */
import { readVarString, readVarUint } from 'lib0/decoding'
import { writeVarString, writeVarUint } from 'lib0/encoding'
import type { Codec } from './codec.ts'

export interface ClockTold {
  readonly type: 'clock'
  readonly id: number
  /** Microseconds of the relay's monotonic clock. */
  readonly monotonic: number
  /** Milliseconds since 1970 on the relay. */
  readonly wall: number
  readonly clockId: string
}

export const clock: Codec<ClockTold> = {
  write(encoder, message) {
    writeVarUint(encoder, message.id)
    writeVarUint(encoder, message.monotonic)
    writeVarUint(encoder, message.wall)
    writeVarString(encoder, message.clockId)
  },
  read(decoder) {
    return {
      type: 'clock',
      id: readVarUint(decoder),
      monotonic: readVarUint(decoder),
      wall: readVarUint(decoder),
      clockId: readVarString(decoder),
    }
  },
}
