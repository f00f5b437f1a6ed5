import { entryDigest, JoineryError, type CommitEntry } from '@joinery/core'
import Database from 'better-sqlite3'
import { readdirSync, statSync } from 'node:fs'
import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { inspectSqlite, sqliteStore } from '../../src/store/sqlite.ts'
import { copyOfOneMoment } from '../../src/store/sqlite/copy.ts'
import { testFolders } from './folders.ts'

const folder = testFolders()

/** Entry `n` of a device, in a document of its own: nobody else is in its way. */
function entry(n: number, size = 20): CommitEntry {
  const named = {
    type: 'update',
    document: `d${n}`,
    kind: 'note',
    engine: 'yjs',
    bytes: new Uint8Array(size).fill(n),
  } as const
  return {
    ...named,
    n,
    at: n,
    device: 'phone',
    subject: 'ann',
    digest: entryDigest(named),
    basedOn: 0,
    authors: [],
  }
}

test('what is being written is looked at as it was at one moment, or not at all, and nothing is left of the look', async () => {
  const [data, scratch] = [folder(), folder()]
  const file = join(data, 'log.db')
  const store = sqliteStore({ file })
  let n = 0
  let isWriting = true
  const writing = (async () => {
    // Large enough that the WAL is moved into the database a few times.
    while (isWriting && n < 160) {
      await store.commit([{ space: 'garden', entries: [entry(++n, 100_000)] }])
      await new Promise(resolve => setImmediate(resolve))
    }
  })()
  for (let attempt = 0; attempt < 3; attempt++) {
    const before = n
    try {
      const { entries, integrity, rows, marks, headless } = await inspectSqlite({ file, scratch, deep: true })
      expect([integrity, rows.damaged, marks.wrong, headless]).toEqual([[], 0, 0, []])
      expect([rows.looked, marks.looked]).toEqual([entries, entries])
      expect(entries).toBeGreaterThanOrEqual(before)
    } catch (error) {
      if (!(error instanceof JoineryError)) throw error
      expect(error.details['reason']).toBe('restless')
    }
  }
  isWriting = false
  await writing
  const { entries } = await inspectSqlite({ file, scratch, deep: true })
  expect(entries).toBe(n)
  expect(readdirSync(scratch)).toEqual([])
  expect(readdirSync(data).toSorted()).toEqual(['log.db', 'log.db-wal'])
  await store.close()
})

test('a copy between whose two halves the WAL went into the database is thrown away, and made again', async () => {
  const data = folder()
  const [file, copy] = [join(data, 'log.db'), join(data, 'copy.db')]
  const store = sqliteStore({ file })
  let n = 0
  const write = (): Promise<unknown> => store.commit([{ space: 'garden', entries: [entry(++n, 100_000)] }])
  await write()
  const copied: string[] = []
  await copyOfOneMoment(file, copy, async (from, to) => {
    await copyFile(from, to)
    copied.push(from)
    if (copied.length > 1) return
    for (const { size } = statSync(file); statSync(file).size === size;) {
      await write()
      // A checkpoint comes by itself, in a turn of its own.
      await new Promise(resolve => setImmediate(resolve))
    }
    // The WAL begins anew, and holds nothing of what went before.
    await write()
  })
  expect(copied).toEqual([file, `${file}-wal`, file, `${file}-wal`])
  const looked = new Database(copy)
  expect(looked.prepare('SELECT count(*) FROM entry').pluck().get()).toBe(n)
  looked.close()
  await store.close()
})

test('a look at some rows finds what is damaged there, and a deep one finds it anywhere', async () => {
  const [data, scratch] = [folder(), folder()]
  const file = join(data, 'log.db')
  const store = sqliteStore({ file })
  await store.commit([{ space: 'garden', entries: Array.from({ length: 6_000 }, (_, i) => entry(i + 1)) }])
  await store.close()
  const database = new Database(file)
  database.exec('UPDATE entry SET at = at + 1 WHERE seq IN (10, 11); UPDATE log SET mark = zeroblob(16) WHERE seq = 20')
  database.close()
  const deep = await inspectSqlite({ file, scratch, deep: true })
  expect(deep.rows).toMatchObject({ looked: 6_000, damaged: 2, listed: [{ space: 'garden', seq: 10 }, { seq: 11 }] })
  // The mark that is another, and the one that should follow from it.
  expect(deep.marks).toMatchObject({ looked: 6_000, wrong: 2, listed: [{ seq: 20 }, { seq: 21 }] })
  const some = await inspectSqlite({ file, scratch })
  expect(some.rows.looked).toBe(3_000)
  expect(some.rows.damaged).toBe(1)
  expect(some.marks).toMatchObject({ looked: 49, wrong: 0 })
})

test('an older schema is named, and is not brought up to date', async () => {
  const [data, scratch] = [folder(), folder()]
  const file = join(data, 'log.db')
  await expect(inspectSqlite({ file, scratch })).rejects.toThrow()
  const store = sqliteStore({ file })
  await store.admit('garden', 'ann', 'owner')
  const open = await inspectSqlite({ file, scratch })
  expect([open.version, open.spaces]).toEqual([open.newest, 1])
  await store.close()
  const database = new Database(file)
  database.pragma('user_version = 999')
  database.close()
  await expect(inspectSqlite({ file, scratch })).rejects.toMatchObject({ details: { reason: 'newer' } })
  expect(readdirSync(scratch)).toEqual([])
})
