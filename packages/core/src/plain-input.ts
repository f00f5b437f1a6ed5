/**
 * What may be written into a document, the same for every engine (CR-19, CR-20).
 * Law: a value that `plainOf` returns is read back equal on every replica, by every engine; everything else is refused before it is written.
 */
import { JoineryError } from './errors.ts'
import type { Plain } from './plain.ts'

/** How deep a value may nest that is written: `[1]` is one deep. The gate refuses deeper ones (CR-15). */
export const PLAIN_DEPTH = 60

/**
 * The value as it will be read: a copy that shares nothing with the original. -0 is written as 0; NaN and the infinities are kept, and
 * so is every number as it is (2^53 + 1 is 2^53 before it comes here).
 *
 * Throws BAD_INPUT for what no engine can hold (undefined, BigInt, functions, instances of classes, lone surrogates), TOO_DEEP beyond
 * `depth`, FORBIDDEN_KEY for the names that JavaScript objects already have.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { plainOf } from '@joinery/core'
 *
 * assert.deepEqual(plainOf({ tags: ['a'], at: Infinity }), { tags: ['a'], at: Infinity })
 * assert.throws(() => plainOf({ at: undefined }), { code: 'BAD_INPUT' })
 * assert.throws(() => plainOf(10n), { code: 'BAD_INPUT' })
 * ```
 */
export function plainOf(value: unknown, depth: number = PLAIN_DEPTH): Plain {
  if (value === null || typeof value === 'boolean') return value
  if (typeof value === 'number') return value === 0 ? 0 : value
  if (typeof value === 'string') return isWellFormed(value) ? value : refuse('surrogate')
  if (typeof value !== 'object') return refuse(typeof value)
  // A Buffer's own slice would share its memory.
  if (value instanceof Uint8Array) return Uint8Array.from(value)
  if (depth === 0) throw new JoineryError('TOO_DEEP', { limit: PLAIN_DEPTH })
  if (Array.isArray(value)) return Array.from(value, (item: unknown) => plainOf(item, depth - 1))
  const prototype: unknown = Object.getPrototypeOf(value)
  // Null, or the Object.prototype of any realm.
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) return refuse('instance')
  const copy: Record<string, Plain> = {}
  for (const [key, item] of Object.entries(value)) {
    copy[checkName(key)] = plainOf(item, depth - 1)
  }
  return copy
}

/**
 * Whether a string survives UTF-8: it has no half of a surrogate pair (CR-19).
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { isWellFormed } from '@joinery/core'
 *
 * assert.ok(isWellFormed('😀'))
 * assert.ok(!isWellFormed('😀'.slice(1)))
 * ```
 */
export function isWellFormed(text: string): boolean {
  return !LONE_SURROGATE.test(text)
}

/**
 * The name itself, if it may stand as a key or as a field. Throws FORBIDDEN_KEY for those that JavaScript objects already have (CR-17),
 * BAD_INPUT for half of a surrogate pair.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { checkName } from '@joinery/core'
 *
 * assert.equal(checkName('title'), 'title')
 * assert.throws(() => checkName('__proto__'), { code: 'FORBIDDEN_KEY' })
 * ```
 */
export function checkName(name: string): string {
  if (name === '__proto__' || name === 'constructor' || name === 'prototype')
    throw new JoineryError('FORBIDDEN_KEY', { key: name })
  return isWellFormed(name) ? name : refuse('surrogate')
}

const LONE_SURROGATE = /\p{Surrogate}/u

function refuse(what: string): never {
  throw new JoineryError('BAD_INPUT', { what })
}
