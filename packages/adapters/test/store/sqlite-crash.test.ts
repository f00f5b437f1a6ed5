// What is acked is on the disk, whatever ends the process and whatever becomes of the files' last bytes.
import { copyFileSync, existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, test } from 'vitest'
import type { Entry } from '@joinery/core'
import { sqliteStore } from '../../src/store/sqlite.ts'
import { startChild } from './child.ts'
import { testFolders } from './folders.ts'

const newFolder = testFolders()

test(
  '[DU-01] kill -9 in the middle of commits, twenty times: nothing acked is missing, no gap, integrity ok',
  { timeout: 120_000 },
  async () => {
    const file = join(newFolder(), 'log.db')
    let acked = 0
    for (let round = 0; round < 20; round++) {
      const told = await startChild(file).killWhen(lines => lines.length > 1 + ((round * 61) % 300))
      const seqs = told.map(line => Number(line.split(' ')[0]))
      expect(seqs[0]).toBeGreaterThan(acked)
      acked = Math.max(...seqs)
      const entries = await soundEntries(file)
      expect(entries.length).toBeGreaterThanOrEqual(acked)
      // What was written and not told yet was kept whole too: the next round goes on behind it.
      acked = entries.length
    }
  },
)

describe('the write-ahead log', () => {
  test(
    '[DU-06] cut or torn anywhere, it opens at the last commit before that, and earlier acks are intact',
    { timeout: 60_000 },
    async () => {
      const folder = newFolder()
      const file = join(folder, 'log.db')
      const told = await startChild(file).killWhen(lines => lines.length >= 40)
      const commits = told.map(line => line.split(' ').map(Number) as [seq: number, walBytes: number])
      const size = readFileSync(`${file}-wal`).length
      for (let i = 0; i < 24; i++) {
        const at = Math.floor((size * (i + 1)) / 25)
        const copy = join(folder, `cut-${i}.db`)
        copyFileSync(file, copy)
        copyFileSync(`${file}-wal`, `${copy}-wal`)
        if (i % 2 === 0) truncateSync(`${copy}-wal`, at)
        else {
          const bytes = readFileSync(`${copy}-wal`)
          bytes.fill(0xa5, at)
          writeFileSync(`${copy}-wal`, bytes)
        }
        const intact = Math.max(0, ...commits.filter(([, walBytes]) => walBytes <= at).map(([seq]) => seq))
        expect((await soundEntries(copy)).length, `cut at ${at} of ${size}`).toBeGreaterThanOrEqual(intact)
      }
    },
  )

  test('[DU-06] a missing or foreign index file (-shm) is made anew', async () => {
    const file = join(newFolder(), 'log.db')
    const told = await startChild(file).killWhen(lines => lines.length >= 10)
    rmSync(`${file}-shm`, { force: true })
    expect((await soundEntries(file, 'keep')).length).toBeGreaterThanOrEqual(told.length)
    writeFileSync(`${file}-shm`, 'not an index')
    expect((await soundEntries(file)).length).toBeGreaterThanOrEqual(told.length)
  })
})

test('[S1] after a clean close the database is whole by itself', async () => {
  const file = join(newFolder(), 'log.db')
  const store = sqliteStore({ file })
  await store.admit('space', 'ann', 'owner')
  await store.close()
  expect(existsSync(`${file}-wal`)).toBe(false)
})

/** All entries, after checking that they are what was written, that none is missing below the head, and the database itself. */
async function soundEntries(file: string, after: 'keep' | 'check' = 'check'): Promise<readonly Entry[]> {
  const store = sqliteStore({ file })
  const head = await store.head('space')
  const { entries, damaged } =
    head === undefined ? { entries: [], damaged: [] } : await store.read('space', 0, Infinity)
  expect(damaged).toEqual([])
  expect(entries.map(({ seq }) => seq)).toEqual(Array.from({ length: head?.seq ?? 0 }, (_, i) => i + 1))
  for (const { n, bytes } of entries) expect(new TextDecoder().decode(bytes).startsWith(`${n} `)).toBe(true)
  await store.close()
  if (after === 'check') {
    const database = new Database(file)
    expect(database.pragma('integrity_check', { simple: true })).toBe('ok')
    database.close()
  }
  return entries
}
