// What an operator does to a store, by the command, with relays in processes of their own on a real Postgres.
import { postgresStore } from '@joinery/adapters/store/postgres'
import { sqliteStore } from '@joinery/adapters/store/sqlite'
import type { Store, StoreUpkeep } from '@joinery/core'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { startPostgres, type TestPostgres } from '../../../../test/postgres.ts'
import { contentsOf, type ContentsLine } from '../../src/upkeep/contents.ts'
import { dial, type Dialled } from '../dial.ts'
import { type as typing, update, writer, type Writer } from '../rig.ts'
import { runJoinery, spawnRelay, type Ran, type Spawned } from '../spawned.ts'

/** Each starts several processes, on a machine that may be busy. */
const PATIENCE = { timeout: 180_000 }

let postgres: TestPostgres
beforeAll(async () => {
  postgres = await startPostgres()
}, 60_000)
afterAll(() => postgres.remove(), 60_000)

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'joinery-postgres-backup-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

function on(url: string): (...args: readonly string[]) => Promise<Ran> {
  return (...args) => runJoinery(args, { JOINERY_STORE: url })
}

async function relayOn(url: string): Promise<{ relay: Spawned; ann: Dialled }> {
  const relay = await spawnRelay(folder(), { JOINERY_STORE: url, JOINERY_DEV: 'true' })
  return { relay, ann: await dial(relay.port, 'ann', 'phone') }
}

/** Writes `count` edits, over some documents, and waits for their acks. */
async function write(ann: Dialled, writers: readonly Writer[], from: number, count: number): Promise<void> {
  for (let n = from; n < from + count; n++) {
    const at = n % writers.length
    ann.push('garden', update(n, `d${at}`, (writers[at] as Writer).edit(typing(`${n} `))))
  }
  for (let n = from; n < from + count; n++) expect(await ann.answer(n)).toBeGreaterThan(0)
}

function writersOf(count: number): Writer[] {
  return Array.from({ length: count }, (_, i) => writer(i + 1))
}

async function stopped(relay: Spawned): Promise<void> {
  relay.signal('SIGTERM')
  expect(await relay.ended()).toBe(0)
}

/** A database that a relay wrote 40 edits to and left, and a backup of it. */
async function made(): Promise<{ url: string; backup: string; root: string }> {
  const [url, root] = [await postgres.database(), folder()]
  const { relay, ann } = await relayOn(url)
  await write(ann, writersOf(4), 1, 40)
  await stopped(relay)
  const backup = join(root, 'backup')
  expect(await on(url)('backup', '--to', backup)).toMatchObject({ code: 0, err: '' })
  return { url, backup, root }
}

/** All that a store holds, but for the names of lives. */
async function contents(store: Store & StoreUpkeep): Promise<ContentsLine[]> {
  const lines: ContentsLine[] = []
  for await (const line of contentsOf(store)) lines.push('epoch' in line ? { ...line, epoch: '' } : line)
  await store.close()
  return lines.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
}

async function headOf(url: string): Promise<{ epoch: string; seq: number; mark: Uint8Array } | undefined> {
  const store = await postgresStore({ url, isCommand: true })
  const head = await store.head('garden')
  await store.close()
  return head
}

test(
  '[BK-01] a backup of a Postgres under 200 edits a second has every edit acked before it, and restores to the same in either store',
  PATIENCE,
  async () => {
    const [url, root] = [await postgres.database(), folder()]
    const [backup, data] = [join(root, 'backup'), join(root, 'data')]
    const { relay, ann } = await relayOn(url)
    const writers = writersOf(10)
    await write(ann, writers, 1, 200)
    let n = 200
    let isOver = false
    const load = (async () => {
      while (!isOver) {
        const from = n + 1
        n += 4
        await write(ann, writers, from, 4)
        await new Promise(resolve => setTimeout(resolve, 20))
      }
    })()
    const ackedBefore = n
    const ran = await on(url)('backup', '--to', backup)
    isOver = true
    await load
    expect(ran).toMatchObject({ code: 0, err: '' })
    expect(ran.out).toMatch(/^backed up 1 spaces, 10 documents, \d+ entries/)
    expect(n).toBeGreaterThan(ackedBefore + 4)
    await stopped(relay)
    const drilled = await runJoinery(['drill', '--from', backup])
    expect(drilled).toMatchObject({ code: 0, err: '' })
    expect(drilled.out).toMatch(/documents +10 digests are what the manifest names\nIt can be restored/)

    const elsewhere = await postgres.database()
    expect(await runJoinery(['restore', '--from', backup, '--data', data])).toMatchObject({ code: 0, err: '' })
    expect(await on(elsewhere)('restore', '--from', backup)).toMatchObject({ code: 0, err: '' })
    const inFile = await contents(sqliteStore({ file: join(data, 'joinery.db') }))
    expect(await contents(await postgresStore({ url: elsewhere }))).toEqual(inFile)
    expect(inFile).toHaveLength(11)

    // At that point the original was the same: each entry, and the mark of the log.
    const [store, restored] = [await postgresStore({ url }), await postgresStore({ url: elsewhere })]
    const head = await restored.head('garden')
    expect(head?.seq).toBeGreaterThanOrEqual(ackedBefore)
    expect(head?.mark).toEqual(await store.markAt('garden', head?.seq ?? 0))
    expect(head?.epoch).not.toBe((await store.head('garden'))?.epoch)
    for (let at = 0; at < 10; at++) {
      const then = (await store.body('garden', `d${at}`)).filter(entry => entry.seq <= (head?.seq ?? 0))
      expect(await restored.body('garden', `d${at}`)).toEqual(then)
    }
    await Promise.all([store.close(), restored.close()])
    // And a relay goes on with it.
    const again = await relayOn(elsewhere)
    again.ann.push('garden', update(9_999, 'new', writer(99).edit(typing('on'))))
    expect(await again.ann.answer(9_999)).toBe((head?.seq ?? 0) + 1)
    await stopped(again.relay)
  },
)

test('[BK-02] a backup that was changed is refused, and nothing in the database changes', PATIENCE, async () => {
  const { url, backup } = await made()
  const before = await headOf(url)
  const bytes = readFileSync(join(backup, 'joinery.db'))
  bytes[Math.floor(bytes.length / 2)] = (bytes[Math.floor(bytes.length / 2)] ?? 0) ^ 4
  writeFileSync(join(backup, 'joinery.db'), bytes)
  const { code, err } = await on(url)('restore', '--from', backup, '--force')
  expect([code, err]).toEqual([1, expect.stringContaining('is no backup to rely on: joinery.db')])
  expect(await headOf(url)).toEqual(before)
})

test(
  '[BK-03] a database that holds a relay is refused; with --force it is moved aside, but not under a relay that runs, nor for a moment before it was there',
  PATIENCE,
  async () => {
    const { url, backup, root } = await made()
    const before = await headOf(url)
    const [refused, both] = [
      await on(url)('restore', '--from', backup),
      await on(url)('restore', '--from', backup, '--data', join(root, 'data')),
    ]
    expect([refused.code, refused.err]).toEqual([1, expect.stringContaining('--force')])
    expect([both.code, both.err]).toEqual([1, expect.stringContaining('not both')])
    expect(readdirSync(root)).toEqual(['backup'])

    const early = await on(url)('restore', '--from', backup, '--force', '--at', '1999-01-01T00:00:00Z')
    expect([early.code, early.err]).toEqual([1, expect.stringContaining('the earliest moment is 20')])
    expect(await headOf(url)).toEqual(before)

    const { relay, ann } = await relayOn(url)
    const served = await on(url)('restore', '--from', backup, '--force')
    expect([served.code, served.err]).toEqual([1, expect.stringContaining('A relay has this database open')])
    ann.push('garden', update(99, 'new', writer(99).edit(typing('still here'))))
    expect(await ann.answer(99)).toBe(41)
    await stopped(relay)

    const forced = await on(url)('restore', '--from', backup, '--force')
    expect(forced).toMatchObject({ code: 0, err: '' })
    const aside = /what was there is (\w+)\n/.exec(forced.out)?.[1] ?? ''
    expect(await postgres.run(`SELECT seq::int FROM ${aside}.space`, url)).toEqual([{ seq: 41 }])
    const after = await headOf(url)
    expect({ ...after, epoch: before?.epoch }).toEqual(before)
    expect(after?.epoch).not.toBe(before?.epoch)
  },
)

test(
  '[CR-25] a flipped bit is found under a relay that runs, in that document alone, and mended when it is stopped',
  PATIENCE,
  async () => {
    const { url, backup } = await made()
    const joinery = on(url)
    const { relay, ann } = await relayOn(url)
    await postgres.run('UPDATE joinery.entry SET bytes = set_byte(bytes, 5, get_byte(bytes, 5) # 4) WHERE seq = 7', url)
    const found = await joinery('verify')
    expect([found.code, found.err]).toEqual([1, ''])
    expect(found.out).toMatch(/^damaged +garden\/d3\n4 documents, 40 entries read: 1 documents damaged\n$/)
    const shown = await joinery('space', 'show', 'garden', '--json')
    expect([shown.code, shown.err]).toEqual([0, ''])
    expect(JSON.parse(shown.out)).toMatchObject({ documents: 4, quarantined: 1 })
    // The others go on.
    ann.push('garden', update(99, 'new', writer(99).edit(typing('still here'))))
    expect(await ann.answer(99)).toBe(41)
    const early = await joinery('verify', '--repair', '--from', backup)
    expect([early.code, early.err]).toEqual([1, expect.stringContaining('stop all of them first')])
    await stopped(relay)
    const repaired = await joinery('verify', '--repair', '--from', backup)
    expect([repaired.code, repaired.out]).toEqual([0, expect.stringMatching(/repaired +garden\/d3, 10 entries\n/)])
    expect(await joinery('verify')).toMatchObject({ code: 0, err: '' })
  },
)

test(
  '[CR-25] [D6] [R4] a document of a Postgres said to be gone is damage, and a mark that was changed; a repair mends both, and begins a new life for the mark',
  PATIENCE,
  async () => {
    const { url } = await made()
    const joinery = on(url)
    const before = await headOf(url)
    await postgres.run("UPDATE joinery.document SET gone = true WHERE name = 'd3'", url)
    const lost = await joinery('verify')
    expect([lost.code, lost.out]).toEqual([1, expect.stringMatching(/^damaged +garden\/d3\n/)])
    const back = await joinery('verify', '--repair')
    expect([back.code, back.out]).toEqual([0, expect.stringMatching(/repaired +garden\/d3, 10 entries\n/)])
    expect(await headOf(url)).toEqual(before)

    await postgres.run("UPDATE joinery.log SET mark = decode(repeat('00', 16), 'hex') WHERE seq = 40", url)
    const found = await joinery('verify')
    expect([found.code, found.out]).toEqual([1, expect.stringMatching(/^marks +1 do not follow from the log\n/)])
    const repaired = await joinery('verify', '--repair')
    expect([repaired.code, repaired.out]).toEqual([2, expect.stringContaining('follows   garden again')])
    expect(await joinery('verify')).toMatchObject({ code: 0, err: '' })
    const after = await headOf(url)
    expect({ ...after, epoch: before?.epoch }).toEqual(before)
    expect(after?.epoch).not.toBe(before?.epoch)
  },
)

test(
  'the commands on data work on a Postgres, with a relay and without, and make nothing where there is nothing',
  PATIENCE,
  async () => {
    const [url, root] = [await postgres.database(), folder()]
    const joinery = on(url)
    for (const args of [['space', 'list'], ['backup', '--to', join(root, 'none')], ['verify']]) {
      const { code, err } = await joinery(...args)
      expect([code, err]).toEqual([1, expect.stringContaining("There is no relay's data in this database")])
    }
    const { relay, ann } = await relayOn(url)
    await write(ann, writersOf(1), 1, 40)
    for (const state of ['running', 'stopped']) {
      if (state === 'stopped') await stopped(relay)
      const list = await joinery('space', 'list')
      expect([state, list.out]).toEqual([state, 'space   entries  members\ngarden       40        1\n'])
      const inspected = await joinery('inspect', 'garden', 'd0')
      expect([inspected.err, inspected.out.match(/ {2}(update|snapshot) {2,3}/g)?.length]).toEqual([
        '',
        state === 'running' ? 40 : 1,
      ])
      expect(inspected.code).toBe(0)
      const compacted = await joinery('compact')
      expect(compacted.out).toMatch(state === 'running' ? /^1 documents were folded/ : /^0 documents were folded/)
      const exported = await joinery('export', join(root, state))
      expect([exported.code, exported.out]).toEqual([0, expect.stringContaining('1 documents of 1 spaces')])
    }
    expect(await joinery('space', 'admit', 'garden', 'bob', 'viewer')).toMatchObject({ code: 0, err: '' })
    expect((await joinery('space', 'members', 'garden')).out).toMatch(/bob +viewer/)
  },
)
