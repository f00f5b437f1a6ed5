// What `joinery verify` finds beside damaged rows, and what it mends of that.
import { inspectSqlite, sqliteStore } from '@joinery/adapters/store/sqlite'
import Database from 'better-sqlite3'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { entryDigest, JoineryError, type CommitEntry } from '@joinery/core'
import { findDamage, repair } from '../../src/upkeep/verify.ts'
import { runJoinery, type Ran } from '../spawned.ts'

/** Longer than most: each command is a process that starts. */
const PROCESSES_MS = 60_000

interface House {
  readonly file: string
  readonly backup: string
  run(...args: readonly string[]): Promise<Ran>
  spoil(sql: string): void
}

function entry(n: number, document: string, basedOn: number): CommitEntry {
  const named = { type: 'update', document, kind: 'note', engine: 'yjs', bytes: new Uint8Array(20).fill(n) } as const
  return { ...named, n, at: n, device: 'phone', subject: 'ann', digest: entryDigest(named), basedOn, authors: [] }
}

/** Two documents in turn in `garden`, and one in `meadow`. */
async function house(): Promise<House> {
  const data = mkdtempSync(join(tmpdir(), 'joinery-verify-'))
  onTestFinished(() => rmSync(data, { recursive: true, force: true }))
  const file = join(data, 'joinery.db')
  const store = sqliteStore({ file })
  for (let n = 1; n <= 6; n++)
    await store.commit([{ space: 'garden', entries: [entry(n, `d${n % 2}`, n > 2 ? n - 2 : 0)] }])
  await store.commit([{ space: 'meadow', entries: [entry(1, 'd', 0)] }])
  await store.close()
  return {
    file,
    backup: join(data, 'backup'),
    run: (command, ...args) => runJoinery([command ?? '', '--data', data, ...args]),
    spoil(sql) {
      const database = new Database(file)
      expect(database.prepare(sql).run().changes).toBe(1)
      database.close()
    },
  }
}

async function epochs(file: string): Promise<(string | undefined)[]> {
  const store = sqliteStore({ file })
  const heads = [await store.head('garden'), await store.head('meadow')]
  await store.close()
  return heads.map(head => head?.epoch)
}

test.each(['mark', 'digest'])(
  '[CR-25] [R4] a %s of the log that was changed is damage, which a repair mends, and that log begins a new life',
  { timeout: PROCESSES_MS },
  async column => {
    const { file, backup, run, spoil } = await house()
    const [garden, meadow] = await epochs(file)
    spoil(`UPDATE log SET ${column} = zeroblob(16) WHERE space = 1 AND seq = 3`)
    const found = await run('verify')
    expect([found.code, found.out]).toEqual([1, expect.stringMatching(/^marks +[12] do not follow from the log\n/)])
    expect(await epochs(file)).toEqual([garden, meadow])
    const repaired = await run('verify', '--repair')
    expect(repaired).toMatchObject({ code: 2, err: '' })
    expect(repaired.out).toContain('follows   garden again: devices are asked for what they hold\n')
    expect(await run('verify')).toMatchObject({ code: 0, err: '' })
    expect(await run('backup', '--to', backup)).toMatchObject({ code: 0, err: '' })
    const after = await epochs(file)
    expect([after[0] === garden, after[1]]).toEqual([false, meadow])
  },
)

test.each([
  ['[D6] that it is gone', "UPDATE document SET gone = 1 WHERE name = 'd1'"],
  ['[S4] another name of an entry', 'UPDATE log SET n = n + 64 WHERE space = 1 AND seq = 3'],
])(
  '[CR-25] %s is told of a document by mistake: that is damage, and a repair goes by what its entries say',
  { timeout: PROCESSES_MS },
  async (_, sql) => {
    const { file, backup, run, spoil } = await house()
    const before = await epochs(file)
    spoil(sql)
    const found = await run('verify')
    expect([found.code, found.out]).toEqual([1, expect.stringMatching(/^damaged +garden\/d1\n/)])
    const backedUp = await run('backup', '--to', backup)
    expect([backedUp.code, backedUp.err]).toEqual([2, expect.stringContaining('1 damaged documents: garden/d1.')])
    const repaired = await run('verify', '--repair')
    expect([repaired.code, repaired.out]).toEqual([0, expect.stringMatching(/repaired +garden\/d1, 3 entries\n/)])
    expect(await run('verify')).toMatchObject({ code: 0, err: '' })
    // Who was told meanwhile that it is gone would bring its tombstone to a new life.
    expect(await epochs(file)).toEqual(before)
    const store = sqliteStore({ file })
    expect(await store.document('garden', 'd1')).toMatchObject({ state: 'live', quarantined: undefined })
    expect((await store.named('garden', 'phone', 3))?.seq).toBe(3)
    await store.close()
  },
)

test(
  '[CR-25] [R4] a repair that ends in the middle has begun a new life for what it left out, and the next one asks again for what waits',
  { timeout: PROCESSES_MS },
  async () => {
    const { file, run, spoil } = await house()
    const before = await epochs(file)
    for (const seq of [3, 4]) spoil(`UPDATE entry SET at = at + 64 WHERE space = 1 AND seq = ${seq}`)
    const found = await inspectSqlite({ file, deep: true })
    const store = sqliteStore({ file })
    let left = 0
    const failing: typeof store = {
      ...store,
      leaveOut: async (space, document) => {
        left += 1
        if (left > 1) throw new JoineryError('UNAVAILABLE')
        return store.leaveOut(space, document)
      },
    }
    const damage = await findDamage(found, store)
    expect(damage.damaged).toHaveLength(2)
    await expect(repair(damage, failing, undefined)).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    await store.close()
    const stopped = await epochs(file)
    expect([stopped[0] === before[0], stopped[1]]).toEqual([false, before[1]])

    expect((await run('verify', '--repair')).code).toBe(2)
    const repaired = await epochs(file)
    const waits = /^waits +garden\/d[01] for a device\nwaits +garden\/d[01] for a device\n/
    const sound = await run('verify')
    expect([sound.code, sound.out]).toEqual([0, expect.stringMatching(waits)])
    expect(await epochs(file)).toEqual(repaired)
    // Nothing is damaged any more, and nobody has brought it.
    const again = await run('verify', '--repair')
    expect([again.code, again.out]).toEqual([2, expect.stringMatching(waits)])
    const asked = await epochs(file)
    expect([asked[0] === repaired[0], asked[1]]).toEqual([false, before[1]])
  },
)

test(
  '[CR-25] a log that lacks a row cannot be mended, and a repair says what can be done',
  { timeout: PROCESSES_MS },
  async () => {
    const { run, spoil } = await house()
    spoil('DELETE FROM log WHERE space = 1 AND seq = 3')
    const repaired = await run('verify', '--repair')
    expect([repaired.code, repaired.out]).toEqual([
      1,
      expect.stringContaining('cannot be mended, rows of the log are missing: restore a backup\n'),
    ])
  },
)
