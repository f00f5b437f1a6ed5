/** A name for content. Law: equal for equal content, whatever the order of its keys (D1); what is made to collide may collide. */
import { derivedRandom } from './derived-random.ts'
import { canonical, hex, type Plain } from './plain.ts'

/**
 * 16 bytes, as hex, that name content.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { contentDigest } from '@joinery/core'
 *
 * assert.equal(contentDigest({ a: 1, b: 2 }), contentDigest({ b: 2, a: 1 }))
 * assert.notEqual(contentDigest({ a: 1 }), contentDigest({ a: 2 }))
 * ```
 */
export function contentDigest(content: Plain): string {
  return hex(derivedRandom(canonical(content)).bytes(16))
}
