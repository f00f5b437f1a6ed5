// The same laws in a real browser.
import type { Storage } from '@joinery/core'
import { storageLaws } from '@joinery/core/testing'
import { expect, test } from 'vitest'
import { indexedDbStorage } from '../../src/storage/indexeddb.ts'

let users = 0

for (const law of storageLaws)
  test(`[${law.rule}] ${law.title}`, () => {
    const user = `law-${++users}`
    return law.check(() => ({ open: () => indexedDbStorage({ app: 'test', user }) }))
  })

test('[CL-16] after logout the browser has no database of that person', async () => {
  const storage: Storage = indexedDbStorage({ app: 'test', user: 'leaving' })
  await storage.write(['meta'], tx => tx.put('meta', ['secret'], new Uint8Array([1])))
  expect((await indexedDB.databases()).map(({ name }) => name)).toContain('joinery:test:leaving')
  await storage.destroy()
  expect((await indexedDB.databases()).map(({ name }) => name)).not.toContain('joinery:test:leaving')
})

test('[CL-02] estimate tells bytes used and allowed', async () => {
  const { usage, quota } = await indexedDbStorage({ app: 'test', user: 'asking' }).estimate()
  expect(usage).toBeGreaterThanOrEqual(0)
  expect(quota).toBeGreaterThan(0)
})
