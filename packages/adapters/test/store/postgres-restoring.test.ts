// A copy is put in the place of what a real Postgres holds: all of it or nothing, and nothing of what was there is lost.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { entryDigest, type CommitEntry } from '@joinery/core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startPostgres, type TestPostgres } from '../../../../test/postgres.ts'
import { postgresStore, restorePostgres } from '../../src/store/postgres.ts'
import { sqliteStore } from '../../src/store/sqlite.ts'
import { testFolders } from './folders.ts'

const folder = testFolders()
let postgres: TestPostgres
type PostgresStore = Awaited<ReturnType<typeof postgresStore>>

beforeAll(async () => {
  postgres = await startPostgres()
}, 60_000)
afterAll(() => postgres.remove(), 60_000)

function entry(n: number): CommitEntry {
  const named = { type: 'update', document: `d${n}`, kind: 'note', engine: 'yjs', bytes: new Uint8Array([n]) } as const
  const name = { n, at: n, device: 'phone', subject: 'ann', digest: entryDigest(named) }
  return { ...named, ...name, basedOn: 0, authors: [] }
}

async function copyOf(documents: number): Promise<string> {
  const file = join(folder(), 'copy.db')
  const store = sqliteStore({ file })
  for (let at = 0; at < documents; at += 500) {
    const entries = Array.from({ length: Math.min(500, documents - at) }, (_, i) => entry(at + i + 1))
    await store.commit([{ space: 'garden', entries }])
  }
  await store.close()
  return file
}

async function headsIn(url: string): Promise<(number | undefined)[]> {
  const store = await postgresStore({ url })
  try {
    return [(await store.head('garden'))?.seq, (await store.head('meadow'))?.seq]
  } finally {
    await store.close()
  }
}

/** With one entry in a space of its own. */
async function held(): Promise<string> {
  const url = await postgres.database()
  const store = await postgresStore({ url })
  await store.commit([{ space: 'meadow', entries: [entry(1)] }])
  await store.close()
  return url
}

test('[BK-03] what a database holds is refused; with force it keeps its rows under another name', async () => {
  const [url, file] = [await held(), await copyOf(3)]
  await expect(restorePostgres({ url, file })).rejects.toMatchObject({ code: 'BAD_INPUT' })
  expect(await headsIn(url)).toEqual([undefined, 1])
  const { aside } = await restorePostgres({ url, file, force: true })
  expect(aside).toMatch(/^joinery_before_\d{8}_\d{6}_\d{3}$/)
  expect(await headsIn(url)).toEqual([3, undefined])
  expect(await postgres.run(`SELECT name, seq::int FROM ${aside}.space`, url)).toEqual([{ name: 'meadow', seq: 1 }])
  // And back, as its owner would.
  await postgres.run(`DROP SCHEMA joinery CASCADE; ALTER SCHEMA ${aside} RENAME TO joinery`, url)
  expect(await headsIn(url)).toEqual([undefined, 1])
}, 60_000)

test('[BK-03] a database on which a relay runs is not replaced, whatever is forced', async () => {
  const [url, file] = [await held(), await copyOf(3)]
  const node = await postgresStore({ url })
  const served = { code: 'UNAVAILABLE', details: { reason: 'served' } }
  expect((await node.head('meadow'))?.seq).toBe(1)
  await expect(restorePostgres({ url, file, force: true })).rejects.toMatchObject(served)
  await node.commit([{ space: 'meadow', entries: [entry(2)] }])
  await node.close()
  // What serves nobody is in nobody's way.
  const command = await postgresStore({ url, isCommand: true })
  expect((await command.head('meadow'))?.seq).toBe(2)
  await restorePostgres({ url, file, force: true })
  await command.close()
  expect(await headsIn(url)).toEqual([3, undefined])
}, 60_000)

test('[BK-03] a restore that is killed at any moment leaves the old or the new', async () => {
  const [url, file] = [await held(), await copyOf(4_000)]
  const main = fileURLToPath(new URL('./restoring-child.ts', import.meta.url))
  const old: (number | undefined)[] = [undefined, 1]
  let replaced = 0
  for (const letters of [1, 8, 20, 40, Infinity]) {
    const child = spawn(process.execPath, ['--conditions=joinery-source', main, url, file], { stdio: ['ignore', 'pipe', 'inherit'] }) // prettier-ignore
    const ended = new Promise(resolve => child.once('exit', resolve))
    let told = 0
    for await (const chunk of child.stdout) {
      told += String(chunk).length
      if (told >= letters) break
    }
    child.kill('SIGKILL')
    await ended
    const [fresh] = await headsIn(url)
    if (fresh !== undefined) replaced += 1
    expect(await headsIn(url)).toEqual(fresh === undefined ? old : [4_000, undefined])
    if (letters === 1) expect(fresh).toBe(undefined)
    if (fresh !== undefined) break
  }
  expect(replaced).toBe(1)
}, 120_000)

test('[BK-03] a role that may not make a schema is told what it lacks, and nothing has changed', async () => {
  const [url, file] = [await held(), await copyOf(3)]
  await postgres.run(
    `ALTER DATABASE ${new URL(url).pathname.slice(1)} OWNER TO postgres; REVOKE CREATE ON DATABASE ${new URL(url).pathname.slice(1)} FROM relay`,
    url,
  )
  await expect(restorePostgres({ url, file, force: true })).rejects.toMatchObject({ details: { reason: 'taken' } })
  expect(await headsIn(url)).toEqual([undefined, 1])
}, 60_000)

test('[MN-09] a node that was cut off during a restore finds out by whatever it asks next, and ends', async () => {
  const url = await postgres.database()
  const file = await copyOf(3)
  const ask: Record<string, (node: PostgresStore) => Promise<unknown>> = {
    'commit': node => node.commit([{ space: 'garden', entries: [entry(9)] }]),
    'a commit of a space that the copy lacks': node => node.commit([{ space: 'meadow', entries: [entry(9)] }]),
    'a commit with a new space': node => node.commit(['garden', 'new'].map(space => ({ space, entries: [entry(9)] }))),
    'commitAlone': async node => node.commitAlone?.(['garden'], async () => []),
    'admit': node => node.admit('garden', 'eve', 'owner'),
    'roleOf': node => node.roleOf('garden', 'ann'),
    'head': node => node.head('garden'),
    'read': node => node.read('garden', 0, 1_000),
    'time': async node => node.time?.(),
    'probe': node => node.probe(),
  }
  for (const [name, asked] of Object.entries(ask)) {
    const told: unknown[] = []
    const node = await postgresStore({ url, onFatal: error => told.push(error) })
    await node.commit([{ space: 'garden', entries: [entry(1)] }])
    await node.commit([{ space: 'meadow', entries: [entry(1)] }])
    await node.admit('garden', 'ann', 'owner')
    await cutOffDuring(url, () => restorePostgres({ url, file, force: true }))
    const another = { code: 'UNAVAILABLE', details: { fatal: true, reason: 'another-database' } }
    // The connections that were cut fail first.
    await node.sizes?.().catch(() => undefined)
    await expect(asked(node), name).rejects.toMatchObject(another)
    await expect(node.documents('garden', 9, 9), name).rejects.toMatchObject(another)
    expect(told, name).toHaveLength(1)
    await node.close()
    expect(await postgres.run("SELECT subject FROM joinery.member WHERE subject = 'eve'", url), name).toEqual([])
    expect(await headsIn(url), name).toEqual([3, undefined])
  }
}, 120_000)

/** Whoever is connected is thrown out, and none comes back before this is done. */
async function cutOffDuring(url: string, work: () => Promise<unknown>): Promise<void> {
  const connected = `datname = '${new URL(url).pathname.slice(1)}' AND application_name ~ '^joinery/[0-9]'`
  await postgres.run(`SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE ${connected}`)
  await work()
}
