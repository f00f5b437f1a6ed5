// The store keeps what the next commit looks up: whatever else is written between two commits, it is as in the file.
import { join } from 'node:path'
import { entryDigest, type CommitEntry, type Store } from '@joinery/core'
import { expect, test } from 'vitest'
import { sqliteStore } from '@joinery/adapters/store/sqlite'
import { testFolders } from './folders.ts'

const newFolder = testFolders()

function entry(n: number, basedOn: number): CommitEntry {
  const named = { type: 'update', document: 'x', kind: 'note', engine: 'yjs', bytes: Uint8Array.of(n, n) } as const
  const rest = { at: n, device: 'phone', n, subject: 'ann', basedOn, authors: [] }
  return { ...named, ...rest, digest: entryDigest(named) }
}

async function counts(store: Store): Promise<{ entries: number | undefined; bytes: number | undefined }> {
  return {
    entries: (await store.foldable(1, 10))[0]?.entries,
    bytes: (await store.document('a', 'x'))?.bytes,
  }
}

test('[S3] a fold that runs at the same time as commits, at any moment, leaves counts as they are', async () => {
  // Each hop more lets the commits begin a little later than the fold.
  for (let hops = 0; hops < 24; hops++) {
    const store = sqliteStore({ file: join(newFolder(), 'log.db') })
    await store.commit([{ space: 'a', entries: [entry(1, 0), entry(2, 0), entry(3, 0)] }])
    const folding = store.fold({ space: 'a', document: 'x', upTo: 3, snapshot: Uint8Array.of(9), entries: 3 })
    for (let hop = 0; hop < hops; hop++) await Promise.resolve()
    await store.commit([{ space: 'a', entries: [entry(4, 3)] }])
    await store.commit([{ space: 'a', entries: [entry(5, 4)] }])
    expect(await folding).toBe(true)
    await store.commit([{ space: 'a', entries: [entry(6, 5)] }])
    expect(await counts(store)).toEqual({ entries: 4, bytes: 1 + 3 * 2 })
    await store.close()
  }
})

test('[S4] a device and a document that a failed commit would have made are not known', async () => {
  const store = sqliteStore({ file: join(newFolder(), 'log.db') })
  const broken = { ...entry(2, 0), bytes: undefined as unknown as Uint8Array }
  await expect(store.commit([{ space: 'a', entries: [entry(1, 0), broken] }])).rejects.toThrow()
  expect(await store.lastOf('a', 'phone')).toBe(0)
  const [committed] = await store.commit([{ space: 'a', entries: [entry(1, 0)] }])
  expect(committed?.outcomes).toEqual([{ outcome: 'written', seq: 1 }])
  await store.close()
})

test('[S4] whose entry voided another is known to have written it', async () => {
  const store = sqliteStore({ file: join(newFolder(), 'log.db') })
  await store.commit([{ space: 'a', entries: [entry(1, 0), entry(2, 0)] }])
  const voiding = { ...entry(3, 0), type: 'void' as const }
  expect(await store.void({ space: 'a', seq: 2, instead: undefined, entry: voiding })).toBeDefined()
  expect(await store.lastOf('a', 'phone')).toBe(3)
  const [committed] = await store.commit([{ space: 'a', entries: [voiding] }])
  expect(committed?.outcomes).toEqual([{ outcome: 'known', seq: 3 }])
  await store.close()
})
