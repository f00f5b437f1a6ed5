// What is kept of a reading for the next one.
import type { Entry } from '@joinery/core'
import { expect, test } from 'vitest'
import { justRead } from '../../src/store/sqlite/just-read.ts'

test('[S3] what was read is given once, and not after anything was written', () => {
  const bodies = justRead()
  const body = entries(10)
  bodies.keep('a', 'x', body, bodies.now())
  expect(bodies.take('a', 'y')).toBeUndefined()
  expect(bodies.take('a', 'x')).toBe(body)
  expect(bodies.take('a', 'x')).toBeUndefined()
  bodies.keep('a', 'x', body, bodies.now())
  bodies.wrote()
  expect(bodies.take('a', 'x')).toBeUndefined()
  const since = bodies.now()
  bodies.wrote()
  bodies.keep('a', 'x', body, since)
  expect(bodies.take('a', 'x')).toBeUndefined()
})

test('of many or large ones little is kept, the newest', () => {
  const bodies = justRead()
  bodies.keep('a', 'large', entries(300_000), bodies.now())
  expect(bodies.take('a', 'large')).toBeUndefined()
  for (let i = 0; i < 100; i++) bodies.keep('a', `x${i}`, entries(45_000), bodies.now())
  const kept = Array.from({ length: 100 }, (_, i) => bodies.take('a', `x${i}`) !== undefined)
  expect(kept.lastIndexOf(false)).toBe(100 - Math.floor(1_048_576 / 45_500) - 1)
  expect(kept.indexOf(true)).toBe(kept.lastIndexOf(false) + 1)
})

function entries(length: number): Entry[] {
  const named = { document: 'x', kind: 'note', engine: 'yjs', device: 'phone', subject: 'ann' }
  return [{ ...named, seq: 1, type: 'update', at: 1, n: 1, bytes: new Uint8Array(length) }]
}
