/**
 * What stands as text in every store: Postgres takes no U+0000, and half of a pair becomes another character wherever text is bytes. Law
 * (CR-19): such text is refused where it comes in, for that one alone; a store that is given it nevertheless refuses it too.
 */
import { JoineryError } from './errors.ts'

/**
 * Whether text is the same after any store.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { isStorable } from '@joinery/core'
 *
 * assert.ok(isStorable('Zoë 🌳'))
 * assert.ok(!isStorable('a\0b'))
 * assert.ok(!isStorable('🌳'.slice(1)))
 * ```
 */
export function isStorable(text: string): boolean {
  return !/\p{Surrogate}|\0/u.test(text)
}

/**
 * The text itself, or BAD_INPUT.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { checkStorable } from '@joinery/core'
 *
 * assert.equal(checkStorable('subject', 'ann'), 'ann')
 * assert.throws(() => checkStorable('subject', 'a\0b'), { code: 'BAD_INPUT' })
 * ```
 */
export function checkStorable(what: string, text: string): string {
  if (!isStorable(text)) throw new JoineryError('BAD_INPUT', { what, rule: 'well-formed, and without U+0000' })
  return text
}
