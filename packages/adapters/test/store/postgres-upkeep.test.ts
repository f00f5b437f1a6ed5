// What is done to the Postgres store as a whole, on a real Postgres: copies, which are SQLite's, and what is put together anew.
import { join } from 'node:path'
import { storeUpkeepLaws, type StoreUpkeepPlace } from '@joinery/core/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startPostgres, type TestPostgres } from '../../../../test/postgres.ts'
import { postgresStore, restorePostgres } from '../../src/store/postgres.ts'
import { sqliteStore } from '../../src/store/sqlite.ts'
import { damageRow } from './damaged-row.ts'
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

for (const law of storeUpkeepLaws) {
  const { rule, title } = law
  test(`[${rule}] ${title}`, () => law.check(() => place(inFile)), 60_000)
  test(`[${rule}] ${title}: put back into Postgres`, () => law.check(() => place(inPostgres)), 60_000)
  test(`[${rule}] ${title}: of SQLite, put into Postgres`, () => law.check(() => sqlitePlace(inPostgres)), 60_000)
}

type Opens = StoreUpkeepPlace['openCopy']

const inFile: Opens = file => sqliteStore({ file })

const inPostgres: Opens = async file => {
  const url = await postgres.database()
  expect(await restorePostgres({ url, file })).toEqual({ aside: undefined })
  return postgresStore({ url })
}

function sqlitePlace(openCopy: Opens): StoreUpkeepPlace {
  const data = folder()
  const file = join(data, 'log.db')
  let copies = 0
  return {
    turn: () => new Promise(resolve => void setImmediate(resolve)),
    open: () => sqliteStore({ file }),
    newFile: () => join(data, `copy-${++copies}.db`),
    openCopy,
    damage: (space, document) => damageRow(file, space, document),
  }
}

async function place(openCopy: Opens): Promise<StoreUpkeepPlace> {
  const url = await postgres.database(fresh)
  const data = folder()
  let copies = 0
  return {
    turn: () => new Promise(resolve => void setImmediate(resolve)),
    open: () => postgresStore({ url }),
    newFile: () => join(data, `copy-${++copies}.db`),
    openCopy,
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
