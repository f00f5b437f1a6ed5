// Tables of many pages in memory: they give what one sorted list would, and a change copies no more than it touches.
import { beginsWith, compareKeys, type Key, type KeyRange } from '@joinery/core'
import { seededRandom } from '@joinery/core/testing'
import { expect, test } from 'vitest'
import { memoryStorage } from '../../src/storage/memory.ts'
import { draftOfPages, spotOf, type Pages } from '../../src/storage/memory/pages.ts'

const ROWS = 10_000

function filled(): Pages {
  const draft = draftOfPages([])
  for (let i = 0; i < ROWS; i++) {
    const end = { page: draft.pages.length, at: 0 }
    draft.replace(end, end, [{ key: [i], value: i }])
  }
  return draft.pages
}

test('[S1] a draft copies the page that it changes and no other, and what it was made from stays as it was', () => {
  const base = filled()
  const before = structuredClone(base)
  const draft = draftOfPages(base)
  const spot = spotOf(base, key => compareKeys(key, [5_000]) >= 0)
  draft.replace(spot, { ...spot, at: spot.at + 1 }, [{ key: [5_000], value: 'other' }])
  expect(base.length).toBeGreaterThan(10)
  expect(draft.pages.filter(page => !base.includes(page))).toHaveLength(1)
  expect(base).toEqual(before)
})

test('[S1] whatever is put and deleted, singly and by ranges, across pages: the rows are those of one sorted list', async () => {
  const random = seededRandom(5)
  const below = (limit: number): number => Math.floor(random.number() * limit)
  const storage = memoryStorage()
  let model: { key: Key; value: number }[] = []
  const chosen = (range: KeyRange): { key: Key; value: number }[] => {
    const { prefix = [], from, after, before, reverse, limit = Infinity } = range
    const rows = model.filter(
      ({ key }) =>
        beginsWith(key, prefix) &&
        (from === undefined || compareKeys(key, from) >= 0) &&
        (after === undefined || compareKeys(key, after) > 0) &&
        (before === undefined || compareKeys(key, before) < 0),
    )
    return (reverse === true ? rows.toReversed() : rows).slice(0, limit)
  }
  const keyed = (): Key => [below(4), below(2_000)]
  const ranged = (): KeyRange => ({
    ...(below(2) === 0 ? {} : { prefix: [below(4)] }),
    ...(below(3) === 0 ? { after: keyed() } : {}),
    ...(below(3) === 0 ? { before: keyed() } : {}),
    ...(below(2) === 0 ? { reverse: true } : {}),
    ...(below(2) === 0 ? { limit: below(1_500) } : {}),
  })
  for (let round = 0; round < 30; round++) {
    const rows = Array.from({ length: 200 }, () => ({ key: keyed(), value: round }))
    const gone = keyed()
    const cut = round % 5 === 4 ? ranged() : undefined
    await storage.write(['rows'], async tx => {
      for (const { key, value } of rows) await tx.put('rows', key, value)
      await tx.delete('rows', gone)
      if (cut !== undefined) await tx.deleteRange('rows', cut)
    })
    const named = new Map([...model, ...rows].map(row => [row.key.join(), row]))
    named.delete(gone.join())
    model = [...named.values()].sort((a, b) => compareKeys(a.key, b.key))
    if (cut !== undefined) {
      const away = new Set(chosen(cut))
      model = model.filter(row => !away.has(row))
    }
    for (const range of [{}, { limit: 0 }, ranged(), ranged()]) {
      await storage.read(['rows'], async tx => {
        // As text: to compare thousands of rows one by one takes seconds.
        expect(JSON.stringify(await tx.range('rows', range))).toBe(JSON.stringify(chosen(range)))
        expect(await tx.count('rows', range)).toBe(chosen(range).length)
      })
    }
  }
})
