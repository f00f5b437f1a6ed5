/**
 * Names of spaces, documents, devices and kinds share one grammar, so that an id can stand in a URL, a key or a log line as it is (AU-15).
 * Ids never become file paths.
 */
import { JoineryError } from './errors.ts'

const ID = /^[A-Za-z0-9_-]{1,128}$/

/** The personal space of whoever asks; the relay resolves it per subject, so a library that never had an account moves into one as it is. */
export const PERSONAL_SPACE = 'me'

/**
 * Whether a string is a legal id: 1 to 128 of `A-Z a-z 0-9 _ -`, and no name that JavaScript objects already have.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { isId } from '@joinery/core'
 *
 * assert.ok(isId('note_1'))
 * assert.ok(!isId('../etc'))
 * assert.ok(!isId('__proto__'))
 * ```
 */
export function isId(value: string): boolean {
  return ID.test(value) && value !== '__proto__' && value !== 'constructor' && value !== 'prototype'
}

/**
 * The id itself, or BAD_INPUT.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { checkId } from '@joinery/core'
 *
 * assert.equal(checkId('space', 'team-7'), 'team-7')
 * assert.throws(() => checkId('space', 'a/b'), { code: 'BAD_INPUT' })
 * ```
 */
export function checkId(what: string, value: string): string {
  if (!isId(value)) throw new JoineryError('BAD_INPUT', { what, rule: '1 to 128 of A-Z a-z 0-9 _ -' })
  return value
}
