// A long document is read in turns with what folds it, and neither takes the other for damage.
import { join } from 'node:path'
import { entryDigest, type CommitEntry, type Store } from '@joinery/core'
import Database from 'better-sqlite3'
import { expect, onTestFinished, test } from 'vitest'
import { sqliteStore } from '@joinery/adapters/store/sqlite'
import { testFolders } from './folders.ts'

const newFolder = testFolders()
const COUNT = 3_000

function entry(n: number): CommitEntry {
  const named = { type: 'update', document: 'x', kind: 'note', engine: 'yjs', bytes: Uint8Array.of(n % 251) } as const
  const authors = [{ author: String(n % 7), clock: n, owner: 'phone' }]
  return { ...named, at: n, device: 'phone', n, subject: 'ann', basedOn: 0, authors, digest: entryDigest(named) }
}

async function longDocument(): Promise<{ file: string; store: Store }> {
  const file = join(newFolder(), 'log.db')
  const store = sqliteStore({ file })
  onTestFinished(() => store.close())
  await store.commit([{ space: 'a', entries: Array.from({ length: COUNT }, (_, at) => entry(at + 1)) }])
  return { file, store }
}

/** A piece of the document is read in each. */
async function turns(count: number): Promise<void> {
  for (let at = 0; at < count; at++) await new Promise(resolve => setImmediate(resolve))
}

/** Folds in front of a reader, slice by slice, whatever he reads next. */
async function foldBeforeReader(store: Store): Promise<void> {
  let folded = 0
  for (const [pieces, upTo] of [
    [4, 2_000],
    [3, 2_250],
    [2, 2_500],
  ] as const) {
    await turns(pieces)
    const entries = upTo - folded + (folded > 0 ? 1 : 0)
    expect(await store.fold({ space: 'a', document: 'x', upTo, snapshot: Uint8Array.of(1), entries })).toBe(true)
    folded = upTo
  }
}

test('[S3] a document that is folded slice by slice under the feet of who reads it is no damaged one', async () => {
  const { store } = await longDocument()
  const before = await store.authors('a', 'x')
  const [authors] = await Promise.all([store.authors('a', 'x'), foldBeforeReader(store)])
  expect(new Map(authors.map(one => [one.author, one.clock]))).toEqual(
    new Map(before.map(one => [one.author, one.clock])),
  )
})

test('[S3] the body of a document that is folded meanwhile is a snapshot and what is behind it', async () => {
  const { store } = await longDocument()
  const [body] = await Promise.all([store.body('a', 'x'), foldBeforeReader(store)])
  const [first, ...others] = body
  expect(first?.type).toBe('snapshot')
  expect(others.map(({ seq }) => seq)).toEqual(
    Array.from({ length: COUNT - (first?.seq ?? 0) }, (_, at) => (first?.seq ?? 0) + at + 1),
  )
})

test('[S3] a row that is lost from the middle of a long document is damage, and told at once', async () => {
  const { file, store: before } = await longDocument()
  await before.close()
  const database = new Database(file)
  database.prepare('DELETE FROM entry WHERE seq = 1000').run()
  database.close()
  const store = sqliteStore({ file })
  onTestFinished(() => store.close())
  await expect(store.authors('a', 'x')).rejects.toMatchObject({ code: 'QUARANTINED' })
  await expect(store.body('a', 'x')).rejects.toMatchObject({ code: 'QUARANTINED' })
})

test('[S3] of a log from which several large entries are lost the others are read', async () => {
  const file = join(newFolder(), 'log.db')
  const before = sqliteStore({ file })
  const large = Array.from({ length: 4 }, (_, at) => ({
    ...entry(at + 1),
    document: `x${at}`,
    bytes: new Uint8Array(9_000),
  }))
  await before.commit([{ space: 'a', entries: large }])
  await before.close()
  const database = new Database(file)
  expect(database.prepare('DELETE FROM piece WHERE id < 3').run().changes).toBe(2)
  database.close()
  const store = sqliteStore({ file })
  onTestFinished(() => store.close())
  const { entries, damaged } = await store.read('a', 0, 1_000_000)
  expect([entries.map(({ document }) => document), damaged]).toEqual([
    ['x2', 'x3'],
    ['x0', 'x1'],
  ])
  await expect(store.body('a', 'x0')).rejects.toMatchObject({ code: 'QUARANTINED' })
})

test('[T5] behind a head that a document had, its authors are those that moved since, folded or not', async () => {
  const { store } = await longDocument()
  const after = await store.authors('a', 'x', COUNT - 2)
  expect(after.map(({ clock }) => clock).sort((a, b) => a - b)).toEqual([COUNT - 1, COUNT])
  await store.fold({ space: 'a', document: 'x', upTo: COUNT, snapshot: Uint8Array.of(1), entries: COUNT })
  const folded = await store.authors('a', 'x', COUNT - 2)
  expect(folded.map(({ clock }) => clock)).toEqual(expect.arrayContaining([COUNT - 1, COUNT]))
})
