// A disk that is full, or fails, in the middle of the work.
import { spawnSync } from 'node:child_process'
import { copyFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { entryDigest, type CommitEntry, type CommittedSpace, type Store } from '@joinery/core'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { sqliteStore } from '../../src/store/sqlite.ts'
import { testFolders } from './folders.ts'

const newFolder = testFolders()

test('[DU-05] when there is no room, a commit is QUOTA and leaves nothing, reads go on, and a purge makes room', async () => {
  const store = sqliteStore({ file: join(newFolder(), 'log.db'), maxBytes: 300_000 })
  let n = 0
  for (;;) {
    const outcome = await commit(store, ++n).catch((error: unknown) => error)
    if (outcome instanceof Error) {
      expect(outcome).toMatchObject({ code: 'QUOTA' })
      break
    }
  }
  expect(n).toBeGreaterThan(5)
  expect((await store.head('space'))?.seq).toBe(n - 1)
  expect(await store.named('space', 'phone', n)).toBe(undefined)
  expect((await store.read('space', 0, Infinity)).entries.length).toBe(n - 1)
  const purge = { ...entry(n), type: 'tombstone' as const, document: 'd1', bytes: new Uint8Array(), basedOn: 1 }
  await store.commit([{ space: 'space', entries: [{ ...purge, digest: entryDigest(purge) }] }])
  const [committed] = (await commit(store, n + 1)) ?? []
  expect(committed?.outcomes).toEqual([{ outcome: 'written', seq: n + 1 }])
  await store.close()
})

test('[DU-05] a probe is refused where a commit is, and while it is taken the database does not grow', async () => {
  const file = join(newFolder(), 'log.db')
  const store = sqliteStore({ file, maxBytes: 600_000 })
  await commit(store, 1)
  await store.probe()
  await store.probe()
  const sized = pagesOf(file)
  for (let i = 0; i < 50; i++) await store.probe()
  expect(pagesOf(file)).toBe(sized)
  let n = 1
  while ((await commit(store, ++n).catch(() => undefined)) !== undefined);
  await expect(store.probe()).rejects.toMatchObject({ code: 'QUOTA' })
  expect((await store.head('space'))?.seq).toBe(n - 1)
  await store.close()
  const again = sqliteStore({ file })
  await again.probe()
  await again.close()
})

test('[DU-18] the write-ahead log begins again from its start while commits go on', { timeout: 60_000 }, async () => {
  const file = join(newFolder(), 'log.db')
  const store = sqliteStore({ file })
  for (let n = 1; n <= 1_500; n += 50) {
    await store.commit([{ space: 'space', entries: Array.from({ length: 50 }, (_, i) => entry(n + i)) }])
    await new Promise(resolve => setImmediate(resolve))
  }
  expect(statSync(file).size).toBeGreaterThan(25_000_000)
  expect(statSync(`${file}-wal`).size).toBeLessThan(15_000_000)
  await store.close()
})

test('[S5] when the disk refuses a write, the store is told off for good, and what was acked is there after a restart', async () => {
  const file = join(newFolder(), 'log.db')
  const script = fileURLToPath(new URL('./failing-child.ts', import.meta.url))
  // The largest file that the child may write, in units of 1,024 bytes.
  const command = `ulimit -f 600; exec "$0" --conditions=joinery-source "$1" "$2"`
  const child = spawnSync('bash', ['-c', command, process.execPath, script, file], { encoding: 'utf8' })
  const told = child.stdout.split('\n').filter(line => line !== '')
  const acked = told.filter(line => line.startsWith('acked')).length
  expect(acked).toBeGreaterThan(5)
  expect(told.slice(acked)).toEqual([
    'fatal',
    'commit UNAVAILABLE true',
    'again UNAVAILABLE true',
    'read UNAVAILABLE true',
  ])
  expect(child.status).toBe(3)
  const store = sqliteStore({ file })
  expect((await store.head('space'))?.seq).toBe(acked)
  await store.close()
})

/** Of the database, its log included. */
function pagesOf(file: string): number {
  const copy = join(newFolder(), 'copy.db')
  copyFileSync(file, copy)
  copyFileSync(`${file}-wal`, `${copy}-wal`)
  const database = new Database(copy)
  const pages = Number(database.pragma('page_count', { simple: true }))
  database.close()
  return pages
}

function entry(n: number): CommitEntry {
  const bytes = new Uint8Array(20_000).fill(n)
  const named = { type: 'update' as const, document: `d${n}`, kind: 'note', engine: 'yjs', bytes }
  return { ...named, at: n, device: 'phone', n, subject: 'ann', basedOn: 0, authors: [], digest: entryDigest(named) }
}

function commit(store: Store, n: number): Promise<CommittedSpace[]> {
  return store.commit([{ space: 'space', entries: [entry(n)] }])
}
