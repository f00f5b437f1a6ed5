// What is done to the Postgres store as a whole, on a real Postgres: copies, which are SQLite's, and what is put together anew.
import { join } from 'node:path'
import { storeUpkeepLaws, type StoreUpkeepPlace } from '@joinery/core/testing'
import { afterAll, beforeAll, test } from 'vitest'
import { startPostgres, type TestPostgres } from '../../../../test/postgres.ts'
import { postgresStore } from '../../src/store/postgres.ts'
import { sqliteStore } from '../../src/store/sqlite.ts'
import { testFolders } from './folders.ts'

const folder = testFolders()
let postgres: TestPostgres
/** With the schema, and nothing in it. */
let fresh: string

beforeAll(async () => {
  postgres = await startPostgres()
  fresh = await postgres.database()
  await (await postgresStore({ url: fresh })).close()
}, 60_000)
afterAll(() => postgres.remove(), 60_000)

for (const law of storeUpkeepLaws) test(`[${law.rule}] ${law.title}`, () => law.check(place), 60_000)

async function place(): Promise<StoreUpkeepPlace> {
  const url = await postgres.database(fresh)
  const data = folder()
  let copies = 0
  return {
    turn: () => new Promise(resolve => void setImmediate(resolve)),
    open: () => postgresStore({ url }),
    newFile: () => join(data, `copy-${++copies}.db`),
    openCopy: file => sqliteStore({ file }),
    async damage(space, document) {
      await postgres.run(
        `UPDATE joinery.entry SET at = entry.at + 1 FROM joinery.document, joinery.space
         WHERE document.space = entry.space AND document.id = entry.document AND document.seq = entry.seq AND space.id = entry.space
         AND space.name = '${space}' AND document.name = '${document}'`,
        url,
      )
    },
  }
}
