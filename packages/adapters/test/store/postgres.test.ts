// The Postgres store keeps the port's laws, on a real Postgres.
import { storeLaws, type StorePlace } from '@joinery/core/testing'
import { afterAll, beforeAll, test } from 'vitest'
import { startPostgres, type TestPostgres } from '../../../../test/postgres.ts'
import { postgresStore } from '../../src/store/postgres.ts'

let postgres: TestPostgres

beforeAll(async () => {
  postgres = await startPostgres()
}, 60_000)
afterAll(() => postgres.remove())

for (const law of storeLaws) test(`[${law.rule}] ${law.title}`, () => law.check(place), 20_000)

async function place(): Promise<StorePlace> {
  const url = await postgres.database()
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
