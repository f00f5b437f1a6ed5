// Chance from the platform, in Node; and the laws on the seeded one, which tests rely on to be as fair.
import { describe, expect, test, vi } from 'vitest'
import { randomLaws, seededRandom } from '@joinery/core/testing'
import { cryptoRandom } from '@joinery/adapters/random/crypto'

for (const law of randomLaws) test(`[${law.rule}] ${law.title}`, () => law.check(cryptoRandom))

describe('a seeded one keeps the same laws, if each has a seed of its own', () => {
  for (const law of randomLaws)
    test(`[${law.rule}] ${law.title}`, () => {
      let seed = 0
      return law.check(() => seededRandom(seed++))
    })
})

test('every byte and number is the cryptographic generator’s', () => {
  const given = vi.spyOn(crypto, 'getRandomValues').mockImplementation(array => {
    new Uint8Array(array.buffer, array.byteOffset, array.byteLength).fill(255)
    return array
  })
  const random = cryptoRandom()
  expect(random.bytes(100_000).every(byte => byte === 255)).toBe(true)
  expect(random.number()).toBe(1 - 2 ** -53)
  given.mockRestore()
})
