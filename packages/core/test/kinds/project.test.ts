/** Keys of indexes, and excerpts. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  defineKind,
  excerptOf,
  indexKeys,
  keyPart,
  latest,
  string,
  type StandardColumns,
} from '../../src/kinds/index.ts'
import type { Plain } from '../../src/plain.ts'

const STANDARD: StandardColumns = { id: 'd', space: 'me', kind: 'x', createdAt: 1, updatedAt: 2, trashed: false }

const kind = defineKind('x', {
  version: 1,
  fields: { title: latest(string(), { default: '' }) },
  row: (): { a: Plain; tags: readonly string[] } => ({ a: null, tags: [] }),
  indexes: { a: ['a', 'updatedAt'], tag: ['tags'], trash: ['trashed'] },
})

/** As the storage port orders keys: numbers before strings. */
function before(a: string | number, b: string | number): boolean {
  return typeof a === typeof b ? a < b : typeof a === 'number'
}

test('[R2] parts of keys are ordered as the values are: null, false, true and numbers, strings', () => {
  const ordered: (Plain | undefined)[] = [null, -Infinity, -1e300, -1, 0, 0.5, 1, 2, 1e300, Infinity, '', 'a', 'b', 'ä']
  for (const [at, value] of ordered.entries()) {
    for (const later of ordered.slice(at + 1)) expect(before(keyPart(later), keyPart(value))).toBe(false)
  }
  expect([keyPart(undefined), keyPart(false), keyPart(true)]).toEqual([keyPart(null), 0, 1])
  fc.assert(
    fc.property(fc.double({ noNaN: true }), fc.double({ noNaN: true }), (a, b) => {
      if (a < b && Number.isFinite(a) && Number.isFinite(b)) expect(before(keyPart(a), keyPart(b))).toBe(true)
    }),
  )
})

test('[R2] every part is a string or a finite number, whatever a column holds', () => {
  for (const value of [Number.NaN, -0, { a: 1 }, [1], new Uint8Array([1])]) {
    const part = keyPart(value)
    expect(typeof part === 'string' || Number.isFinite(part)).toBe(true)
    expect(Object.is(part, -0)).toBe(false)
  }
})

test('[R2] a list column gives a key for each element, once, and none when it is empty', () => {
  const row = { ...STANDARD, a: 'x', tags: ['one', 'two', 'one'] }
  expect(indexKeys(kind, row)).toEqual([
    ['a', 'x', 2, 'd'],
    ['tag', 'one', 'd'],
    ['tag', 'two', 'd'],
    ['trash', 0, 'd'],
  ])
  expect(indexKeys(kind, { ...row, tags: [], trashed: 77 } as StandardColumns)).toEqual([
    ['a', 'x', 2, 'd'],
    ['trash', 77, 'd'],
  ])
})

test('an excerpt is one line of whole characters', () => {
  expect(excerptOf('  a\n\n b\tc  ')).toBe('a b c')
  expect(excerptOf('abc😀', 4)).toBe('abc')
  expect(excerptOf('x'.repeat(1_000)).length).toBe(200)
  expect(excerptOf('')).toBe('')
})
