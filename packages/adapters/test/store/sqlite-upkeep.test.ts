// What is done to the SQLite store as a whole, while it is being written to.
import { readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { entryDigest, type CommitEntry } from '@joinery/core'
import { storeUpkeepLaws, type StoreUpkeepPlace } from '@joinery/core/testing'
import { expect, test } from 'vitest'
import { inspectSqlite, sqliteStore } from '../../src/store/sqlite.ts'
import { damageRow } from './damaged-row.ts'
import { testFolders } from './folders.ts'

const folder = testFolders()

for (const law of storeUpkeepLaws) test(`[${law.rule}] ${law.title}`, () => law.check(place))

function place(): StoreUpkeepPlace {
  const data = folder()
  const file = join(data, 'log.db')
  let copies = 0
  return {
    turn: () => new Promise(resolve => void setImmediate(resolve)),
    open: () => sqliteStore({ file }),
    newFile: () => join(data, `copy-${++copies}.db`),
    openCopy: copy => sqliteStore({ file: copy }),
    damage: (space, document) => damageRow(file, space, document),
  }
}

function entry(n: number, document = `d${n}`, size = 20): CommitEntry {
  const bytes = new Uint8Array(size).fill(n)
  const named = { type: 'update', document, kind: 'note', engine: 'yjs', bytes } as const
  const name = { n, at: n, device: 'phone', subject: 'ann', digest: entryDigest(named) }
  return { ...named, ...name, basedOn: 0, authors: [] }
}

test('[BK-01] a copy made under commits holds what was committed before it began, of one moment, and nobody waits for it', async () => {
  const data = folder()
  const store = sqliteStore({ file: join(data, 'log.db') })
  for (let n = 1; n <= 200; n++) await store.commit([{ space: 'garden', entries: [entry(n, `d${n}`, 60_000)] }])
  const before = (await store.head('garden'))?.seq ?? 0
  const copying = store.copyTo(join(data, 'copy.db'))
  let isCopying = true
  void copying.finally(() => (isCopying = false))
  let n = 200
  while (isCopying) {
    await store.commit([{ space: 'garden', entries: [entry(++n, `d${n}`, 60_000)] }])
    await new Promise(resolve => setImmediate(resolve))
  }
  await copying
  // Commits went on, one in a turn.
  expect(n).toBeGreaterThan(210)
  const after = n
  const copy = sqliteStore({ file: join(data, 'copy.db') })
  const head = await copy.head('garden')
  expect(head?.seq).toBeGreaterThanOrEqual(before)
  expect(head?.seq).toBeLessThanOrEqual(after)
  expect(head?.mark).toEqual(await store.markAt('garden', head?.seq ?? 0))
  const last = await copy.body('garden', `d${head?.seq}`)
  expect(last).toEqual(await store.body('garden', `d${head?.seq}`))
  await copy.close()
  const look = await inspectSqlite({ file: join(data, 'copy.db'), scratch: data, deep: true })
  expect([look.integrity, look.rows.damaged, look.marks.wrong, look.headless]).toEqual([[], 0, 0, []])
  expect(statSync(join(data, 'copy.db')).mode & 0o077).toBe(0)
  await store.close()
})

test('[BK-01] a copy that cannot be written leaves nothing, and one that is taken stays', async () => {
  const data = folder()
  const store = sqliteStore({ file: join(data, 'log.db') })
  await store.commit([{ space: 'garden', entries: [entry(1)] }])
  writeFileSync(join(data, 'taken'), 'mine')
  await expect(store.copyTo(join(data, 'taken'))).rejects.toMatchObject({ details: { reason: 'taken' } })
  await expect(store.copyTo(join(data, 'nowhere', 'copy.db'))).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  expect(readdirSync(data).toSorted()).toEqual(['log.db', 'log.db-wal', 'taken'])
  await store.close()
})
