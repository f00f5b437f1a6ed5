import { expect, test } from 'vitest'
import { boundedMap } from '../src/bounded-map.ts'

test('[T3] what it holds is bounded by weight, and what is used stays', () => {
  const map = boundedMap<number>(100)
  map.set('used', 0)
  for (let i = 1; i <= 1_000; i++) {
    map.set(`k${i}`, i)
    expect(map.get('used')).toBe(0)
  }
  const held = Array.from({ length: 1_000 }, (_, i) => map.get(`k${i + 1}`)).filter(value => value !== undefined)
  expect(held.length).toBeLessThanOrEqual(100)
  expect(held.length).toBeGreaterThanOrEqual(40)
  expect(held.at(-1)).toBe(1_000)
})

test('a value that weighs more than all may is there until the next comes', () => {
  const map = boundedMap<string>(10)
  map.set('large', 'x', 1_000)
  expect(map.get('large')).toBe('x')
  map.set('a', 'a', 6)
  expect(map.get('a')).toBe('a')
  expect(map.get('large')).toBe(undefined)
})

test('what is set again has its last value, and what is deleted none, in either generation', () => {
  const map = boundedMap<number>(4)
  map.set('a', 1)
  map.set('b', 1, 3)
  map.set('a', 2)
  expect(map.get('a')).toBe(2)
  map.delete('b')
  expect(map.get('b')).toBe(undefined)
  map.delete('a')
  expect(map.get('a')).toBe(undefined)
})
