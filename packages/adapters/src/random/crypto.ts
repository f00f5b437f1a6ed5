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
      const [bits = 0n] = crypto.getRandomValues(new BigUint64Array(1))
      // As many as a number holds: 53 of the 64.
      return Number(bits >> 11n) / 2 ** 53
    },
  }
}
