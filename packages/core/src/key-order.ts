/**
 * The order of a storage's keys. Laws: part by part; numbers before strings; numbers by value; strings by UTF-16 code unit; a key before
 * the longer ones that it begins. -0 and 0 are one key.
 */
import { JoineryError } from './errors.ts'
import type { Key } from './ports/storage.ts'

/**
 * Negative, zero or positive as `a` comes before, is, or comes after `b`.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { compareKeys } from '@joinery/core'
 *
 * const keys = [['b'], ['a', 'x'], ['a'], [10], ['a', 2]]
 * assert.deepEqual(keys.sort(compareKeys), [[10], ['a'], ['a', 2], ['a', 'x'], ['b']])
 * ```
 */
export function compareKeys(a: Key, b: Key): number {
  const shared = Math.min(a.length, b.length)
  for (let i = 0; i < shared; i++) {
    const [x, y] = [a[i], b[i]]
    if (x === y || x === undefined || y === undefined) continue
    if (typeof x !== typeof y) return typeof x === 'number' ? -1 : 1
    return x < y ? -1 : 1
  }
  return a.length - b.length
}

/**
 * Whether the first parts of a key are `prefix`. A key begins with itself, and with the empty prefix.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { beginsWith } from '@joinery/core'
 *
 * assert.ok(beginsWith(['note', 'title', 'Oak'], ['note', 'title']))
 * assert.ok(!beginsWith(['notebook'], ['note']))
 * ```
 */
export function beginsWith(key: Key, prefix: Key): boolean {
  return key.length >= prefix.length && prefix.every((part, i) => part === key[i])
}

/**
 * The key itself, or BAD_INPUT: a key is a non-empty list of strings and finite numbers.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { checkKey } from '@joinery/core'
 *
 * assert.deepEqual(checkKey(['note', 7]), ['note', 7])
 * assert.throws(() => checkKey([Number.NaN]), { code: 'BAD_INPUT' })
 * ```
 */
export function checkKey(key: Key): Key {
  if (key.length === 0) throw new JoineryError('BAD_INPUT', { what: 'key', rule: 'not empty' })
  return checkParts(key)
}

/**
 * The beginning of a key itself, or BAD_INPUT. It may be empty.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { checkPrefix } from '@joinery/core'
 *
 * assert.deepEqual(checkPrefix([]), [])
 * ```
 */
export function checkPrefix(prefix: Key): Key {
  return checkParts(prefix)
}

function checkParts(parts: Key): Key {
  for (const part of parts)
    if (typeof part !== 'string' && !Number.isFinite(part))
      throw new JoineryError('BAD_INPUT', { what: 'key', rule: 'strings and finite numbers' })
  return parts
}
