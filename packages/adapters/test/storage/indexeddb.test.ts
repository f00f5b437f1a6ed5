// IndexedDB keeps the port's laws, on a stand-in for the browser's.
import 'fake-indexeddb/auto'
import { storageLaws } from '@joinery/core/testing'
import { test } from 'vitest'
import { indexedDbStorage } from '../../src/storage/indexeddb.ts'

let places = 0

for (const law of storageLaws)
  test(`[${law.rule}] ${law.title}`, () => {
    const user = `user ${places++}`
    return law.check(() => ({ open: () => indexedDbStorage({ app: 'laws', user }) }))
  })
