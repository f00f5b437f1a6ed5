/**
 * Chance for tests: the same seed gives the same sequence, on every machine. Nobody may use it for what must not be guessed.
 * The generator is sfc32 (Chris Doty-Humphrey, PractRand), its state spread from the seed by splitmix32.
 */
import type { Random } from '../ports/random.ts'

/**
 * A `Random` whose sequence follows from `seed`, an integer of 32 bits.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { seededRandom } from '@joinery/core/testing'
 *
 * assert.equal(seededRandom(7).number(), seededRandom(7).number())
 * assert.notDeepEqual(seededRandom(7).bytes(8), seededRandom(8).bytes(8))
 * ```
 */
export function seededRandom(seed: number): Random {
  let spread = seed | 0
  const split = (): number => {
    spread = (spread + 0x9e3779b9) | 0
    let mixed = spread ^ (spread >>> 16)
    mixed = Math.imul(mixed, 0x21f0aaad)
    mixed ^= mixed >>> 15
    mixed = Math.imul(mixed, 0x735a2d97)
    return mixed ^ (mixed >>> 15)
  }
  let [a, b, c, counter] = [split(), split(), split(), 1]
  const next = (): number => {
    const out = (a + b + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + out
    c |= 0
    return out >>> 0
  }
  // The first few outputs still show the seed.
  for (let i = 0; i < 12; i++) next()
  return {
    bytes: count => Uint8Array.from({ length: count }, () => next() >>> 24),
    // 53 bits: 27 and 26.
    number: () => ((next() >>> 5) * 2 ** 26 + (next() >>> 6)) / 2 ** 53,
  }
}
