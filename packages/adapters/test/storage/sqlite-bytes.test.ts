// What the SQLite storage writes for keys and values.
import { isDeepStrictEqual } from 'node:util'
import { canonical, compareKeys, copyPlain, type Key, type Plain } from '@joinery/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { afterAll as afterAllOf, justAfter, keyBytes, keyOf } from '../../src/storage/sqlite/key-bytes.ts'
import { valueBytes, valueOf } from '../../src/storage/sqlite/value-bytes.ts'

const units = fc.oneof(
  fc.integer({ min: 0, max: 0xffff }),
  fc.constantFrom(0, 1, 2, 3, 0x7f, 0x80, 0xff, 0x7ff, 0x800, 0xd7ff, 0xd800, 0xdfff, 0xffff),
)
const text = fc.array(units, { maxLength: 4 }).map(codes => String.fromCharCode(...codes))
const number = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
  fc.constantFrom(0, -0, 1, -1, Number.MIN_VALUE, -Number.MIN_VALUE),
)
const key = fc.array(fc.oneof(text, number), { minLength: 1, maxLength: 3 }) as fc.Arbitrary<Key>

test('[D1] the bytes of keys compare as the keys do, and come back', () => {
  fc.assert(
    fc.property(key, key, (a, b) => {
      expect(Math.sign(Buffer.compare(keyBytes(a), keyBytes(b)))).toBe(Math.sign(compareKeys(a, b)))
      expect(canonical([...keyOf(keyBytes(a))])).toBe(canonical([...a]))
    }),
    { numRuns: 5_000 },
  )
})

test('[D1] the bytes after a key stand before all that come after it, those after a prefix behind all that begin so', () => {
  fc.assert(
    fc.property(key, key, (a, b) => {
      const [bytes, other] = [keyBytes(a), keyBytes(b)]
      const order = compareKeys(b, a)
      expect(Buffer.compare(other, justAfter(bytes)) >= 0).toBe(order > 0)
      const begins = b.length >= a.length && a.every((part, at) => part === b[at])
      expect(Buffer.compare(other, afterAllOf(bytes)) >= 0).toBe(order > 0 && !begins)
    }),
    { numRuns: 5_000 },
  )
})

test('[D5] every plain value comes back, to the bit', () => {
  const { value } = fc.letrec<{ value: Plain }>(tie => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom(null, true, false, Number.NaN, -0, Infinity),
      number,
      text,
      fc.uint8Array(),
      fc.array(tie('value'), { maxLength: 4 }),
      fc
        .array(fc.tuple(fc.oneof(text, fc.constantFrom('__proto__', 'constructor')), tie('value')), { maxLength: 4 })
        .map(fields => Object.fromEntries(fields) as Plain),
    ),
  }))
  fc.assert(
    fc.property(value, plain => {
      const back = valueOf(valueBytes(plain))
      expect(canonical(back)).toBe(canonical(plain))
      expect(isDeepStrictEqual(back, copyPlain(plain))).toBe(true)
    }),
    { numRuns: 2_000 },
  )
})

test('[D2] damaged bytes are refused, or are another value, and never end the process', () => {
  const whole = valueBytes({ title: 'Oak', tags: ['a', 1, null], body: new Uint8Array([1, 2, 3]) })
  for (let length = 0; length < whole.length; length++) expect(() => valueOf(whole.subarray(0, length))).toThrow()
  expect(() => valueOf(Uint8Array.of(99))).toThrow()
  // A list that says it has four thousand million items.
  expect(() => valueOf(Uint8Array.of(7, 255, 255, 255, 255))).toThrow()
  expect(() => valueOf(Uint8Array.of(8, 255, 255, 255, 255))).toThrow()
  for (const bytes of [Uint8Array.of(1, 2), Uint8Array.of(2, 97), Uint8Array.of(2, 0xe1)])
    expect(() => keyOf(bytes)).toThrow()
})
