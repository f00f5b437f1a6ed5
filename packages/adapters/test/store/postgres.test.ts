// The Postgres store keeps the port's laws, on a real Postgres.
import { entryDigest, type CommitEntry } from '@joinery/core'
import { storeLaws, type StorePlace } from '@joinery/core/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
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

test('[T5] a document is read with its authors in one, however long or large it is', async () => {
  const store = await postgresStore({ url: await postgres.database(fresh) })
  const edit = (document: string, n: number, about: Partial<CommitEntry> = {}): CommitEntry => {
    const named = { type: 'update', document, kind: 'note', engine: 'yjs', bytes: Uint8Array.of(1), ...about } as const
    const authors = named.type === 'tombstone' ? [] : [{ author: String(n % 3), clock: n, owner: 'phone' }]
    return { n, at: 1, device: 'phone', subject: 'ann', basedOn: 0, authors, digest: entryDigest(named), ...named }
  }
  const entries = [
    ...Array.from({ length: 300 }, (_, at) => edit('long', at + 1)),
    edit('large', 301, { bytes: new Uint8Array(100_000) }),
    edit('short', 302),
    edit('gone', 303),
    edit('gone', 304, { type: 'tombstone', bytes: new Uint8Array() }),
  ]
  const [committed] = await store.commit([{ space: 'a', entries }])
  expect(committed?.outcomes.filter(({ outcome }) => outcome !== 'written')).toEqual([])

  for (const [document, authors] of Object.entries({ long: 3, large: 1, short: 1, gone: 0 })) {
    const found = await store.headAndAuthors?.('a', document)
    expect(found?.head).toEqual(await store.document('a', document))
    expect(found?.authors).toHaveLength(authors)
    expect(found?.authors).toEqual(await store.authors('a', document))
  }
  const nowhere = { head: undefined, authors: [] }
  expect([await store.headAndAuthors?.('a', 'none'), await store.headAndAuthors?.('none', 'long')]).toEqual([
    nowhere,
    nowhere,
  ])
  await store.close()
})

test('[BK-04] it knows when each entry was committed, by its own clock, and how it was before what no entry tells was changed', async () => {
  const url = await postgres.database(fresh)
  const store = await postgresStore({ url })
  const time = async (): Promise<number> => {
    const [row] = await postgres.run('SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now', url)
    return Number(row?.['now'])
  }
  const edit = (n: number): CommitEntry => {
    const named = { type: 'update', document: 'x', kind: 'note', engine: 'yjs', bytes: Uint8Array.of(n) } as const
    const authors = [{ author: `a${n}`, clock: n, owner: 'phone' }]
    return { ...named, n, at: 1, device: 'phone', subject: 'ann', basedOn: n - 1, authors, digest: entryDigest(named) }
  }
  const began = await time()
  for (const n of [1, 2, 3]) await store.commit([{ space: 'a', entries: [edit(n)] }])
  const ended = await time()
  const times = await postgres.run('SELECT committed FROM joinery.log ORDER BY seq', url)
  const committed = times.map(row => Number(row['committed']))
  expect(committed).toEqual(committed.toSorted((a, b) => a - b))
  expect(committed[0]).toBeGreaterThanOrEqual(began)
  expect(committed[2]).toBeLessThanOrEqual(ended)

  for (const role of ['editor', 'owner'] as const) await store.admit('a', 'ann', role)
  for (const role of ['viewer', 'viewer', undefined, undefined] as const) await store.setRole('a', 'ann', role)
  for (const code of ['GAP', 'GAP', undefined] as const) await store.quarantine('a', 'x', code)
  const former = await postgres.run('SELECT until, what, whose, value FROM joinery.former ORDER BY id', url)
  expect(former.map(({ what, whose, value }) => [what, whose, value])).toEqual([
    ['role', 'ann', null],
    ['role', 'ann', 'editor'],
    ['role', 'ann', 'viewer'],
    ['quarantine', 'x', null],
    ['quarantine', 'x', 'GAP'],
  ])
  for (const { until } of former) expect(Number(until)).toBeGreaterThanOrEqual(ended)

  // What is forgotten leaves a beginning that still tells of its authors.
  const instead = Uint8Array.of(9)
  await store.fold({ space: 'a', document: 'x', upTo: 3, snapshot: instead, entries: 3, keptAt: 1 })
  expect(await store.forget({ space: 'a', document: 'x', after: 0, upTo: 2, entries: 2, instead })).toBe(true)
  const [beginning] = await postgres.run('SELECT authors FROM joinery.past ORDER BY seq LIMIT 1', url)
  expect(JSON.parse(String(beginning?.['authors']))).toEqual([
    ['a2', 2, 'phone'],
    ['a1', 1, 'phone'],
  ])
  await store.close()
})
