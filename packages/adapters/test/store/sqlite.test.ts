// The SQLite store keeps the port's laws.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { storeLaws, type StorePlace } from '@joinery/core/testing'
import Database from 'better-sqlite3'
import { afterAll, test } from 'vitest'
import { sqliteStore } from '../../src/store/sqlite.ts'

const folders: string[] = []
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true })
})

for (const law of storeLaws) test(`[${law.rule}] ${law.title}`, () => law.check(place))

function place(): StorePlace {
  const folder = mkdtempSync(join(tmpdir(), 'joinery-store-'))
  folders.push(folder)
  const file = join(folder, 'log.db')
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
