/** Each code in a sentence for a person. Every code has one: a missing one does not compile. */
import { JoineryError, type Code } from './errors.ts'

const SENTENCES: { readonly [C in Code]: string } = {
  // the gate (D2, A3)
  BAD_UPDATE: 'This edit is damaged and could not be read.',
  TOO_LARGE: 'This edit or document is larger than the server accepts.',
  TOO_DEEP: 'This edit nests values too deeply.',
  TOO_MANY_AUTHORS: 'This document has been edited by too many sessions.',
  FORBIDDEN_KEY: 'This edit uses a name that is not allowed.',
  FIELD_SHAPE: 'This edit treats a field as something that it is not.',
  DELETES_UNKNOWN: 'This edit deletes something that does not exist.',
  CONFLICTING_AUTHORSHIP: 'This edit claims to be written by somebody else.',
  GAP: 'An earlier edit is missing.',
  KIND_MISMATCH: 'This document is of another kind.',
  STAMP_AHEAD: 'The clock of this device runs ahead.',
  DEVICE_FORKED: 'Another device goes by the same name.',
  // access (A1, A4)
  FORBIDDEN: 'You may not change this.',
  NOT_FOUND: 'There is nothing here.',
  UNAUTHENTICATED: 'Please sign in again.',
  WRONG_SUBJECT: 'This library belongs to another account.',
  GONE: 'This document was deleted for good.',
  REMOVED: 'You are no longer a member here.',
  // capacity and weather (retryable)
  RATE_LIMITED: 'Too fast. It will be sent in a moment.',
  QUOTA: 'There is no room left on the server for now.',
  UNAVAILABLE: 'The server cannot save right now. It will be tried again.',
  REPLACED: 'This device is connected from somewhere else.',
  QUARANTINED: 'This document is being repaired and can only be read.',
  // the wire
  BAD_FRAME: 'The connection spoke something that is not understood.',
  VERSION: 'This app is too old for the server, or for what is kept here. Please update it.',
  RELAY_VERSION: 'The server is too old for this app. It will be tried again.',
  INSECURE_URL: 'The address of the server is not encrypted.',
  // the device
  STORAGE_FULL: 'This device has no room left.',
  STORAGE_UNAVAILABLE: 'This browser does not let the app keep data. It is kept only until you close it.',
  STORAGE_LOST: 'This device lost its stored data and starts again from the server.',
  BAD_INPUT: 'That value does not fit here.',
  CLOSED: 'This was closed.',
}

/**
 * What happened, for a person: of a code, or of an error that Joinery threw. Undefined for any other error.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { JoineryError, sentenceOf } from '@joinery/core'
 *
 * assert.equal(sentenceOf('GONE'), 'This document was deleted for good.')
 * assert.equal(sentenceOf(new JoineryError('CLOSED')), 'This was closed.')
 * assert.equal(sentenceOf(new TypeError('no')), undefined)
 * ```
 */
export function sentenceOf(what: Code): string
export function sentenceOf(what: unknown): string | undefined
export function sentenceOf(what: unknown): string | undefined {
  const code = what instanceof JoineryError ? what.code : what
  return typeof code === 'string' && Object.hasOwn(SENTENCES, code) ? SENTENCES[code as Code] : undefined
}
