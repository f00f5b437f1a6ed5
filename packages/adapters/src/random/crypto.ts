/** Chance from the platform's cryptographic generator, which browsers and Node both have as `globalThis.crypto`. */
import type { Random } from '@joinery/core'

/** What `getRandomValues` gives at a time. */
const BYTES_A_CALL = 65_536

/**
 * Bytes and numbers that nobody can guess.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { cryptoRandom } from '@joinery/adapters/random/crypto'
 *
 * const random = cryptoRandom()
 * assert.equal(random.bytes(16).length, 16)
 * assert.ok(random.number() < 1)
 * ```
 */
export function cryptoRandom(): Random {
  return {
    bytes(count) {
      const bytes = new Uint8Array(count)
      for (let at = 0; at < count; at += BYTES_A_CALL) crypto.getRandomValues(bytes.subarray(at, at + BYTES_A_CALL))
      return bytes
    },
    number() {
      const [high = 0, low = 0] = crypto.getRandomValues(new Uint32Array(2))
      // 53 bits: 27 and 26.
      return ((high >>> 5) * 2 ** 26 + (low >>> 6)) / 2 ** 53
    },
  }
}
