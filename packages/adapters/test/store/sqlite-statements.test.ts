// How often a statement of the SQLite store is compiled.
import { join } from 'node:path'
import { entryDigest } from '@joinery/core'
import { expect, test } from 'vitest'
import { sqliteStore } from '../../src/store/sqlite.ts'
import { testFolders } from './folders.ts'

const newFolder = testFolders()

test('a statement that reads is compiled once, however often it runs and with what', async () => {
  const store = sqliteStore({ file: join(newFolder(), 'log.db') })
  const bytes = Uint8Array.of(1)
  const placed = { document: 'x', kind: 'note', engine: 'yjs', at: 1 }
  for (const space of ['a', 'b']) {
    const entries = [1, 2].map(n => ({
      ...{ ...placed, type: 'update' as const, device: 'phone', n, subject: 'ann', bytes, authors: [], basedOn: 0 },
      digest: entryDigest({ ...placed, type: 'update', bytes }),
    }))
    await store.commit([{ space, entries }])
    await store.admit(space, 'ann', 'owner')
  }
  const look = async (space: string): Promise<void> => {
    await store.read(space, 0, Infinity)
    await store.body(space, 'x')
    await store.authors(space, 'x')
    await store.documents(space, 9, 9)
    await store.holds(space, 'x', bytes)
    await store.everyDocument(0, 9)
    await store.foldable(1, 9)
    await store.roleOf(space, 'ann')
  }
  await look('a')
  // The driver makes what shapes a row when its statement was compiled, with `Function`.
  const Real = globalThis.Function
  const shaped: unknown[] = []
  globalThis.Function = new Proxy(Real, {
    apply(target, self, from: string[]) {
      shaped.push(from.at(-1))
      return Reflect.apply(target, self, from) as unknown
    },
  })
  try {
    await look('a')
    await look('b')
  } finally {
    globalThis.Function = Real
  }
  expect(shaped).toEqual([])
  await store.close()
})
