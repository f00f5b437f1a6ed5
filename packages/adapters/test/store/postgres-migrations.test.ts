// Relays of two versions on one Postgres: the newer one brings the schema up to date while the older one serves, and after it.
import type { Store } from '@joinery/core'
import { Client } from 'pg'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { startPostgres, type TestPostgres } from '../../../../test/postgres.ts'
import { postgresStore } from '../../src/store/postgres.ts'
import { MIGRATIONS } from '../../src/store/postgres/migrations.ts'
import type { Migration } from '../../src/store/rows/migration.ts'
import { numbers, testVersions, versionsOf, write } from './versions.ts'

const known = MIGRATIONS.length
const { next, previous } = versionsOf(MIGRATIONS)
let postgres: TestPostgres
let opened: { close(): Promise<void> }[] = []

beforeAll(async () => {
  postgres = await startPostgres()
}, 60_000)
afterEach(async () => {
  await Promise.all(opened.map(one => one.close()))
  opened = []
})
afterAll(() => postgres.remove(), 60_000)

const EXPANDED: Migration = {
  step: 'expand',
  sql: `ALTER TABLE joinery.entry ADD COLUMN colour text NOT NULL DEFAULT 'none'; ALTER TABLE joinery.past ADD COLUMN colour text;
    ALTER TABLE joinery.document ADD COLUMN colour text; ALTER TABLE joinery.space ADD COLUMN colour text;
    CREATE TABLE joinery.tint (space bigint PRIMARY KEY)`,
}

async function open(url: string): Promise<Store> {
  const store = await postgresStore({ url })
  opened.push(store)
  return store
}

/** As whoever else is on the database, by the name of his connection. */
async function other(url: string, name: string): Promise<Client> {
  const client = new Client({ connectionString: url, application_name: name })
  await client.connect()
  opened.push({ close: () => client.end() })
  return client
}

testVersions({
  migrations: MIGRATIONS,
  expanded: EXPANDED,
  instead: 'CREATE TABLE joinery.instead (id bigint PRIMARY KEY)',
  withoutTint: 'DROP TABLE joinery.tint',
  async empty() {
    const url = await postgres.database()
    return {
      open: () => open(url),
      async version() {
        const [newest] = await postgres.run('SELECT version, least FROM joinery.migration ORDER BY version DESC', url)
        return newest as { version: number; least: number }
      },
    }
  },
})

test('[MN-12] the schema expands under a relay that serves, which goes on, and one that comes back goes on too', async () => {
  const url = await postgres.database()
  const older = await open(url)
  // On every connection, so that every statement is prepared before the tables change.
  for (let n = 1; n <= 20; n++) await write(older, n)
  next(EXPANDED)
  const newer = await open(url)
  previous()
  await write(older, 21)
  await write(newer, 22)
  await write(older, 23)
  const back = await open(url)
  await write(back, 24)
  const folding = { space: 'garden', document: 'd', upTo: 10, entries: 10, snapshot: new Uint8Array([9]), keptAt: 5 }
  expect(await back.fold(folding)).toBe(true)
  for (const store of [older, newer, back])
    expect(await numbers(store)).toEqual(Array.from({ length: 15 }, (_, at) => at + 10))
})

test('[MN-12] nobody who serves waits behind a migration that waits for somebody else', async () => {
  const url = await postgres.database()
  const older = await open(url)
  await write(older, 1)
  // A long look, as a backup takes: the migration cannot have its lock before that is over.
  const looking = await other(url, 'somebody')
  await looking.query('BEGIN; SELECT count(*) FROM joinery.entry')
  next(EXPANDED)
  const newer = open(url)
  const waits = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%ADD COLUMN colour%'"
  while ((await postgres.run(waits, url)).length === 0);
  for (let n = 2; n <= 20; n++) await write(older, n)
  await looking.query('COMMIT')
  expect(await numbers(await newer)).toHaveLength(20)
})

test('[MN-12] a relay starts while somebody reads everything, also what tells of the schema', async () => {
  const url = await postgres.database()
  await (await open(url)).close()
  // As `pg_dump` does.
  const looking = await other(url, 'somebody')
  await looking.query('BEGIN; LOCK TABLE joinery.migration, joinery.entry IN ACCESS SHARE MODE')
  await write(await open(url), 1)
  await looking.query('COMMIT')
})

test('[MN-12] what the first schema did not tell of itself is added when nobody reads it, and nobody who would waits', async () => {
  const url = await postgres.database()
  await (await open(url)).close()
  await postgres.run('ALTER TABLE joinery.migration DROP COLUMN least', url)
  const looking = await other(url, 'somebody')
  await looking.query('BEGIN; LOCK TABLE joinery.migration IN ACCESS SHARE MODE')
  const newer = open(url)
  const waits = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%ADD COLUMN % least%'"
  while ((await postgres.run(waits, url)).length === 0);
  expect(await postgres.run('SELECT max(version) AS version FROM joinery.migration', url)).toEqual([{ version: known }])
  await looking.query('COMMIT')
  await write(await newer, 1)
})

test('[MN-12] [BK-08] a schema that older relays do not survive waits until they are gone', async () => {
  const url = await postgres.database()
  await (await open(url)).close()
  const older = await other(url, `joinery/${known}`)
  const contracted: Migration = {
    step: 'contract',
    least: known + 1,
    sql: 'ALTER TABLE joinery.space ADD COLUMN colour text',
  }
  next(contracted)
  await expect(open(url)).rejects.toMatchObject({ code: 'UNAVAILABLE', details: { reason: 'older' } })
  expect(await postgres.run('SELECT max(version) AS version FROM joinery.migration', url)).toEqual([{ version: known }])
  await older.end()
  // From before versions were told.
  const oldest = await other(url, 'joinery')
  await expect(open(url)).rejects.toMatchObject({ code: 'UNAVAILABLE', details: { reason: 'older' } })
  await oldest.end()
  const gone = "SELECT 1 FROM pg_stat_activity WHERE application_name ~ '^joinery(/|$)'"
  while ((await postgres.run(gone, url)).length > 0);
  const newer = await open(url)
  await write(newer, 1)
})
