/** Relay: an answer that is no. With n: that entry was not written. With a document: a fetch or presence of it. With neither: the space. */
import type { Code } from '../errors.ts'
import { message } from './codec.ts'
import { code, count, id, optional, uint } from './primitives.ts'

export interface Refused {
  readonly type: 'refused'
  readonly space: string
  readonly document: string | undefined
  readonly n: number | undefined
  /** A code this side does not know reads as UNAVAILABLE, so that nothing is given up. */
  readonly code: Code
  /** Milliseconds after which trying again makes sense; 0 for none. */
  readonly retryAfter: number
}

export const refused = message<Refused>('refused', 36, {
  space: id,
  document: optional(id),
  n: optional(count),
  code,
  retryAfter: uint,
})
