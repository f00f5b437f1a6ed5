/** Client: what time is it (and: are you there). The relay answers `clock` before other work. */
import { message } from './codec.ts'
import { uint } from './primitives.ts'

export interface Time {
  readonly type: 'time'
  readonly id: number
}

export const time = message<Time>('time', 7, { id: uint })
