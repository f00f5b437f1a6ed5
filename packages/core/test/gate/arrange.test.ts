// The order of structs is found by looking at each a few times, however they wait for each other.
import { expect, test } from 'vitest'
import { SCAN_LIMITS } from '@joinery/core/gate'
import { arrange } from '../../src/gate/arrange.ts'
import { Cursor } from '../../src/gate/cursor.ts'
import { StructReader } from '../../src/gate/read-structs.ts'
import { StructTable } from '../../src/gate/struct-table.ts'
import { ARRAY, item, text, type, update, type SectionSpec, type Write } from './craft.ts'
import { randomFrom } from './random.ts'

const EACH = 3_000

test.each<[string, readonly SectionSpec[]]>([
  ['two by turns', braid(2)],
  ['ten by turns, the last first', braid(10).toReversed()],
  ['a hundred by turns', braid(100)],
  ['each waiting for the end of the next', chainOfEnds(60)],
  ['by chance', tangle(40)],
])('[CR-02] %s: each struct is looked at most three times', (_name, sections) => {
  const table = new StructTable(16)
  expect(new StructReader(new Cursor(update(sections)), table, SCAN_LIMITS).read()).toBe(sections.length)
  const { looks, refusal, references } = arrange(table, SCAN_LIMITS)
  expect(refusal).toBeUndefined()
  expect(references).toEqual([])
  expect(looks).toBeGreaterThanOrEqual(table.rows)
  // Once, and once more for each of the two ids it may wait for.
  expect(looks).toBeLessThanOrEqual(3 * table.rows)
})

test('a keystroke is not looked at again', () => {
  const table = new StructTable(16)
  const keystroke = update([{ author: 1, clock: 9, structs: [item(text('x'), { left: [1, 8] })] }])
  new StructReader(new Cursor(keystroke), table, SCAN_LIMITS).read()
  expect(arrange(table, SCAN_LIMITS)).toMatchObject({ looks: 0, references: [] })
})

/** Each struct is after the one that the author before wrote. */
function braid(authors: number): SectionSpec[] {
  const rounds = Math.ceil(EACH / authors)
  return Array.from({ length: authors }, (_, i) => ({
    author: i + 1,
    clock: 0,
    structs: Array.from({ length: rounds }, (_, round): Write => {
      if (i === 0 && round === 0) return item(type(ARRAY))
      return item(text('x'), { left: i === 0 ? [authors, round - 1] : [i, round] })
    }),
  }))
}

function chainOfEnds(authors: number): SectionSpec[] {
  const length = Math.ceil(EACH / authors)
  return Array.from({ length: authors }, (_, i) => ({
    author: i + 1,
    clock: 0,
    structs: Array.from({ length }, (_, at) =>
      item(text('x'), at === 0 && i + 1 < authors ? { right: [i + 2, length - 1] } : { parent: 'r' }),
    ),
  }))
}

/** References to whatever is there already, in sections of any order. */
function tangle(authors: number): SectionSpec[] {
  const random = randomFrom(9)
  const structs = Array.from({ length: authors }, (): Write[] => [item(type(ARRAY))])
  for (let i = 0; i < EACH; i++) {
    const someId = (): [number, number] => {
      const author = random.below(authors)
      return [author + 1, random.below((structs[author] as Write[]).length)]
    }
    const [left, right] = [someId(), someId()]
    const isSame = left[0] === right[0] && left[1] === right[1]
    random.pick(structs).push(item(text('x'), isSame ? { left } : { left, right }))
  }
  return structs.map((own, i) => ({ author: i + 1, clock: 0, structs: own })).toSorted(() => random.next() - 0.5)
}
