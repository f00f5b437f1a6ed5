/** Relay: this connection ends, why, and when to come back. */
import type { Code } from '../errors.ts'
import { message } from './codec.ts'
import { code, uint } from './primitives.ts'

export interface Bye {
  readonly type: 'bye'
  readonly code: Code
  /** Milliseconds. */
  readonly retryAfter: number
}

export const bye = message<Bye>('bye', 39, { code, retryAfter: uint })
