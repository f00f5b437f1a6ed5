// The Postgres store keeps the port's laws, on a real Postgres.
import { storeLaws, type StorePlace } from '@joinery/core/testing'
import { afterAll, beforeAll, test } from 'vitest'
import { startPostgres, type TestPostgres } from '../../../../test/postgres.ts'
import { postgresStore } from '../../src/store/postgres.ts'

let postgres: TestPostgres
/** With the schema, and nothing in it: to make that anew for each law takes longer than the law. */
let fresh: string

beforeAll(async () => {
  postgres = await startPostgres()
  fresh = await postgres.database()
  await (await postgresStore({ url: fresh })).close()
}, 60_000)
afterAll(() => postgres.remove(), 60_000)

for (const law of storeLaws) test(`[${law.rule}] ${law.title}`, () => law.check(place), 20_000)

async function place(): Promise<StorePlace> {
  const url = await postgres.database(fresh)
  return {
    open: () => postgresStore({ url }),
    async damage(space, document) {
      await postgres.run(
        `UPDATE joinery.entry SET bytes = set_byte(entry.bytes, 0, get_byte(entry.bytes, 0) # 1) FROM joinery.document, joinery.space
         WHERE document.space = entry.space AND document.id = entry.document AND document.seq = entry.seq AND space.id = entry.space
         AND space.name = '${space}' AND document.name = '${document}'`,
        url,
      )
    },
  }
}
