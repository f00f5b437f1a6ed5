import { Database } from '../../src/better-sqlite3.ts'
import { APPLICATION_ID, MIGRATIONS } from '../../src/store/sqlite/migrations.ts'
import type { Migration } from '../../src/store/rows/migration.ts'
import { entryDigest, type CommitEntry, type JoineryError } from '@joinery/core'
import { putBackSqlite, sqliteStore } from '@joinery/adapters/store/sqlite'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { testFolders } from './folders.ts'

const folder = testFolders()
const known = MIGRATIONS.length
afterEach(() => previousVersion())

/** From now on this is a relay of a version that has one migration more. */
function nextVersion(migration: Migration): void {
  ;(MIGRATIONS as Migration[]).push(migration)
}

function previousVersion(): void {
  ;(MIGRATIONS as Migration[]).length = known
}

function edit(n: number): CommitEntry {
  const entry = { type: 'update', document: 'd', kind: 'note', engine: 'yjs', bytes: new Uint8Array([n, 1]) } as const
  return {
    ...entry,
    at: n,
    device: 'phone',
    n,
    subject: 'ann',
    basedOn: n - 1,
    authors: [],
    digest: entryDigest(entry),
  }
}

const EXPANDED: Migration = {
  step: 'expand',
  sql: `ALTER TABLE entry ADD COLUMN colour TEXT NOT NULL DEFAULT 'none'; ALTER TABLE past ADD COLUMN colour TEXT;
    CREATE TABLE tint (id INTEGER PRIMARY KEY) STRICT;`,
}

describe('[MN-12] [BK-08] a relay of this version on what the next one left', () => {
  test('goes on where the schema was expanded, and so does the next one after it, with all that both wrote', async () => {
    const file = join(folder(), 'log.db')
    const write = async (n: number): Promise<void> => {
      const store = sqliteStore({ file })
      const [done] = await store.commit([{ space: 'garden', entries: [edit(n)] }])
      expect(done?.outcomes).toEqual([{ outcome: 'written', seq: n }])
      expect((await store.read('garden', 0, 1_000_000)).entries.map(entry => entry.n)).toEqual(
        Array.from({ length: n }, (_, at) => at + 1),
      )
      await store.close()
    }
    await write(1)
    nextVersion(EXPANDED)
    await write(2)
    previousVersion()
    await write(3)
    // It folds, too, and keeps what it replaces.
    const store = sqliteStore({ file })
    const bytes = new Uint8Array([9])
    const folding = { space: 'garden', document: 'd', upTo: 3, entries: 3, snapshot: bytes, keptAt: 5 }
    expect(await store.fold(folding)).toBe(true)
    await store.close()
    nextVersion(EXPANDED)
    const after = sqliteStore({ file })
    expect((await after.body('garden', 'd')).map(({ type, seq }) => [type, seq])).toEqual([['snapshot', 3]])
    await after.close()
    const database = new Database(file)
    expect(database.pragma('user_version', { simple: true })).toBe(known + 1)
    expect(
      database
        .prepare('SELECT least FROM migration WHERE version = ?')
        .pluck()
        .get(known + 1),
    ).toBe(known)
    database.close()
  })

  test('is refused where older ones may not go on, and changes nothing', async () => {
    const file = join(folder(), 'log.db')
    nextVersion({ step: 'contract', least: known + 1, sql: 'CREATE TABLE instead (id INTEGER PRIMARY KEY) STRICT' })
    await sqliteStore({ file }).close()
    previousVersion()
    expect(() => sqliteStore({ file })).toThrow(
      expect.objectContaining({ details: expect.objectContaining({ reason: 'newer' }) }),
    )
    nextVersion({ step: 'contract', least: known + 1, sql: 'CREATE TABLE instead (id INTEGER PRIMARY KEY) STRICT' })
    await sqliteStore({ file }).close()
  })

  test('goes on where only those before it may not', async () => {
    const file = join(folder(), 'log.db')
    nextVersion(EXPANDED)
    nextVersion({ step: 'contract', least: known, sql: 'DROP TABLE tint' })
    await sqliteStore({ file }).close()
    previousVersion()
    await sqliteStore({ file }).close()
  })
})

test('[BK-07] a database of the first version opens with its heads, its devices and what waits to be folded', async () => {
  const began = Date.now() - 1
  const file = join(folder(), 'log.db')
  const old = new Database(file)
  old.exec(MIGRATIONS[0]?.sql ?? '')
  old.pragma(`application_id = ${APPLICATION_ID}`)
  old.pragma('user_version = 1')
  const mark = Buffer.alloc(32, 7)
  old.prepare('INSERT INTO space (id, name, epoch, seq, mark) VALUES (1, ?, ?, 9, ?)').run('garden', 'first', mark)
  old.prepare("INSERT INTO space (id, name, epoch, seq, mark) VALUES (2, 'new', 'other', 0, ?)").run(Buffer.alloc(32))
  old.exec("INSERT INTO device (id, space, name, subject, last) VALUES (1, 1, 'phone', 'ann', 9)")
  const log = old.prepare('INSERT INTO log (space, seq, device, n, digest, mark) VALUES (1, ?, 1, ?, ?, ?)')
  for (let seq = 1; seq <= 9; seq++) log.run(seq, seq, Buffer.alloc(32, seq), seq === 9 ? mark : Buffer.alloc(32))
  const document = old.prepare(
    "INSERT INTO document (space, name, kind, engine, first_seq, seq, entries, bytes, gone) VALUES (1, ?, 'note', 'yjs', 1, ?, ?, 0, 0)",
  )
  const counts = [1, 31, 32, 33, 63, 64, 500, 512]
  for (const [i, count] of counts.entries()) document.run(`d${count}`, i + 1, count)
  old.close()

  const store = sqliteStore({ file })
  expect(await store.head('garden')).toEqual({ epoch: 'first', seq: 9, mark: new Uint8Array(mark) })
  expect((await store.head('new'))?.seq).toBe(0)
  expect(await store.lastOf('garden', 'phone')).toBe(9)
  for (const least of [1, 32, 33, 64, 500, 501]) {
    const found = (await store.foldable(least, 100)).map(({ entries }) => entries).toSorted((a, b) => a - b)
    expect(found, `at least ${least}`).toEqual(counts.filter(count => count >= least))
  }
  await store.close()

  // Nobody knows when any of it was committed: it can be put back to no moment before it was migrated.
  const before = Date.now()
  await putBackSqlite({ file, at: before + 60_000 })
  const refusal = await putBackSqlite({ file, at: began }).catch((error: unknown) => error as JoineryError)
  expect(refusal).toMatchObject({ code: 'BAD_INPUT', details: { reason: 'before-history' } })
  expect((refusal as JoineryError).details['earliest']).toBeGreaterThan(began)
  expect((refusal as JoineryError).details['earliest']).toBeLessThanOrEqual(before)
})
