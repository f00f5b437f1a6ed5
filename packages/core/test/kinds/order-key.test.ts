/** Order keys of lists. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isOrderKey, orderKeyBetween } from '../../src/kinds/order-key.ts'

const id = fc.stringMatching(/^[A-Za-z0-9_-]{1,22}$/)

test('[D1] a key made between two is between them, wherever and however often', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(), id), { maxLength: 80 }), inserts => {
      const keys: string[] = []
      for (const [place, name] of inserts) {
        const at = place % (keys.length + 1)
        const key = orderKeyBetween(keys[at - 1] ?? null, keys[at] ?? null, name)
        expect(isOrderKey(key)).toBe(true)
        keys.splice(at, 0, key)
      }
      expect(keys).toEqual([...new Set(keys)].sort())
    }),
  )
})

test('[D1] keys made at the same place for different items differ', () => {
  const keys = ['k3Jd8s', 'k3Jd8t', '0000', 'a-b_c'].map(name => orderKeyBetween('a1', 'a2', name))
  expect(new Set(keys).size).toBe(keys.length)
})

test('[D1] ten thousand items at the end have short keys, and a thousand at one place have keys of moderate length', () => {
  let last: string | null = null
  for (let i = 0; i < 10_000; i++) last = orderKeyBetween(last, null, `i${i}`)
  expect(last?.length).toBeLessThan(12)
  let high = orderKeyBetween(last, null, 'x')
  for (let i = 0; i < 1_000; i++) high = orderKeyBetween(last, high, `i${i}`)
  expect(high.length).toBeLessThan(300)
})

test('[CR-26] what a peer may call an order key and is none is known', () => {
  for (const bad of [
    '',
    '!',
    'a',
    'a10',
    'b1',
    `A${'0'.repeat(26)}`,
    'a1é',
    'a1'.padEnd(5_000, 'x'),
    7,
    null,
    undefined,
  ]) {
    expect(isOrderKey(bad), String(bad)).toBe(false)
  }
})
