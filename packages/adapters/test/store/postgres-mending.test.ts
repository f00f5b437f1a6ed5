// Bits flip in what the Postgres store wrote: it shows, in that document alone, there and in a copy, and is mended from a copy or left out.
import { join } from 'node:path'
import { entryDigest, type CommitEntry, type Entry, type JoineryError, type Store } from '@joinery/core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startPostgres, type TestPostgres } from '../../../../test/postgres.ts'
import { postgresStore } from '../../src/store/postgres.ts'
import { inspectSqlite, sqliteStore } from '../../src/store/sqlite.ts'
import { testFolders } from './folders.ts'

const folder = testFolders()
const LARGE = 9_000
const HUGE = 1_100_000

let postgres: TestPostgres
/** Seqs 1 to 12: three documents in turn, of which `b` has large entries. */
let whole: string
/** A copy of it. */
let copy: string

beforeAll(async () => {
  postgres = await startPostgres()
  whole = await postgres.database()
  copy = join(folder(), 'copy.db')
  const store = await postgresStore({ url: whole })
  const sizes = [20, 20, 20, 20, LARGE, 20, 20, HUGE, 20, 20, 20, 20]
  for (const [i, size] of sizes.entries()) {
    const name = 'abc'[i % 3] ?? ''
    const basedOn = (await store.document('garden', name))?.seq ?? 0
    await store.commit([{ space: 'garden', entries: [entry(i + 1, name, size, basedOn)] }])
  }
  await store.commit([{ space: 'meadow', entries: [entry(13, 'a')] }])
  await store.copyTo(copy)
  await store.close()
}, 60_000)
afterAll(() => postgres.remove(), 60_000)

function entry(n: number, document: string, size = 20, basedOn = 0): CommitEntry {
  const bytes = new Uint8Array(size).fill(n)
  const named = { type: 'update', document, kind: 'note', engine: 'yjs', bytes } as const
  const authors = [{ author: `${n}`, clock: n, owner: 'phone' }]
  return { ...named, n, at: n, device: 'phone', subject: 'ann', digest: entryDigest(named), basedOn, authors }
}

async function unreadable(store: Store): Promise<string[]> {
  const found: string[] = []
  for (const { space, document } of await store.everyDocument(0, 100)) {
    try {
      await store.body(space, document)
      await store.authors(space, document)
    } catch (error) {
      expect((error as JoineryError).code).toBe('QUARANTINED')
      found.push(`${space}/${document}`)
    }
  }
  return found
}

/** Millions of bytes are not compared one by one. */
function told(entries: readonly Entry[]): unknown[] {
  return entries.map(({ bytes, ...one }) => [one, bytes.length, bytes.every(byte => byte === bytes[0]), bytes[0]])
}

async function everything(store: Store): Promise<unknown[]> {
  const all: unknown[] = []
  for (const document of ['a', 'b', 'c'])
    all.push(told(await store.body('garden', document)), await store.authors('garden', document))
  const { entries, ...page } = await store.read('garden', 0, Infinity)
  return [...all, told(entries), page, await store.head('garden')]
}

const AT = "WHERE seq = 5 AND space = (SELECT id FROM joinery.space WHERE name = 'garden')"
const MEADOW = "(SELECT id FROM joinery.space WHERE name = 'meadow')"

/** A bit flipped in every column of the row at seq 5, in the middle of `b`. */
const FLIPS = [
  `UPDATE joinery.entry SET space = space + 1024 ${AT}`,
  `UPDATE joinery.entry SET space = ${MEADOW} ${AT}`,
  `UPDATE joinery.entry SET seq = seq + 1024 ${AT}`,
  `UPDATE joinery.entry SET type = type | 4 ${AT}`,
  `UPDATE joinery.entry SET type = type | 64 ${AT}`,
  `UPDATE joinery.entry SET document = 3 ${AT}`,
  `UPDATE joinery.entry SET document = 1 ${AT}`,
  `UPDATE joinery.entry SET document = 64 ${AT}`,
  `UPDATE joinery.entry SET prev = 0 ${AT}`,
  `UPDATE joinery.entry SET prev = prev | 8 ${AT}`,
  `UPDATE joinery.entry SET device = device | 8 ${AT}`,
  `UPDATE joinery.entry SET n = n | 16 ${AT}`,
  `UPDATE joinery.entry SET at = at | 64 ${AT}`,
  `UPDATE joinery.entry SET checksum = checksum | 1::bigint << 33 ${AT}`,
  `UPDATE joinery.entry SET authors = replace(authors, 'phone', 'phoned') ${AT}`,
  `UPDATE joinery.entry SET bytes = set_byte(bytes, 4000, 0) ${AT}`,
  `UPDATE joinery.entry SET bytes = set_byte(bytes, 1000000, 0) ${AT.replace('5', '8')}`,
  `DELETE FROM joinery.entry ${AT}`,
  `DELETE FROM joinery.entry ${AT.replace('5', '2')}`,
  `DELETE FROM joinery.entry ${AT.replace('5', '11')}`,
  `UPDATE joinery.document SET seq = 8 WHERE name = 'b'`,
]

test.each(FLIPS)(
  '[CR-25] %s: that document alone cannot be read, there and in a copy, and is whole again',
  async sql => {
    const url = await postgres.database(whole)
    const donor = sqliteStore({ file: copy })
    const before = await everything(donor)
    await postgres.run(sql, url)
    const store = await postgresStore({ url })
    expect(await unreadable(store)).toEqual(['garden/b'])

    // A copy shows the same, and no more.
    const damaged = join(folder(), 'damaged.db')
    await store.copyTo(damaged)
    const there = sqliteStore({ file: damaged })
    expect(await unreadable(there)).toEqual(['garden/b'])
    await there.close()

    if (sql.includes('joinery.document SET')) {
      // The head is what says where a chain ends: what is left of it stands.
      expect(await store.leaveOut('garden', 'b')).toBe(4)
    } else {
      expect(await store.mend('garden', 'b', [])).toBe('lacking')
      expect(await store.mend('garden', 'b', await donor.standing('garden', 'b'))).toBe('whole')
    }
    await store.sweep()
    expect(await everything(store)).toEqual(before)
    // And it goes on.
    await store.commit([{ space: 'garden', entries: [entry(99, 'b', 20, 11)] }])
    expect((await store.body('garden', 'b')).at(-1)?.seq).toBe(13)
    const again = join(folder(), 'again.db')
    await store.copyTo(again)
    await store.close()
    await donor.close()
    const look = await inspectSqlite({ file: again, deep: true })
    expect([look.integrity, look.rows.damaged, look.marks.wrong, look.headless]).toEqual([[], 0, 0, []])
  },
  60_000,
)

test('[BK-04] what a repair changes of a quarantine is kept as it was before, once for each change', async () => {
  const url = await postgres.database(whole)
  await postgres.run(`DELETE FROM joinery.entry ${AT}`, url)
  const store = await postgresStore({ url })
  expect(await store.leaveOut('garden', 'b')).toBe(3)
  expect(await store.leaveOut('garden', 'b')).toBe(3)
  await store.quarantine('garden', 'a', 'QUARANTINED')
  expect(await store.mend('garden', 'a', [])).toBe('whole')
  await store.close()
  expect(await postgres.run('SELECT what, whose, value FROM joinery.former ORDER BY id', url)).toEqual([
    { what: 'quarantine', whose: 'b', value: null },
    { what: 'quarantine', whose: 'a', value: null },
    { what: 'quarantine', whose: 'a', value: 'QUARANTINED' },
  ])
})

test('[BK-01] a copy holds nobody up: between two of its steps others have their turn, and no commit waits', async () => {
  const url = await postgres.database()
  const store = await postgresStore({ url })
  for (let at = 0; at < 20; at++) {
    const entries = Array.from({ length: 500 }, (_, i) =>
      entry(at * 500 + i + 1, `d${at}-${i}`, i % 50 === 0 ? 50_000 : 40),
    )
    await store.commit([{ space: `space${at}`, entries }])
  }
  let turns = 0
  let isCopying = true
  const file = join(folder(), 'copy.db')
  const copying = store.copyTo(file).finally(() => (isCopying = false))
  let n = 20_000
  const committing = (async () => {
    while (isCopying) await store.commit([{ space: 'space19', entries: [entry(++n, `later${n}`)] }])
  })()
  while (isCopying) {
    turns += 1
    await new Promise(resolve => setImmediate(resolve))
  }
  await Promise.all([copying, committing])
  // Ten thousand rows and as many names of them, at most some hundreds at a time.
  expect(turns).toBeGreaterThan(200)
  expect(n).toBeGreaterThan(20_000)
  const there = sqliteStore({ file })
  expect((await there.everyDocument(0, 20_000)).length).toBeGreaterThanOrEqual(10_000)
  await there.close()
  await store.close()
}, 120_000)
