/** Edits of a text made again on another. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { rebase } from '../../src/kinds/text-diff.ts'

function apply(base: string, theirs: string, target: string): string {
  let text = target
  for (const { at, remove, insert } of rebase(base, theirs, target)) {
    expect(at >= 0 && remove >= 0 && at + remove <= text.length).toBe(true)
    text = text.slice(0, at) + insert + text.slice(at + remove)
  }
  return text
}

const words = fc
  .array(fc.constantFrom('the ', 'cat ', 'sat\n', 'on. ', '中文', '😀', '(', 'a'), { maxLength: 30 })
  .map(all => all.join(''))

test('[C2] on a target that nobody changed the result is theirs', () => {
  fc.assert(
    fc.property(words, words, (base, theirs) => {
      expect(apply(base, theirs, base)).toBe(theirs)
    }),
    { numRuns: 500 },
  )
})

test('[C2] what was written into the target meanwhile is never deleted, and its deletions stay deleted', () => {
  fc.assert(
    fc.property(words, words, words, (base, theirs, target) => {
      const marked = (text: string) => text.replace(/[a-z]/g, char => char.toUpperCase())
      // Everything that the target has of its own is in capitals, which neither base nor theirs have.
      const own = target === base ? target : marked(target)
      const result = apply(base, theirs, own)
      for (const letter of 'THECASON') {
        const count = (text: string) => text.split(letter).length
        expect(count(result)).toBe(count(own))
      }
    }),
    { numRuns: 500 },
  )
})

test('[C2] edits at both ends of a text stay at both ends', () => {
  const base = 'first line\nmiddle line\nlast line'
  const theirs = 'FIRST line\nmiddle line\nlast LINE'
  expect(apply(base, theirs, 'first line\nmiddle line, longer\nlast line')).toBe(
    'FIRST line\nmiddle line, longer\nlast LINE',
  )
  expect(apply(base, theirs, `new words\n${base}`)).toBe(`new words\n${theirs}`)
  expect(apply(base, 'middle line\nlast line', base.replace('first ', 'first new '))).toBe('new middle line\nlast line')
})

test('[C2] texts with little in common and long texts are told apart in bounded time', () => {
  const long = Array.from({ length: 20_000 }, (_, at) => `word${at} `).join('')
  const other = Array.from({ length: 20_000 }, (_, at) => `other${at} `).join('')
  expect(apply(long, other, long)).toBe(other)
  const edited = `new ${long.replace('word500 ', '').replace('word19000 ', 'changed ')}end`
  expect(rebase(long, edited, long).length).toBeLessThan(6)
  expect(apply(long, edited, long)).toBe(edited)
})

test('[CR-19] no character is cut in half', () => {
  fc.assert(
    fc.property(words, words, words, (base, theirs, target) => {
      expect(apply(base, theirs, target)).not.toMatch(/\p{Surrogate}/u)
    }),
    { numRuns: 500 },
  )
})
