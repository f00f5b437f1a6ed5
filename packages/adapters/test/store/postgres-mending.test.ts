// Bits flip in what the Postgres store wrote: it shows, in that document alone, there and in a copy, and is mended from a copy or left out.
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startPostgres, type TestPostgres } from '../../../../test/postgres.ts'
import { postgresStore } from '../../src/store/postgres.ts'
import { sqliteStore } from '../../src/store/sqlite.ts'
import { testFolders } from './folders.ts'
import { entry, everything, testMending, unreadable, writeGarden } from './mending.ts'

const folder = testFolders()
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
  await writeGarden(store, HUGE)
  await store.copyTo(copy)
  await store.close()
}, 60_000)
afterAll(() => postgres.remove(), 60_000)

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
]

const ZERO = "decode(repeat('00', 16), 'hex')"
const MARKS = [
  `UPDATE joinery.log SET mark = ${ZERO} ${AT.replace('5', '3')}`,
  `UPDATE joinery.log SET mark = ${ZERO} ${AT.replace('5', '12')}`,
  `UPDATE joinery.log SET digest = ${ZERO} ${AT.replace('5', '1')}`,
  `UPDATE joinery.log SET digest = ${ZERO} ${AT.replace('5', '8')}`,
  `UPDATE joinery.log SET digest = ${ZERO} ${AT.replace('5', '12')}`,
]

testMending({
  flips: FLIPS,
  told: [
    [`UPDATE joinery.document SET gone = true ${AT.replace('seq = 5', "name = 'b'")}`, 'b'],
    [`UPDATE joinery.log SET n = n | 64 ${AT.replace('5', '7')}`, 'a'],
    [`UPDATE joinery.log SET device = device | 8 ${AT.replace('5', '8')}`, 'b'],
  ],
  marks: {
    mended: MARKS,
    unknown: [`UPDATE joinery.log SET digest = ${ZERO} ${AT}`, `DELETE FROM joinery.entry ${AT}`],
    lost: `DELETE FROM joinery.log ${AT.replace('5', '7')}`,
  },
  alone: FLIPS.slice(-5),
  folder,
  async whole() {
    const url = await postgres.database(whole)
    return { copy, open: () => postgresStore({ url }), spoil: async sql => void (await postgres.run(sql, url)) }
  },
})

test('[CR-25] the head is what says where a chain ends: where it is wrong, what is left of the chain stands', async () => {
  const url = await postgres.database(whole)
  const donor = sqliteStore({ file: copy })
  await postgres.run("UPDATE joinery.document SET seq = 8 WHERE name = 'b'", url)
  const store = await postgresStore({ url })
  expect(await unreadable(store)).toEqual(['garden/b'])
  expect(await store.leaveOut('garden', 'b')).toBe(4)
  await store.sweep()
  await store.quarantine('garden', 'b', undefined)
  expect(await everything(store)).toEqual(await everything(donor))
  await store.close()
  await donor.close()
})

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
