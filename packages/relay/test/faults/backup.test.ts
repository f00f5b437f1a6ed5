// Backups by the command, of relays that run in processes of their own.
import { systemClock } from '@joinery/adapters/clock/system'
import { cryptoRandom } from '@joinery/adapters/random/crypto'
import { copySqlite, inspectSqlite, putBackSqlite, sqliteStore } from '@joinery/adapters/store/sqlite'
import Database from 'better-sqlite3'
import { spawn } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import * as Y from 'yjs'
import { partOf, readManifest, writeManifest } from '../../src/upkeep/manifest.ts'
import { makeBackup } from '../../src/upkeep/backup.ts'
import { readMoment } from '../../src/upkeep/moment.ts'
import { restoreBackup, type Restored } from '../../src/upkeep/restore.ts'
import { dial, type Dialled } from '../dial.ts'
import { type as typing, update, writer, type Writer } from '../rig.ts'
import { runJoinery, spawnRelay } from '../spawned.ts'

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'joinery-backup-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
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

/** A backup of a relay that wrote 40 edits and is gone, and its data. */
async function made(): Promise<{ data: string; backup: string; root: string }> {
  const root = folder()
  const [data, backup] = [join(root, 'data'), join(root, 'backup')]
  const relay = await spawnRelay(data)
  const ann = await dial(relay.port, 'ann', 'phone')
  await write(ann, writersOf(4), 1, 40)
  relay.signal('SIGKILL')
  await relay.ended()
  expect(await runJoinery(['backup', '--data', data, '--to', backup])).toMatchObject({ code: 0, err: '' })
  return { data, backup, root }
}

/** Text of every document, in order, by the entries in it. */
async function bodies(file: string): Promise<unknown[]> {
  const store = sqliteStore({ file })
  const all = []
  for (const { space, document } of await store.everyDocument(0, 1_000))
    all.push(await store.body(space, document), await store.authors(space, document))
  await store.close()
  return all
}

async function headOf(file: string): Promise<{ epoch: string; seq: number; mark: Uint8Array } | undefined> {
  const store = sqliteStore({ file })
  const head = await store.head('garden')
  await store.close()
  return head
}

/** Longer than most: each command is a process that starts. */
const PROCESSES_MS = 60_000

test('[BK-01] a backup made under 200 edits a second has every edit acked before it, and restores to the same', async () => {
  const root = folder()
  const [data, backup, elsewhere] = [join(root, 'data'), join(root, 'backup'), join(root, 'elsewhere')]
  const relay = await spawnRelay(data)
  const ann = await dial(relay.port, 'ann', 'phone')
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
  const ran = await runJoinery(['backup', '--data', data, '--to', backup])
  isOver = true
  await load
  expect(ran).toMatchObject({ code: 0, err: '' })
  expect(ran.out).toMatch(/^backed up 1 spaces, 10 documents, \d+ entries/)
  expect(n).toBeGreaterThan(ackedBefore + 4)
  await relay.logged(line => line['event'] === 'copied')
  relay.signal('SIGTERM')
  expect(await relay.ended()).toBe(0)
  expect(readdirSync(data).toSorted()).toEqual(['joinery.db'])

  const drilled = await runJoinery(['drill', '--from', backup])
  expect(drilled).toMatchObject({ code: 0, err: '' })
  expect(drilled.out).toMatch(/documents +10 digests are what the manifest names\nIt can be restored/)
  expect(await runJoinery(['restore', '--from', backup, '--data', elsewhere])).toMatchObject({ code: 0, err: '' })
  const look = await inspectSqlite({ file: join(elsewhere, 'joinery.db'), deep: true })
  expect([look.integrity, look.rows.damaged, look.marks.wrong, look.headless]).toEqual([[], 0, 0, []])

  // At that point the original was the same: each entry, and the mark of the log.
  const [store, restored] = [join(data, 'joinery.db'), join(elsewhere, 'joinery.db')].map(file => sqliteStore({ file }))
  const head = await restored?.head('garden')
  expect(head?.seq).toBeGreaterThanOrEqual(ackedBefore)
  expect(head?.mark).toEqual(await store?.markAt('garden', head?.seq ?? 0))
  expect(head?.epoch).not.toBe((await store?.head('garden'))?.epoch)
  for (let at = 0; at < 10; at++) {
    const then = (await store?.body('garden', `d${at}`))?.filter(entry => entry.seq <= (head?.seq ?? 0))
    expect(await restored?.body('garden', `d${at}`)).toEqual(then)
  }
  await Promise.all([store?.close(), restored?.close()])
})

test('[BK-02] a backup that was cut short or changed anywhere is refused, and nothing is put in place', async () => {
  const { backup, root } = await made()
  const data = join(root, 'elsewhere')
  const flip = (name: string, at: number): void => {
    const bytes = readFileSync(join(backup, name))
    bytes[Math.floor(bytes.length * at)] = (bytes[Math.floor(bytes.length * at)] ?? 0) ^ 4
    writeFileSync(join(backup, name), bytes)
  }
  const whole = join(root, 'whole')
  cpSync(backup, whole, { recursive: true })
  const spoilings: (() => void)[] = [
    ...['joinery.db', 'contents.jsonl', 'manifest.json'].flatMap(name => [
      () => flip(name, 0.5),
      () => writeFileSync(join(backup, name), readFileSync(join(backup, name)).subarray(0, -9)),
      () => rmSync(join(backup, name)),
    ]),
    () => flip('joinery.db', 0.9),
  ]
  const parts = {
    openStore: sqliteStore,
    look: inspectSqlite,
    putStoreBack: putBackSqlite,
    clock: systemClock(),
    random: cryptoRandom(),
  }
  for (const spoil of spoilings) {
    rmSync(backup, { recursive: true })
    cpSync(whole, backup, { recursive: true })
    spoil()
    const restoring = restoreBackup({ from: backup, data, force: false, ...parts })
    await expect(restoring).rejects.toMatchObject({ code: 'BAD_INPUT' })
    expect(existsSync(data) ? readdirSync(data) : []).toEqual([])
  }
  const { code, err } = await runJoinery(['restore', '--from', backup, '--data', data])
  expect([code, err]).toEqual([1, expect.stringContaining('is no backup to rely on: joinery.db')])
  const drilled = await runJoinery(['drill', '--from', backup])
  expect([drilled.code, drilled.out]).toEqual([
    1,
    expect.stringMatching(/^WRONG +joinery\.db.*\nIt cannot be restored/),
  ])
})

test(
  '[BK-02] a backup whose hashes fit and whose rows do not is refused as well; what was damaged before is kept',
  { timeout: PROCESSES_MS },
  async () => {
    const { data, backup, root } = await made()
    const spoil = (file: string, sql: string): void => {
      const database = new Database(file)
      database.exec(sql)
      database.close()
    }
    const damages = [
      ['UPDATE log SET mark = zeroblob(16) WHERE seq = 7', 'marks do not follow'],
      ['UPDATE entry SET at = at + 1 WHERE seq = 7', 'rows do not fit'],
      ["UPDATE space SET epoch = 'other'", 'garden is another than it was'],
      ['DELETE FROM document WHERE id = 2', 'rows do not fit'],
    ] as const
    const whole = join(root, 'whole')
    cpSync(backup, whole, { recursive: true })
    for (const [sql, said] of damages) {
      rmSync(backup, { recursive: true })
      cpSync(whole, backup, { recursive: true })
      spoil(join(backup, 'joinery.db'), sql)
      const { format: _, ...manifest } = await readManifest(backup)
      const parts = [await partOf(backup, 'joinery.db'), await partOf(backup, 'contents.jsonl')]
      await writeManifest(backup, { ...manifest, parts })
      const { code, err } = await runJoinery(['restore', '--from', backup, '--data', join(root, 'elsewhere')])
      expect([code, err]).toEqual([1, expect.stringContaining(said)])
    }
    for (const [sql] of damages.slice(0, 2)) spoil(join(data, 'joinery.db'), sql)
    const second = join(root, 'second')
    const { code, err } = await runJoinery(['backup', '--data', data, '--to', second])
    expect([code, err]).toEqual([
      2,
      expect.stringContaining('1 damaged rows, 2 wrong marks, 1 damaged documents: garden/d3'),
    ])
    expect(await runJoinery(['restore', '--from', second, '--data', join(root, 'elsewhere')])).toMatchObject({
      code: 0,
    })
  },
)

test('[BK-03] a folder that holds a relay is refused; with --force what it holds is moved aside, and every log begins a new life', async () => {
  const { data, backup } = await made()
  const file = join(data, 'joinery.db')
  const before = await headOf(file)
  const held = await bodies(file)
  const refused = await runJoinery(['restore', '--from', backup, '--data', data])
  expect([refused.code, refused.err]).toEqual([1, expect.stringContaining('--force')])
  expect(await headOf(file)).toEqual(before)

  const forced = await runJoinery(['restore', '--from', backup, '--data', data, '--force'])
  expect(forced).toMatchObject({ code: 0, err: '' })
  const aside = /what was there is (.+)\n/.exec(forced.out)?.[1] ?? ''
  expect(readdirSync(data).filter(name => name.startsWith('joinery.db'))).toHaveLength(2)
  expect(await headOf(aside)).toEqual(before)
  const after = await headOf(file)
  expect({ ...after, epoch: before?.epoch }).toEqual(before)
  expect(after?.epoch).not.toBe(before?.epoch)
  expect(await bodies(file)).toEqual(held)
})

test('[BK-03] the data of a relay that runs is not replaced, whatever is forced', async () => {
  const { data, backup } = await made()
  const relay = await spawnRelay(data)
  const { code, err } = await runJoinery(['restore', '--from', backup, '--data', data, '--force'])
  expect([code, err]).toEqual([1, expect.stringContaining('Another process has')])
  const ann = await dial(relay.port, 'ann', 'laptop')
  ann.push('garden', update(1, 'new', writer(99).edit(typing('still here'))))
  expect(await ann.answer(1)).toBe(41)
  relay.signal('SIGKILL')
})

test(
  '[BK-03] a restore that is killed at any moment leaves the old or the new',
  { timeout: PROCESSES_MS },
  async () => {
    const { data, backup } = await made()
    const file = join(data, 'joinery.db')
    const held = await bodies(file)
    let epoch = (await headOf(file))?.epoch
    const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
    const args = ['--conditions=joinery-source', main, 'restore', '--force', '--from', backup, '--data', data]
    const run = async (until: (ms: number) => boolean): Promise<void> => {
      const child = spawn(process.execPath, args, { stdio: 'ignore' })
      const ended = new Promise(resolve => child.once('exit', resolve))
      const began = performance.now()
      const names = new Set(readdirSync(data))
      // Killed when it has come so far, told by what is in the folder.
      while (child.exitCode === null && !until(readdirSync(data).filter(name => !names.has(name)).length)) {
        await new Promise(resolve => setImmediate(resolve))
        if (performance.now() - began > 15_000) break
      }
      child.kill('SIGKILL')
      await ended
    }
    let replaced = 0
    for (const files of [1, 1, 2, 2, 3, 3, Infinity]) {
      await run(count => count >= files)
      expect(await bodies(file)).toEqual(held)
      const now = (await headOf(file))?.epoch
      if (now !== epoch) replaced += 1
      epoch = now
    }
    expect(replaced).toBeGreaterThanOrEqual(1)
  },
)

/** What each document says, and who its authors are. */
async function said(file: string): Promise<unknown[]> {
  const store = sqliteStore({ file })
  const all: unknown[][] = []
  for (const { space, document } of await store.everyDocument(0, 1_000)) {
    const doc = new Y.Doc()
    for (const { bytes } of await store.body(space, document)) Y.applyUpdate(doc, bytes)
    const authors = (await store.authors(space, document)).toSorted((a, b) => (a.author < b.author ? -1 : 1))
    all.push([document, doc.getText('body').toJSON(), authors])
  }
  await store.close()
  return all.toSorted((a, b) => (String(a) < String(b) ? -1 : 1))
}

test(
  '[BK-04] a relay is put back to a moment before its backup: documents that were folded since are what they were, and what was purged stays so',
  { timeout: PROCESSES_MS },
  async () => {
    const root = folder()
    const [data, backup, elsewhere] = [join(root, 'data'), join(root, 'backup'), join(root, 'elsewhere')]
    const file = join(data, 'joinery.db')
    const relay = await spawnRelay(data)
    const ann = await dial(relay.port, 'ann', 'phone')
    const writers = writersOf(4)
    await write(ann, writers, 1, 60)
    const then = writers.map(({ doc }, i) => {
      const authors = [{ author: `${doc.clientID}`, clock: Y.getState(doc.store, doc.clientID), owner: 'phone' }]
      return [`d${i}`, doc.getText('body').toJSON(), authors]
    })
    const moment = new Date().toISOString()
    await new Promise(resolve => setTimeout(resolve, 5))
    await write(ann, [...writers, writer(50)], 61, 40)
    ann.push('garden', { ...update(101, 'd3', new Uint8Array()), type: 'tombstone' })
    expect(await ann.answer(101)).toBeGreaterThan(0)
    relay.signal('SIGTERM')
    expect(await relay.ended()).toBe(0)
    // What was before the moment is in the past alone.
    const compacted = await runJoinery(['compact', '--data', data, '--entries', '2'])
    expect(compacted).toMatchObject({ code: 0, err: '' })
    const store = sqliteStore({ file })
    await store.setRole('garden', 'ann', 'viewer')
    const mark = await store.markAt('garden', 60)
    await store.close()
    expect(await runJoinery(['backup', '--data', data, '--to', backup])).toMatchObject({ code: 0, err: '' })

    const restored = await runJoinery(['restore', '--from', backup, '--data', elsewhere, '--at', moment])
    expect(restored).toMatchObject({ code: 0, err: '' })
    expect(restored.out).toBe(`\
40 later entries left out, 1 later documents, 1 changes of members
3 documents stand again as they were written before they were folded
1 documents were purged since and stay purged: garden/d3
restored 3 documents, 46 entries as of ${moment} to ${elsewhere}
Devices bring back what they hold that is newer, and it is recorded as brought by them: this mends a relay, and undoes nothing that
they have seen. Who wants an old state of a document back restores that version from its history, which is a new edit.
`)
    expect(await said(join(elsewhere, 'joinery.db'))).toEqual(then.slice(0, 3))
    const after = sqliteStore({ file: join(elsewhere, 'joinery.db') })
    expect(await after.markAt('garden', 60)).toEqual(mark)
    expect((await after.document('garden', 'd3'))?.state).toBe('gone')
    expect(await after.roleOf('garden', 'ann')).toBe('editor')
    expect((await after.head('garden'))?.epoch).not.toBe((await headOf(file))?.epoch)
    await after.close()
    const look = await inspectSqlite({ file: join(elsewhere, 'joinery.db'), deep: true })
    expect([look.integrity, look.rows.damaged, look.marks.wrong, look.headless]).toEqual([[], 0, 0, []])
  },
)

test('[BK-02] a moment is one that everybody reads as the same', () => {
  for (const text of [
    'yesterday',
    '2026-11-20',
    '2026-11-20T14:00:00',
    '2026-02-30T14:00:00Z',
    '2026-11-20T25:00:00Z',
    '0',
  ])
    expect(() => readMoment(text)).toThrow(expect.objectContaining({ code: 'BAD_INPUT' }) as Error)
  const noon = Date.UTC(2026, 10, 20, 12)
  for (const text of ['2026-11-20T12:00Z', '2026-11-20T12:00:00.000Z', '2026-11-20T13:30:00+01:30'])
    expect(readMoment(text)).toBe(noon)
})

test(
  '[BK-04] a moment before the relay was there is refused with the earliest that can be had, and its data stays where it is',
  { timeout: PROCESSES_MS },
  async () => {
    const { data, backup } = await made()
    const before = await headOf(join(data, 'joinery.db'))
    const ran = await runJoinery([
      'restore',
      '--from',
      backup,
      '--data',
      data,
      '--force',
      '--at',
      '1999-01-01T00:00:00Z',
    ])
    expect([ran.code, ran.out]).toEqual([1, ''])
    const earliest = /does not reach back to 1999\S+: the earliest moment is (\S+Z)\./.exec(ran.err)?.[1] ?? ''
    expect(readdirSync(data).filter(name => name.startsWith('joinery.db'))).toEqual(['joinery.db'])
    expect(await headOf(join(data, 'joinery.db'))).toEqual(before)
    const there = await runJoinery(['restore', '--from', backup, '--data', data, '--force', '--at', earliest])
    expect(there).toMatchObject({ code: 0, err: '' })
  },
)

test(
  '[BK-02] a moment that is yet to come, or that the backup does not reach, is refused, and nothing is put in place',
  { timeout: PROCESSES_MS },
  async () => {
    const { data, root } = await made()
    const file = join(data, 'joinery.db')
    // As a relay folds that keeps no history.
    const store = sqliteStore({ file })
    const body = await store.body('garden', 'd0')
    const snapshot = Y.mergeUpdates(body.map(({ bytes }) => bytes))
    const upTo = body.at(-1)?.seq ?? 0
    expect(await store.fold({ space: 'garden', document: 'd0', upTo, snapshot, entries: body.length })).toBe(true)
    await store.close()
    // As of edits that come one after the other.
    const began = Date.now() - 60_000
    const database = new Database(file)
    database.prepare('UPDATE log SET committed = ? + seq').run(began)
    database.close()
    const backup = join(root, 'second')
    const { manifest } = await makeBackup({
      to: backup,
      copy: to => copySqlite({ file, to }),
      openStore: sqliteStore,
      look: inspectSqlite,
      clock: systemClock(),
    })
    const to = join(root, 'elsewhere')
    const parts = { openStore: sqliteStore, look: inspectSqlite, putStoreBack: putBackSqlite, clock: systemClock() }
    const restoreAt = (at: number): Promise<Restored> =>
      restoreBackup({ from: backup, data: to, force: false, at, random: cryptoRandom(), ...parts })
    const refused = [
      [Date.now() + 3_600_000, 'is yet to come'],
      [Date.parse(manifest.madeAt) + 1, `is later than the backup, which was made at ${manifest.madeAt}`],
      [began + upTo - 1, 'does not reach back to'],
    ] as const
    for (const [at, why] of refused) {
      const sentence = expect.stringContaining(why) as string
      await expect(restoreAt(at)).rejects.toMatchObject({ code: 'BAD_INPUT', details: { sentence } })
      expect(existsSync(to) ? readdirSync(to) : []).toEqual([])
    }
    const refusal = await runJoinery([
      'restore',
      '--from',
      backup,
      '--data',
      to,
      '--at',
      new Date(began + upTo - 1).toISOString(),
    ])
    expect(refusal.code).toBe(1)
    const earliest = Date.parse(/earliest moment is (\S+Z)\./.exec(refusal.err)?.[1] ?? '')
    expect(earliest).toBe(began + upTo)
    expect((await restoreAt(earliest)).putBack?.entries).toBe(40 - upTo)
  },
)
