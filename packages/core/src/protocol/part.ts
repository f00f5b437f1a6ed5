/** Both ways: a piece of a message that is larger than one frame may be. `splitFrame` makes them, `joinParts` puts them together. */
import { message } from './codec.ts'
import { bytes, flag } from './primitives.ts'

export interface Part {
  readonly type: 'part'
  readonly last: boolean
  readonly bytes: Uint8Array
}

export const part = message<Part>('part', 9, { last: flag, bytes })
