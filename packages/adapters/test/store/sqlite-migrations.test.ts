import { Database } from '../../src/better-sqlite3.ts'
import { APPLICATION_ID, MIGRATIONS } from '../../src/store/sqlite/migrations.ts'
import type { JoineryError } from '@joinery/core'
import { putBackSqlite, sqliteStore } from '@joinery/adapters/store/sqlite'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { testFolders } from './folders.ts'
import { testVersions } from './versions.ts'

const folder = testFolders()

testVersions({
  migrations: MIGRATIONS,
  expanded: {
    step: 'expand',
    sql: `ALTER TABLE entry ADD COLUMN colour TEXT NOT NULL DEFAULT 'none'; ALTER TABLE past ADD COLUMN colour TEXT;
    CREATE TABLE tint (id INTEGER PRIMARY KEY) STRICT;`,
  },
  instead: 'CREATE TABLE instead (id INTEGER PRIMARY KEY) STRICT',
  withoutTint: 'DROP TABLE tint',
  async empty() {
    const file = join(folder(), 'log.db')
    return {
      open: async () => sqliteStore({ file }),
      async version() {
        const database = new Database(file)
        const version = database.pragma('user_version', { simple: true }) as number
        const least = database.prepare('SELECT least FROM migration WHERE version = ?').pluck().get(version) as number
        database.close()
        return { version, least }
      },
    }
  },
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
