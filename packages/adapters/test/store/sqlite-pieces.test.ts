// What is large is kept in pieces beside its entry, and nobody who asks for it can tell.
import { join } from 'node:path'
import { entryDigest, type CommitEntry } from '@joinery/core'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { inspectSqlite, sqliteStore } from '@joinery/adapters/store/sqlite'
import { PIECE_BYTES } from '../../src/store/sqlite/pieces.ts'
import { testFolders } from './folders.ts'

const newFolder = testFolders()
const LARGE = 2 * PIECE_BYTES + 5

function entry(n: number, bytes: Uint8Array, more: Partial<CommitEntry> = {}): CommitEntry {
  const named = { type: 'update', document: 'x', kind: 'note', engine: 'yjs', bytes } as const
  const authors = [{ author: '7', clock: n, owner: 'phone@ann' }]
  const rest = { at: n, device: 'phone', n, subject: 'ann', basedOn: 0, authors }
  return { ...named, ...rest, ...more, digest: entryDigest({ ...named, ...more }) }
}

/** Different in each place. */
function bytesOf(length: number, seed: number): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => (at * 31 + (at >> 8) + seed) % 251)
}

function isSame(a: Uint8Array | undefined, b: Uint8Array): boolean {
  return a !== undefined && Buffer.compare(a, b) === 0
}

/** What is under way has had its turns. */
async function settled(): Promise<void> {
  for (let i = 0; i < 50; i++) await new Promise(resolve => setImmediate(resolve))
}

async function counted(file: string): Promise<{ pieces: number; strays: number }> {
  const database = new Database(file)
  const count = (table: string): number => Number(database.prepare(`SELECT count(*) FROM ${table}`).pluck().get())
  const found = { pieces: count('piece'), strays: count('stray') }
  database.close()
  return found
}

test('[S1] what is large comes out as it went in, from the body, the log and a store that opens again; folded or purged, it is gone', async () => {
  const file = join(newFolder(), 'log.db')
  const [first, second, snapshot] = [bytesOf(LARGE, 1), bytesOf(LARGE, 2), bytesOf(3 * PIECE_BYTES, 3)]
  let store = sqliteStore({ file })
  const small = Uint8Array.of(1, 2)
  await store.commit([{ space: 'a', entries: [entry(1, small), entry(2, first), entry(3, small, { document: 'y' })] }])
  await store.commit([{ space: 'a', entries: [entry(4, second, { basedOn: 2 })] }])
  await store.close()
  expect(await counted(file)).toEqual({ pieces: 6, strays: 0 })
  store = sqliteStore({ file })
  const body = await store.body('a', 'x')
  expect([small, first, second].every((bytes, at) => isSame(body[at]?.bytes, bytes))).toBe(true)
  expect((await store.document('a', 'x'))?.bytes).toBe(2 + 2 * LARGE)
  // The first page ends behind what is large, as if it were in its row.
  const page = await store.read('a', 0, PIECE_BYTES)
  expect(page).toMatchObject({ seq: 2, end: false, entries: [{ type: 'update' }, { type: 'update', n: 2 }] })
  expect(isSame(page.entries[1]?.bytes, first)).toBe(true)
  expect(await store.fold({ space: 'a', document: 'x', upTo: 4, snapshot, entries: 3 })).toBe(true)
  const [folded, ...others] = await store.body('a', 'x')
  expect([folded?.type, others, isSame(folded?.bytes, snapshot)]).toEqual(['snapshot', [], true])
  expect((await store.document('a', 'x'))?.bytes).toBe(snapshot.length)
  expect(await store.authors('a', 'x')).toEqual([{ author: '7', clock: 4, owner: 'phone@ann' }])
  await settled()
  const { entry: voided } = (await store.void({
    space: 'a',
    seq: 3,
    instead: undefined,
    entry: { ...entry(5, second, { document: 'y' }), type: 'void' },
  }))!
  expect(isSame(voided.bytes, second)).toBe(true)
  expect(isSame((await store.read('a', 4, Infinity)).entries[0]?.bytes, second)).toBe(true)
  await store.commit([{ space: 'a', entries: [entry(6, new Uint8Array(), { type: 'tombstone', basedOn: 4 })] }])
  await settled()
  await store.close()
  expect(await counted(file)).toEqual({ pieces: 3, strays: 0 })
})

test('[S1] what was put for an entry that is refused, or that a crash kept from being written, does not stay', async () => {
  const file = join(newFolder(), 'log.db')
  let store = sqliteStore({ file })
  await store.commit([{ space: 'a', entries: [entry(1, Uint8Array.of(1))] }])
  const [committed] = await store.commit([{ space: 'a', entries: [entry(2, bytesOf(LARGE, 1), { basedOn: 9 })] }])
  expect(committed?.outcomes).toEqual([{ outcome: 'stale' }])
  await settled()
  await store.close()
  expect(await counted(file)).toEqual({ pieces: 0, strays: 0 })
  const database = new Database(file)
  database.exec("INSERT INTO piece VALUES (7, 0, x'00'), (8, 0, x'00'); INSERT INTO stray VALUES (7), (8)")
  database.close()
  store = sqliteStore({ file })
  const bytes = bytesOf(LARGE, 2)
  await store.commit([{ space: 'a', entries: [entry(3, bytes, { basedOn: 1 })] }])
  await settled()
  expect(isSame((await store.body('a', 'x'))[1]?.bytes, bytes)).toBe(true)
  await store.close()
  expect(await counted(file)).toEqual({ pieces: 3, strays: 0 })
})

test('[T4] while something large is written and read, others are written and read', async () => {
  const store = sqliteStore({ file: join(newFolder(), 'log.db') })
  const order: string[] = []
  const large = store.commit([{ space: 'a', entries: [entry(1, bytesOf(8 * PIECE_BYTES, 1))] }]).then(() => order.push('large')) // prettier-ignore
  const small = store.commit([{ space: 'b', entries: [entry(1, Uint8Array.of(1))] }]).then(() => order.push('small'))
  await Promise.all([large, small])
  const body = store.body('a', 'x').then(() => order.push('large'))
  await Promise.all([body, store.head('b').then(() => order.push('small'))])
  expect(order).toEqual(['small', 'large', 'small', 'large'])
  await store.close()
})

for (const [what, change] of [
  ['a bit of a piece that flips', "UPDATE piece SET bytes = x'00' WHERE id = 2"],
  ['a piece that is gone', 'DELETE FROM piece WHERE id = 3'],
  ['a name that flips', "UPDATE entry SET bytes = CAST('1 2 5' AS BLOB) WHERE type >= 64"],
] as const)
  test(`[CR-25] ${what} shows: its document is QUARANTINED, and no other`, async () => {
    const [folder, scratch] = [newFolder(), newFolder()]
    const file = join(folder, 'log.db')
    let store = sqliteStore({ file })
    const entries = [entry(1, bytesOf(LARGE, 1)), entry(2, Uint8Array.of(1), { document: 'y' })]
    await store.commit([{ space: 'a', entries }])
    await store.close()
    const database = new Database(file)
    expect(database.prepare(change).run().changes).toBe(1)
    database.close()
    expect((await inspectSqlite({ file, scratch, deep: true })).rows).toMatchObject({
      damaged: 1,
      listed: [{ seq: 1 }],
    })
    store = sqliteStore({ file })
    await expect(store.body('a', 'x')).rejects.toMatchObject({ code: 'QUARANTINED' })
    const page = await store.read('a', 0, Infinity)
    expect(page).toMatchObject({ seq: 2, end: true, damaged: ['x'], entries: [{ seq: 2 }] })
    await store.close()
  })

test('[S3] the number of a piece that is lost is not given again: whoever names it takes nobody’s away when it goes', async () => {
  const file = join(newFolder(), 'log.db')
  let store = sqliteStore({ file })
  await store.commit([{ space: 'a', entries: [entry(1, bytesOf(LARGE, 1)), entry(2, Uint8Array.of(1))] }])
  await store.close()
  const database = new Database(file)
  expect(database.prepare('DELETE FROM piece WHERE id = 3').run().changes).toBe(1)
  database.close()
  store = sqliteStore({ file })
  const other = bytesOf(LARGE, 2)
  await store.commit([{ space: 'a', entries: [entry(3, other, { document: 'y' })] }])
  await expect(store.body('a', 'x')).rejects.toMatchObject({ code: 'QUARANTINED' })
  expect(await store.leaveOut('a', 'x')).toBe(1)
  await settled()
  expect(isSame((await store.body('a', 'y'))[0]?.bytes, other)).toBe(true)
  await store.close()
})

test('[CR-07] authors by the ten thousand are folded into one entry, and come out again', async () => {
  const file = join(newFolder(), 'log.db')
  const store = sqliteStore({ file })
  const authorsOf = (from: number): CommitEntry['authors'] =>
    Array.from({ length: 5_000 }, (_, at) => ({ author: `${from + at}`, clock: from + at, owner: 'phone' }))
  const entries = [0, 4_000].map((from, at) => entry(at + 1, Uint8Array.of(at), { authors: authorsOf(from) }))
  await store.commit([{ space: 'a', entries }])
  const byId = (): Promise<readonly { author: string; clock: number }[]> =>
    store.authors('a', 'x').then(found => found.toSorted((a, b) => a.clock - b.clock))
  const before = await byId()
  expect(before.map(({ clock }) => clock)).toEqual(Array.from({ length: 9_000 }, (_, at) => at))
  expect(await store.fold({ space: 'a', document: 'x', upTo: 2, snapshot: Uint8Array.of(9), entries: 2 })).toBe(true)
  expect(await byId()).toEqual(before)
  await settled()
  await store.close()
  // Those of one entry are more than its row keeps.
  expect(await counted(file)).toEqual({ pieces: 1, strays: 0 })
  const database = new Database(file)
  database.exec("UPDATE piece SET bytes = CAST('[]' AS BLOB)")
  database.close()
  const opened = sqliteStore({ file })
  await expect(opened.authors('a', 'x')).rejects.toMatchObject({ code: 'QUARANTINED' })
  await opened.close()
})

test('[T4] no row is longer than a page or so, whatever its entry holds', async () => {
  const file = join(newFolder(), 'log.db')
  const store = sqliteStore({ file })
  const sizes = [0, 4_096, 4_097, 60_000, PIECE_BYTES, PIECE_BYTES + 1]
  const entries = sizes.map((size, at) => entry(at + 1, bytesOf(size, at)))
  await store.commit([{ space: 'a', entries }])
  const body = await store.body('a', 'x')
  expect(entries.every(({ bytes }, at) => isSame(body[at]?.bytes, bytes))).toBe(true)
  const snapshot = bytesOf(60_000, 9)
  expect(await store.fold({ space: 'a', document: 'x', upTo: 5, snapshot, entries: 5 })).toBe(true)
  expect(isSame((await store.body('a', 'x'))[0]?.bytes, snapshot)).toBe(true)
  await settled()
  await store.close()
  const database = new Database(file)
  expect(database.prepare('SELECT max(length(bytes)) FROM entry').pluck().get()).toBeLessThanOrEqual(4_096)
  database.close()
  // Of the snapshot, and of the last entry.
  expect(await counted(file)).toEqual({ pieces: 3, strays: 0 })
})
