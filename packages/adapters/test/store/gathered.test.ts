import { expect, test } from 'vitest'
import { gathered } from '../../src/store/postgres/gathered.ts'

test('what is asked while a question is under way goes together, and what one fails of no other does', async () => {
  const asked: (readonly number[])[] = []
  const ask = gathered(async (space: number, keys: readonly number[]) => {
    asked.push([space, ...keys])
    await Promise.resolve()
    if (keys.includes(13)) throw new Error('unlucky')
    return keys.map(key => (key < 10 ? key * 2 : undefined))
  })
  const answers = [1, 13, 4].map(key => ask(7, key))
  const other = ask(8, 5)
  expect(await Promise.allSettled([...answers, other])).toMatchObject([
    { value: 2 },
    { reason: { message: 'unlucky' } },
    { reason: { message: 'unlucky' } },
    { value: 10 },
  ])
  expect([await ask(7, 4), await ask(7, 12)]).toEqual([8, undefined])
  expect(asked).toEqual([[7, 1], [8, 5], [7, 13, 4], [7, 4], [7, 12]]) // prettier-ignore
})
