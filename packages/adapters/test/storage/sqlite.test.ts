// The SQLite storage keeps the port's laws.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { storageLaws } from '@joinery/core/testing'
import { afterAll, beforeAll, test } from 'vitest'
import { sqliteStorage } from '../../src/storage/sqlite.ts'

let folder = ''
let files = 0
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'joinery-storage-'))))
afterAll(() => rm(folder, { recursive: true }))
const newFile = (): string => join(folder, `${files++}.db`)

for (const law of storageLaws)
  test(`[${law.rule}] ${law.title}`, () => {
    const file = newFile()
    return law.check(() => ({ open: () => sqliteStorage({ file }) }))
  })
