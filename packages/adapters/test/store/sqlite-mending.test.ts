// Bits flip in what the SQLite store wrote: it shows, in that document alone, and is mended from a copy or left out.
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { entryDigest } from '@joinery/core'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { inspectSqlite, sqliteStore } from '../../src/store/sqlite.ts'
import { testFolders } from './folders.ts'
import { entry, testMending, writeGarden } from './mending.ts'

const folder = testFolders()
const HUGE = 2_500_000

/** A log, and a copy of it. */
async function written(): Promise<{ file: string; copy: string }> {
  const data = folder()
  const [file, copy] = [join(data, 'log.db'), join(data, 'copy.db')]
  const store = sqliteStore({ file })
  await writeGarden(store, HUGE)
  await store.close()
  copyFileSync(file, copy)
  return { file, copy }
}

function spoil(file: string, sql: string): void {
  const database = new Database(file)
  expect(database.prepare(sql).run().changes).toBe(1)
  database.close()
}

/** A bit flipped in every column of the row at seq 5, in the middle of `b`, and in its piece. */
const FLIPS = [
  'UPDATE entry SET space = space + 4 WHERE space = 1 AND seq = 5',
  'UPDATE entry SET space = 2 WHERE space = 1 AND seq = 5',
  'UPDATE entry SET seq = seq + 1024 WHERE space = 1 AND seq = 5',
  'UPDATE entry SET type = type | 4 WHERE space = 1 AND seq = 5',
  'UPDATE entry SET type = type & ~64 WHERE space = 1 AND seq = 5',
  'UPDATE entry SET document = 3 WHERE space = 1 AND seq = 5',
  'UPDATE entry SET document = 64 WHERE space = 1 AND seq = 5',
  'UPDATE entry SET prev = 0 WHERE space = 1 AND seq = 5',
  'UPDATE entry SET prev = prev | 8 WHERE space = 1 AND seq = 5',
  'UPDATE entry SET device = device | 8 WHERE space = 1 AND seq = 5',
  'UPDATE entry SET n = n | 16 WHERE space = 1 AND seq = 5',
  'UPDATE entry SET at = at | 64 WHERE space = 1 AND seq = 5',
  'UPDATE entry SET checksum = checksum | 1 << 33 WHERE space = 1 AND seq = 5',
  "UPDATE entry SET authors = replace(authors, 'phone', 'phoned') WHERE space = 1 AND seq = 5",
  "UPDATE entry SET bytes = CAST(x'39' || substr(bytes, 2) AS BLOB) WHERE space = 1 AND seq = 5",
  'UPDATE piece SET id = id + 64 WHERE id = 1',
  'UPDATE piece SET checksum = checksum | 1 << 33 WHERE id = 1',
  "UPDATE piece SET bytes = CAST(substr(bytes, 1, 4000) || x'00' || substr(bytes, 4002) AS BLOB) WHERE id = 1",
  "UPDATE piece SET bytes = CAST(substr(bytes, 1, 4000) || x'00' || substr(bytes, 4002) AS BLOB) WHERE id = 3",
  'DELETE FROM piece WHERE id = 4',
  'DELETE FROM entry WHERE space = 1 AND seq = 5',
  'DELETE FROM entry WHERE space = 1 AND seq = 2',
  'DELETE FROM entry WHERE space = 1 AND seq = 11',
]

const MARKS = [
  'UPDATE log SET mark = zeroblob(16) WHERE space = 1 AND seq = 3',
  'UPDATE log SET mark = zeroblob(16) WHERE space = 1 AND seq = 12',
  'UPDATE log SET digest = zeroblob(16) WHERE space = 1 AND seq = 1',
  // Of what is in pieces, and of the last.
  'UPDATE log SET digest = zeroblob(16) WHERE space = 1 AND seq = 8',
  'UPDATE log SET digest = zeroblob(16) WHERE space = 1 AND seq = 12',
]

testMending({
  flips: FLIPS,
  alone: FLIPS,
  told: [
    ["UPDATE document SET gone = 1 WHERE space = 1 AND name = 'b'", 'b'],
    ["UPDATE document SET gone = 64 WHERE space = 1 AND name = 'c'", 'c'],
    ['UPDATE log SET n = n | 64 WHERE space = 1 AND seq = 7', 'a'],
    ['UPDATE log SET device = device | 8 WHERE space = 1 AND seq = 8', 'b'],
  ],
  marks: {
    mended: MARKS,
    unknown: [
      'UPDATE log SET digest = zeroblob(16) WHERE space = 1 AND seq = 5',
      'DELETE FROM entry WHERE space = 1 AND seq = 5',
    ],
    lost: 'DELETE FROM log WHERE space = 1 AND seq = 7',
  },
  folder,
  async whole() {
    const { file, copy } = await written()
    return { copy, open: async () => sqliteStore({ file }), spoil: async sql => spoil(file, sql) }
  },
})

test('[CR-25] a copy that is older, or was folded otherwise, mends what it has and nothing else', async () => {
  const { file, copy } = await written()
  const later = sqliteStore({ file })
  // Since the copy: two more entries, and all up to the one in the middle folded.
  await later.commit([{ space: 'garden', entries: [entry(14, 'b', 20, 11), entry(15, 'a', 20, 10)] }])
  await later.fold({ space: 'garden', document: 'b', upTo: 8, snapshot: new Uint8Array(HUGE).fill(9), entries: 3 })
  await later.close()
  const donor = sqliteStore({ file: copy })
  const standing = await donor.standing('garden', 'b')
  const mended = async (...sqls: string[]): Promise<{ answer: string; seqs: number[] }> => {
    const spoilt = `${file}.spoilt`
    copyFileSync(file, spoilt)
    for (const sql of sqls) spoil(spoilt, sql)
    const store = sqliteStore({ file: spoilt })
    const answer = await store.mend('garden', 'b', standing)
    const seqs = answer === 'whole' ? (await store.body('garden', 'b')).map(({ seq }) => seq) : []
    if (answer === 'whole') await store.authors('garden', 'b')
    // What stands again can be folded again.
    if (answer === 'whole')
      expect(
        await store.fold({
          space: 'garden',
          document: 'b',
          upTo: 13,
          snapshot: new Uint8Array(3),
          entries: seqs.length,
        }),
      ).toBe(true)
    await store.close()
    return { answer, seqs }
  }
  // The snapshot: in its place, what it stood for.
  expect(await mended('UPDATE entry SET at = at + 1 WHERE space = 1 AND seq = 8')).toEqual({
    answer: 'whole',
    seqs: [2, 5, 8, 11, 13],
  })
  expect(await mended('UPDATE entry SET at = at + 1 WHERE space = 1 AND seq = 11')).toEqual({
    answer: 'whole',
    seqs: [8, 11, 13],
  })
  // Newer than the copy.
  expect((await mended('UPDATE entry SET at = at + 1 WHERE space = 1 AND seq = 13')).answer).toBe('lacking')
  // Another history: the log knows another entry there.
  const another = 'UPDATE log SET digest = zeroblob(16) WHERE space = 1 AND seq = 11'
  expect((await mended('UPDATE entry SET at = at + 1 WHERE space = 1 AND seq = 11', another)).answer).toBe('lacking')
  await donor.close()
})

test('[CR-25] [R4] the digest of what was folded is put right from what was remembered of it, or from its past, and its name as well', async () => {
  for (const seq of [5, 8]) {
    const { file } = await written()
    const store = sqliteStore({ file })
    const snapshot = new Uint8Array(HUGE).fill(9)
    await store.fold({ space: 'garden', document: 'b', upTo: 8, snapshot, entries: 3, keptAt: 1 })
    const before = await store.named('garden', 'phone', seq)
    await store.close()
    spoil(file, `UPDATE log SET digest = zeroblob(16) WHERE space = 1 AND seq = ${seq}`)
    const again = sqliteStore({ file })
    expect(await again.remark()).toEqual(['garden'])
    expect(await again.named('garden', 'phone', seq)).toEqual(before)
    await again.close()

    spoil(file, `UPDATE log SET n = n | 64 WHERE space = 1 AND seq = ${seq}`)
    expect((await inspectSqlite({ file, deep: true })).disagreeing).toEqual([{ space: 'garden', document: 'b' }])
    const third = sqliteStore({ file })
    await third.align('garden', 'b')
    expect(await third.named('garden', 'phone', seq)).toEqual(before)
    await third.close()
  }
})

test('[CR-25] [D6] a purge whose row is damaged stays a purge', async () => {
  const { file } = await written()
  const store = sqliteStore({ file })
  const named = { type: 'tombstone', document: 'b', kind: 'note', engine: 'yjs', bytes: new Uint8Array(0) } as const
  const told = { n: 99, at: 99, device: 'phone', subject: 'ann', digest: entryDigest(named), basedOn: 11, authors: [] }
  await store.commit([{ space: 'garden', entries: [{ ...named, ...told }] }])
  await store.close()
  spoil(file, 'UPDATE entry SET type = 0 WHERE space = 1 AND seq = 13')
  const again = sqliteStore({ file })
  expect(await again.sweep()).toEqual(['garden'])
  expect(await again.document('garden', 'b')).toMatchObject({ state: 'gone', seq: 13 })
  expect((await again.body('garden', 'b')).map(({ type }) => type)).toEqual(['tombstone'])
  expect((await again.read('garden', 12, Infinity)).entries).toMatchObject([
    { seq: 13, type: 'tombstone', document: 'b' },
  ])
  await again.close()
})

test('[CR-25] [D6] whether a document is gone is what its last entry says, and of one that is damaged what the log knows it by', async () => {
  const purged = async (): Promise<string> => {
    const { file } = await written()
    const store = sqliteStore({ file })
    const named = { type: 'tombstone', document: 'b', kind: 'note', engine: 'yjs', bytes: new Uint8Array(0) } as const
    const told = { n: 99, at: 99, device: 'phone', subject: 'ann', basedOn: 11, authors: [] }
    await store.commit([{ space: 'garden', entries: [{ ...named, ...told, digest: entryDigest(named) }] }])
    await store.close()
    return file
  }
  const place = [{ space: 'garden', document: 'b' }]
  const aligned = async (file: string): Promise<unknown> => {
    const { disagreeing } = await inspectSqlite({ file, deep: true })
    const store = sqliteStore({ file })
    await store.align('garden', 'b')
    await store.sweep()
    const state = (await store.document('garden', 'b'))?.state
    await store.close()
    return { state, disagreeing }
  }
  // The tombstone stands.
  const first = await purged()
  spoil(first, "UPDATE document SET gone = 0 WHERE space = 1 AND name = 'b'")
  expect(await aligned(first)).toEqual({ state: 'gone', disagreeing: place })
  // It is damaged.
  const second = await purged()
  spoil(second, 'UPDATE entry SET at = at + 1 WHERE space = 1 AND seq = 13')
  expect(await aligned(second)).toEqual({ state: 'gone', disagreeing: [] })
  // The last entry of one that is not gone is damaged.
  const { file: third } = await written()
  spoil(third, "UPDATE document SET gone = 1 WHERE space = 1 AND name = 'b'")
  spoil(third, 'UPDATE entry SET at = at + 1 WHERE space = 1 AND seq = 11')
  expect(await aligned(third)).toEqual({ state: 'live', disagreeing: place })
})

test('[DU-17] of a document of which nothing stands nothing is left, and it can begin anew', async () => {
  const { file } = await written()
  spoil(file, "DELETE FROM document WHERE name = 'c'")
  const store = sqliteStore({ file })
  expect(await store.document('garden', 'c')).toBe(undefined)
  expect(await store.sweep()).toEqual(['garden'])
  await store.commit([{ space: 'garden', entries: [entry(16, 'c')] }])
  expect((await store.body('garden', 'c')).map(({ seq }) => seq)).toEqual([13])
  await store.close()
})

test('[DU-17] a document that takes the number of one that is lost inherits nothing of it', async () => {
  const { file } = await written()
  const before = sqliteStore({ file })
  const snapshot = new Uint8Array(3)
  // The one with the greatest number, with a past and the digests of what was folded.
  await before.commit([{ space: 'meadow', entries: [entry(17, 'a', 20, 1)] }])
  await before.fold({ space: 'meadow', document: 'a', upTo: 2, snapshot, entries: 2, keptAt: 5 })
  await before.close()
  spoil(file, 'UPDATE entry SET at = at | 64 WHERE space = 2 AND seq = 2')
  const store = sqliteStore({ file })
  expect(await store.leaveOut('meadow', 'a')).toBe(0)
  expect(await store.document('meadow', 'a')).toBe(undefined)
  await store.commit([{ space: 'meadow', entries: [entry(18, 'z')] }])
  expect((await store.lineage('meadow', 'z')).map(({ seq }) => seq)).toEqual([3])
  expect(await store.past('meadow', 'z', 0, Infinity)).toEqual([])
  await store.close()
})
