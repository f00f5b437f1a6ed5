/**
 * Everything that can go wrong in a way a caller may act on: a closed list of codes.
 * Law: a code says what happened and what the client does about it (`then`); the sentence is for a person.
 *
 * then: `shelve` - final, the edit goes to the shelf (C2) · `wait` - keep it and try again · `restamp`, `fork`, `rejoin` - the
 * client mends it alone and goes on · `wipe` - the only two for which a device forgets data (R6) · `stop` - ask the person or the app.
 */
export type Then = 'shelve' | 'wait' | 'restamp' | 'fork' | 'rejoin' | 'wipe' | 'stop'

export const CODES = {
  // the gate (D2, A3)
  BAD_UPDATE: { then: 'shelve', sentence: 'This edit is damaged and could not be read.' },
  TOO_LARGE: { then: 'shelve', sentence: 'This edit or document is larger than the server accepts.' },
  TOO_DEEP: { then: 'shelve', sentence: 'This edit nests values too deeply.' },
  TOO_MANY_AUTHORS: { then: 'shelve', sentence: 'This document has been edited by too many sessions.' },
  FORBIDDEN_KEY: { then: 'shelve', sentence: 'This edit uses a name that is not allowed.' },
  FIELD_SHAPE: { then: 'shelve', sentence: 'This edit treats a field as something that it is not.' },
  DELETES_UNKNOWN: { then: 'shelve', sentence: 'This edit deletes something that does not exist.' },
  CONFLICTING_AUTHORSHIP: { then: 'shelve', sentence: 'This edit claims to be written by somebody else.' },
  GAP: { then: 'rejoin', sentence: 'An earlier edit is missing.' },
  KIND_MISMATCH: { then: 'shelve', sentence: 'This document is of another kind.' },
  STAMP_AHEAD: { then: 'restamp', sentence: 'The clock of this device runs ahead.' },
  DEVICE_FORKED: { then: 'fork', sentence: 'Another device goes by the same name.' },
  // access (A1, A4)
  FORBIDDEN: { then: 'shelve', sentence: 'You may not change this.' },
  NOT_FOUND: { then: 'shelve', sentence: 'There is nothing here.' },
  UNAUTHENTICATED: { then: 'stop', sentence: 'Please sign in again.' },
  WRONG_SUBJECT: { then: 'stop', sentence: 'This library belongs to another account.' },
  GONE: { then: 'wipe', sentence: 'This document was deleted for good.' },
  REMOVED: { then: 'wipe', sentence: 'You are no longer a member here.' },
  // capacity and weather (retryable)
  RATE_LIMITED: { then: 'wait', sentence: 'Too fast. It will be sent in a moment.' },
  QUOTA: { then: 'wait', sentence: 'There is no room left on the server for now.' },
  UNAVAILABLE: { then: 'wait', sentence: 'The server cannot save right now. It will be tried again.' },
  REPLACED: { then: 'wait', sentence: 'This device is connected from somewhere else.' },
  QUARANTINED: { then: 'wait', sentence: 'This document is being repaired and can only be read.' },
  // the wire
  BAD_FRAME: { then: 'stop', sentence: 'The connection spoke something that is not understood.' },
  VERSION: { then: 'stop', sentence: 'This app is too old for the server, or too new.' },
  INSECURE_URL: { then: 'stop', sentence: 'The address of the server is not encrypted.' },
  // the device
  STORAGE_FULL: { then: 'wait', sentence: 'This device has no room left.' },
  STORAGE_UNAVAILABLE: {
    then: 'stop',
    sentence: 'This browser does not let the app keep data. It is kept only until you close it.',
  },
  STORAGE_LOST: { then: 'stop', sentence: 'This device lost its stored data and starts again from the server.' },
  BAD_INPUT: { then: 'stop', sentence: 'That value does not fit here.' },
  CLOSED: { then: 'stop', sentence: 'This was closed.' },
} as const satisfies Record<string, { then: Then; sentence: string }>

export type Code = keyof typeof CODES

/**
 * The one error type that Joinery throws or rejects with.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { JoineryError } from '@joinery/core'
 *
 * const error = new JoineryError('BAD_INPUT', { field: 'title' })
 * assert.equal(error.code, 'BAD_INPUT')
 * assert.equal(error.sentence, 'That value does not fit here.')
 * ```
 */
export class JoineryError extends Error {
  override readonly name = 'JoineryError'
  readonly code: Code
  readonly details: Readonly<Record<string, unknown>>

  constructor(code: Code, details: Readonly<Record<string, unknown>> = {}, options?: { cause?: unknown }) {
    super(`${code}: ${CODES[code].sentence}`, options)
    this.code = code
    this.details = details
  }

  get sentence(): string {
    return CODES[this.code].sentence
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
