/** Relay: the answer to `time`. `clockId` names the life of the relay's monotonic clock. */
import { message } from './codec.ts'
import { id, uint } from './primitives.ts'

export interface ClockTold {
  readonly type: 'clock'
  readonly id: number
  /** Microseconds of the relay's monotonic clock. */
  readonly monotonic: number
  /** Milliseconds since 1970 on the relay. */
  readonly wall: number
  readonly clockId: string
}

export const clock = message<ClockTold>('clock', 38, { id: uint, monotonic: uint, wall: uint, clockId: id })
