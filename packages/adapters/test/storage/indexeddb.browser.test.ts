// IndexedDB keeps the port's laws in a real browser.
import { storageLaws } from '@joinery/core/testing'
import { indexedDbStorage } from '@joinery/adapters/storage/indexeddb'
import { expect, test } from 'vitest'

let places = 0
const place = (): string => `user ${places++}`

for (const law of storageLaws)
  test(`[${law.rule}] ${law.title}`, () => {
    const user = place()
    return law.check(() => ({ open: () => indexedDbStorage({ app: 'laws', user }) }))
  })

test('[CL-16] after destroy the browser lists no database of it', async () => {
  const storage = indexedDbStorage({ app: 'a:b', user: 'Ada & co' })
  const names = async (): Promise<(string | undefined)[]> => (await indexedDB.databases()).map(({ name }) => name)
  await storage.write(['meta'], tx => tx.put('meta', ['a'], 1))
  expect(await names()).toContain('joinery:a%3Ab:Ada%20%26%20co')
  await storage.destroy()
  expect(await names()).not.toContain('joinery:a%3Ab:Ada%20%26%20co')
})
