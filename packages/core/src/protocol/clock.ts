/** Relay: the answer to `time`. `clockId` names the life of the relay's monotonic clock. */
import type { Codec } from './codec.ts'
import { readId, readUint, writeId, writeUint } from './primitives.ts'

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
    writeUint(encoder, message.id)
    writeUint(encoder, message.monotonic)
    writeUint(encoder, message.wall)
    writeId(encoder, message.clockId)
  },
  read(decoder) {
    return {
      type: 'clock',
      id: readUint(decoder),
      monotonic: readUint(decoder),
      wall: readUint(decoder),
      clockId: readId(decoder),
    }
  },
}
