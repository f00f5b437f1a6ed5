/** Who wrote what. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { passagesOf, type Passage } from '../../src/history/index.ts'

const words = fc
  .array(fc.constantFrom('the ', 'cat ', 'sat\n', 'on. ', '中文', '😀', '(', 'a'), { maxLength: 20 })
  .map(all => all.join(''))
const steps = fc.array(fc.record({ text: words, by: fc.constantFrom('ann', 'bob') }), { maxLength: 6 })

function textOf(passages: readonly Passage<string>[], without: 'added' | 'removed'): string {
  return passages
    .filter(({ is }) => is !== without)
    .map(({ text }) => text)
    .join('')
}

test('what is not added was there at the beginning, and what is not removed is there at the end', () => {
  fc.assert(
    fc.property(words, steps, (before, taken) => {
      const passages = passagesOf(before, taken)
      expect(textOf(passages, 'added')).toBe(before)
      expect(textOf(passages, 'removed')).toBe(taken.at(-1)?.text ?? before)
      for (const { text } of passages) expect(text).not.toBe('')
    }),
    { numRuns: 1_000 },
  )
})

test('each is whose it was: of one step all is his, and who did nothing is not named', () => {
  expect(
    passagesOf('one two', [
      { text: 'one three', by: 'ann' },
      { text: 'one three four', by: 'bob' },
      { text: 'one three four', by: 'eve' },
    ]),
  ).toEqual([
    // prettier-ignore
    { is: 'same', text: 'one ' },
    { is: 'removed', text: 'two', by: 'ann' },
    { is: 'added', text: 'three', by: 'ann' },
    { is: 'added', text: ' four', by: 'bob' },
  ])
})

test('what came and went in between is not told', () => {
  expect(
    passagesOf('one', [
      { text: 'one two', by: 'ann' },
      { text: 'one', by: 'bob' },
    ]),
  ).toEqual([
    // prettier-ignore
    { is: 'same', text: 'one' },
  ])
})
