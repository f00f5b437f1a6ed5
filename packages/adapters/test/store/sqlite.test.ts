// The SQLite store keeps the port's laws.
import { join } from 'node:path'
import { entryDigest, type CommitEntry } from '@joinery/core'
import { storeLaws, type StorePlace } from '@joinery/core/testing'
import Database from 'better-sqlite3'
import { describe, expect, test } from 'vitest'
import { sqliteStore } from '../../src/store/sqlite.ts'
import { testFolders } from './folders.ts'

const newFolder = testFolders()

for (const law of storeLaws) test(`[${law.rule}] ${law.title}`, () => law.check(place))

test('[S1] a commit that fails half way leaves nothing behind, and the next one works', async () => {
  const store = sqliteStore({ file: join(newFolder(), 'log.db') })
  await store.commit([{ space: 'a', entries: [entry('x', 1)] }])
  const poison = { ...entry('y', 3), at: 0.5 }
  const failing = store.commit([
    { space: 'a', entries: [entry('y', 2)] },
    { space: 'b', entries: [poison] },
  ])
  await expect(failing).rejects.toMatchObject({ code: 'UNAVAILABLE', details: { fatal: false } })
  expect((await store.read('a', 0, Infinity)).entries.map(({ n }) => n)).toEqual([1])
  expect([await store.document('a', 'y'), await store.head('b'), await store.lastOf('a', 'phone')]).toEqual([
    undefined,
    undefined,
    1,
  ])
  const [committed] = await store.commit([{ space: 'a', entries: [entry('y', 2)] }])
  expect(committed?.outcomes).toEqual([{ outcome: 'written', seq: 2 }])
  await store.close()
})

test('[S3] a body that is asked for behind its authors is as it is now', async () => {
  const store = sqliteStore({ file: join(newFolder(), 'log.db') })
  await store.commit([{ space: 'a', entries: [entry('x', 1), entry('x', 2)] }])
  const read = async (): Promise<number[]> => (await store.body('a', 'x')).map(({ seq }) => seq)
  await store.authors('a', 'x')
  expect(await read()).toEqual([1, 2])
  await store.authors('a', 'x')
  await store.commit([{ space: 'a', entries: [{ ...entry('x', 3), basedOn: 2 }] }])
  expect(await read()).toEqual([1, 2, 3])
  await store.authors('a', 'x')
  await store.fold({ space: 'a', document: 'x', upTo: 3, snapshot: new Uint8Array(1), entries: 3 })
  expect(await read()).toEqual([3])
  await store.authors('a', 'x')
  await store.close()
  await expect(store.body('a', 'x')).rejects.toMatchObject({ code: 'CLOSED' })
})

describe('a bit that flips in a row', () => {
  const flips = {
    'type': 'type = 1',
    'document': 'document = 2',
    'a document that is none': 'document = 99',
    'prev': 'prev = 0',
    'prev in a circle': 'prev = 5',
    'device': 'device = 99',
    'n': 'n = 9',
    'at': 'at = at + 1',
    'checksum': 'checksum = checksum + 1',
    'authors': `authors = '[["7",9,"eve"]]'`,
    'bytes': `bytes = x'00'`,
  }
  for (const [column, change] of Object.entries({ ...flips, 'the row is gone': undefined }))
    test(`[CR-25] shows in ${column}: its document is QUARANTINED, and no other`, async () => {
      const file = join(newFolder(), 'log.db')
      const store = sqliteStore({ file })
      // x at 1, 3, 4 and y at 2, 5: the row is the one at 3.
      const entries = ['x', 'y', 'x', 'x', 'y'].map((document, i) => entry(document, i + 1))
      await store.commit([{ space: 'a', entries }])
      await store.close()
      const database = new Database(file)
      const broken = database.prepare(
        change === undefined ? 'DELETE FROM entry WHERE seq = 3' : `UPDATE entry SET ${change} WHERE seq = 3`,
      )
      expect(broken.run().changes).toBe(1)
      database.close()
      const opened = sqliteStore({ file })
      await expect(opened.body('a', 'x')).rejects.toMatchObject({ code: 'QUARANTINED' })
      await expect(opened.authors('a', 'x')).rejects.toMatchObject({ code: 'QUARANTINED' })
      expect((await opened.body('a', 'y')).length).toBe(2)
      expect((await opened.read('a', 0, Infinity)).entries.map(({ seq }) => seq)).toEqual([1, 2, 4, 5])
      expect(await opened.fold({ space: 'a', document: 'y', upTo: 5, snapshot: new Uint8Array(1), entries: 2 })).toBe(
        true,
      )
      await opened.close()
    })
})

function entry(document: string, n: number): CommitEntry {
  const named = { type: 'update' as const, document, kind: 'note', engine: 'yjs', bytes: new Uint8Array([n, n]) }
  const authors = [{ author: '7', clock: n, owner: 'phone@ann' }]
  return { ...named, at: n, device: 'phone', n, subject: 'ann', basedOn: 0, authors, digest: entryDigest(named) }
}

function place(): StorePlace {
  const file = join(newFolder(), 'log.db')
  return {
    open: () => sqliteStore({ file }),
    damage(space, document) {
      const database = new Database(file)
      const row = database
        .prepare(
          `SELECT entry.space, entry.seq, entry.bytes FROM entry JOIN document ON document.id = entry.document
           JOIN space ON space.id = entry.space WHERE space.name = ? AND document.name = ? ORDER BY entry.seq DESC`,
        )
        .get(space, document) as { space: number; seq: number; bytes: Uint8Array }
      row.bytes[0] = (row.bytes[0] ?? 0) ^ 1
      database.prepare('UPDATE entry SET bytes = ? WHERE space = ? AND seq = ?').run(row.bytes, row.space, row.seq)
      database.close()
    },
  }
}
