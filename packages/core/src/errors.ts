/**
 * Everything that can go wrong in a way a caller may act on: a closed list of codes.
 * Law: a code says what happened and what the client does about it. The sentence for a person is beside (`sentenceOf`), so that an app
 * which says it in its own words, or in another language, does not carry ours.
 *
 * `shelve` - final, the edit goes to the shelf (C2) · `wait` - keep it and try again · `restamp`, `fork`, `rejoin` - the
 * client mends it alone and goes on · `wipe` - the only two for which a device forgets data (R6) · `stop` - ask the person or the app.
 */
export type Then = 'shelve' | 'wait' | 'restamp' | 'fork' | 'rejoin' | 'wipe' | 'stop'

/** Every code, and what the client does about it. */
export const CODES = {
  // the gate (D2, A3)
  BAD_UPDATE: 'shelve',
  TOO_LARGE: 'shelve',
  TOO_DEEP: 'shelve',
  TOO_MANY_AUTHORS: 'shelve',
  FORBIDDEN_KEY: 'shelve',
  FIELD_SHAPE: 'shelve',
  DELETES_UNKNOWN: 'rejoin',
  CONFLICTING_AUTHORSHIP: 'shelve',
  GAP: 'rejoin',
  KIND_MISMATCH: 'shelve',
  STAMP_AHEAD: 'restamp',
  DEVICE_FORKED: 'fork',
  // access (A1, A4)
  FORBIDDEN: 'shelve',
  NOT_FOUND: 'shelve',
  UNAUTHENTICATED: 'stop',
  WRONG_SUBJECT: 'stop',
  GONE: 'wipe',
  REMOVED: 'wipe',
  // capacity and weather (retryable)
  RATE_LIMITED: 'wait',
  QUOTA: 'wait',
  UNAVAILABLE: 'wait',
  REPLACED: 'wait',
  QUARANTINED: 'wait',
  // the wire
  BAD_FRAME: 'stop',
  VERSION: 'wait',
  RELAY_VERSION: 'wait',
  INSECURE_URL: 'stop',
  // the device
  STORAGE_FULL: 'wait',
  STORAGE_UNAVAILABLE: 'stop',
  STORAGE_LOST: 'stop',
  BAD_INPUT: 'stop',
  CLOSED: 'stop',
} as const satisfies Record<string, Then>

export type Code = keyof typeof CODES

/**
 * The one error type that Joinery throws or rejects with. Its message is the code; what it was about is in the details, which no log prints.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { JoineryError } from '@joinery/core'
 *
 * const error = new JoineryError('BAD_INPUT', { field: 'title' })
 * assert.equal(error.code, 'BAD_INPUT')
 * assert.deepEqual(error.details, { field: 'title' })
 * ```
 */
export class JoineryError extends Error {
  override readonly name = 'JoineryError'
  readonly code: Code
  readonly details: Readonly<Record<string, unknown>>

  constructor(code: Code, details: Readonly<Record<string, unknown>> = {}, options?: { cause?: unknown }) {
    super(code, options)
    this.code = code
    this.details = details
  }
}

/**
 * Whether a string off the wire is one of our codes. A newer peer may know more: treat those as UNAVAILABLE.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { isCode } from '@joinery/core'
 *
 * assert.ok(isCode('GONE'))
 * assert.ok(!isCode('toString'))
 * ```
 */
export function isCode(value: string): value is Code {
  return Object.hasOwn(CODES, value)
}
