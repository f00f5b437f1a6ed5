// A relay is put back to an older copy while devices with the shipping SDK are away, and they bring the rest.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { cp } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '@joinery/adapters/clock/system'
import { yjs } from '@joinery/adapters/engines/yjs'
import { cryptoRandom } from '@joinery/adapters/random/crypto'
import { memoryStorage } from '@joinery/adapters/storage/memory'
import { postgresStore } from '@joinery/adapters/store/postgres'
import { sqliteStore } from '@joinery/adapters/store/sqlite'
import { memoryTabs } from '@joinery/adapters/tabs/memory'
import { webSocketTransport } from '@joinery/adapters/transport/websocket'
import { createClient } from '@joinery/client/base'
import type { Store } from '@joinery/core'
import { defineKind, defineLibrary, latest, string, text } from '@joinery/core/kinds'
import { expect, onTestFinished, test } from 'vitest'
import { startPostgres } from '../postgres.ts'
import { mortalRelay, type Life } from './kill/mortal-relay.ts'

const main = join(import.meta.dirname, '../../packages/relay/src/main.ts')
const joinery: [string, ...string[]] = [process.execPath, '--conditions=joinery-source', main]
const SPACE = 'garden'

const paper = defineKind('paper', {
  version: 1,
  fields: { title: latest(string(), { default: '' }), body: text() },
  row: d => ({ title: d.title, body: d.body.toString() }),
  indexes: {},
})
const library = defineLibrary('restore', { paper })

/** Where a relay's data is: what a command is told of it by its flags, or by the environment. */
interface Place {
  readonly at: readonly string[]
  readonly env: Readonly<Record<string, string>>
  open(): Promise<Store>
  /** Changes rows behind the back of a relay that is stopped. */
  spoil(...sqls: string[]): Promise<void>
}

function inFile(root: string): Place {
  const data = join(root, 'data')
  return {
    at: ['--data', data],
    env: {},
    open: async () => sqliteStore({ file: join(data, 'joinery.db') }),
    async spoil(...sqls) {
      const Database = createRequire(import.meta.url)('better-sqlite3') as new (file: string) => Opened
      const database = new Database(join(data, 'joinery.db'))
      for (const sql of sqls) database.exec(sql)
      database.close()
    },
  }
}

interface Opened {
  exec(sql: string): void
  close(): void
}

async function inPostgres(): Promise<Place> {
  const postgres = await startPostgres()
  onTestFinished(() => postgres.remove())
  const url = await postgres.database()
  return {
    at: [],
    env: { JOINERY_STORE: url },
    open: () => postgresStore({ url }),
    async spoil(...sqls) {
      for (const sql of sqls) await postgres.run(`SET search_path TO joinery; ${sql}`, url)
    },
  }
}

const PLACES = [
  ['a file', inFile],
  ['a Postgres', inPostgres],
] as const

async function runAt({ at, env }: Place, ...args: string[]): Promise<string> {
  const [program, ...before] = joinery
  const child = spawn(program, [...before, ...args, ...at], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (chunk: string) => void (said += chunk))
  const [code] = (await once(child, 'close')) as [number]
  if (code !== 0) throw new Error(`${args[0]} ended with ${code}: ${said}`)
  return said
}

async function device(port: number, name: string) {
  const client = await createClient({
    library,
    user: name,
    url: `ws://127.0.0.1:${port}/v1/sync`,
    token: () => `dev:${name}`,
    storage: memoryStorage(),
    transport: webSocketTransport(),
    clock: systemClock(),
    random: cryptoRandom(),
    tabs: memoryTabs().open(),
    engines: [yjs],
  })
  onTestFinished(() => client.close())
  const papers = client.space(SPACE).paper
  return {
    client,
    /** Title and body of all that this device shows. */
    async shown(): Promise<string[]> {
      const { rows } = await papers.get()
      return rows.map(({ title, body }) => `${title}: ${body}`).toSorted()
    },
    async create(title: string): Promise<string> {
      const made = papers.create({ title })
      await made.acked
      return made.id
    },
    async write(id: string, words: string): Promise<void> {
      using opened = await papers.open(id)
      await opened.change(draft => draft.body.insert(draft.body.length, words)).acked
    },
  }
}

type Device = Awaited<ReturnType<typeof device>>

/** Waits until all devices show the same, and that it fits. */
async function agreed(devices: readonly Device[], fits: (shown: string[]) => boolean): Promise<string[]> {
  let shown: string[][] = []
  await expect
    .poll(
      async () => {
        shown = await Promise.all(devices.map(one => one.shown()))
        for (const { client } of devices) void client.syncNow()
        return shown.every(one => JSON.stringify(one) === JSON.stringify(shown[0])) && fits(shown[0] ?? [])
      },
      { timeout: 45_000, interval: 100 },
    )
    .toBe(true)
  return shown[0] ?? []
}

interface House extends Place {
  readonly port: number
  /** A command on its data: what it said. */
  run(...args: string[]): Promise<string>
  readonly data: string
  readonly root: string
  /** Starts the relay again. */
  begin(): Promise<Life>
}

async function house(makePlace: (root: string) => Place | Promise<Place> = inFile): Promise<House> {
  const root = mkdtempSync(join(tmpdir(), 'joinery-restore-'))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  const place = await makePlace(root)
  const relay = await mortalRelay(joinery, { args: [...place.at], env: place.env })
  return {
    ...place,
    port: relay.port,
    data: join(root, 'data'),
    root,
    run: (...args) => runAt(place, ...args),
    async begin() {
      const life = relay.begin()
      onTestFinished(() => life.signal('SIGKILL'))
      if (!(await life.ready)) throw new Error(life.lastWords())
      return life
    },
  }
}

test.each(PLACES)(
  '[BK-04] after a restore of %s devices bring what is newer, of others too, and the union is there: nothing acked is lost',
  async (_, place) => {
    const { port, root, run, open, begin } = await house(place)
    const backup = join(root, 'backup')
    let life = await begin()
    const [ada, bob, eve] = [await device(port, 'ada'), await device(port, 'bob'), await device(port, 'eve')]
    const old = await ada.create('Old')
    await ada.write(old, 'one ')
    await agreed([ada, bob, eve], ([shown]) => shown === 'Old: one ')

    await run('backup', '--to', backup)

    // Acked, and not in the backup: by each of them, in old documents and new ones.
    await ada.write(old, 'two ')
    await bob.write(old, 'three ')
    const fresh = await eve.create('Eve’s')
    await eve.write(fresh, 'hers ')
    await eve.write(old, 'four ')
    const before = await agreed([ada, bob, eve], shown => shown.join().includes('four') && shown.length === 2)
    // Eve does not come back: what she wrote is with the others.
    await eve.client.close()

    life.signal('SIGTERM')
    await life.ended
    // And while it is away, on top of what the relay is about to lose.
    const waiting = bob.write(old, 'five ')
    await run('restore', '--from', backup, '--force')
    life = await begin()
    await waiting
    const later = await device(port, 'cy')
    const union = before.map(shown => (shown.startsWith('Old') ? `${shown}five ` : shown))
    await expect(
      agreed([ada, bob, later], shown => shown.length === 2 && shown.join().includes('five')),
    ).resolves.toEqual(union)
    for (const { client } of [ada, bob, later]) expect(client.status.get()).toMatchObject({ pending: 0, shelf: 0 })
    await ada.write(old, 'six ')
    await agreed([ada, bob, later], shown => shown.join().includes('six'))
    life.signal('SIGTERM')
    await life.ended

    // Eve's edits are there without Eve: by whom they came, and bound to nobody.
    const store = await open()
    const brought = await store.body(SPACE, fresh)
    expect(brought.map(({ subject }) => subject)).not.toContain('eve')
    expect(new Set((await store.authors(SPACE, fresh)).map(({ owner }) => owner))).toEqual(new Set(['']))
    await store.close()
  },
)

test.each(PLACES)(
  '[BK-04] a relay on %s that was put back to a moment has that as its base, and devices that come afterwards make it the union',
  async (_, place) => {
    const { port, root, run, open, begin } = await house(place)
    const backup = join(root, 'backup')
    let life = await begin()
    const [ada, bob] = [await device(port, 'ada'), await device(port, 'bob')]
    const old = await ada.create('Old')
    for (const words of ['one ', 'two ']) await ada.write(old, words)
    await agreed([ada, bob], ([shown]) => shown === 'Old: one two ')
    const moment = new Date().toISOString()
    await new Promise(resolve => setTimeout(resolve, 5))
    await bob.write(old, 'three ')
    const fresh = await bob.create('Bob’s')
    await bob.write(fresh, 'his ')
    const before = await agreed([ada, bob], shown => shown.length === 2 && shown.join().includes('his'))
    life.signal('SIGTERM')
    await life.ended
    // What was there at that moment is in the past alone.
    await run('compact', '--entries', '2')
    await run('backup', '--to', backup)
    const waiting = ada.write(old, 'four ')
    await run('restore', '--from', backup, '--force', '--at', moment)

    // Nobody has come back yet: it is as it was then, and edits go on from there.
    const base = await open()
    expect((await base.everyDocument(0, 10)).filter(({ space }) => space === SPACE)).toHaveLength(1)
    const body = await base.body(SPACE, old)
    await base.close()
    const opened = yjs.open('1')
    opened.applyAll(body.map(({ bytes }) => bytes))
    expect(opened.text('body').toString()).toBe('one two ')

    life = await begin()
    await waiting
    const later = await device(port, 'cy')
    const union = before.map(shown => (shown.startsWith('Old') ? `${shown}four ` : shown))
    await expect(
      agreed([ada, bob, later], shown => shown.length === 2 && shown.join().includes('four')),
    ).resolves.toEqual(union)
    for (const { client } of [ada, bob, later]) expect(client.status.get()).toMatchObject({ pending: 0, shelf: 0 })
    life.signal('SIGTERM')
    await life.ended
  },
)

test('[DU-16] [MN-09] a store that was put back by hand is noticed by the mark, what was lost is said, and devices bring it back', async () => {
  const { port, data, root, begin } = await house()
  let life = await begin()
  const ada = await device(port, 'ada')
  const old = await ada.create('Old')
  await ada.write(old, 'one ')
  life.signal('SIGTERM')
  await life.ended
  await cp(data, join(root, 'older'), { recursive: true })
  life = await begin()
  await ada.write(old, 'two ')
  await ada.create('Newer')
  life.signal('SIGKILL')
  await life.ended
  // No restore: the files of an older copy, with the epoch they had.
  rmSync(data, { recursive: true })
  await cp(join(root, 'older'), data, { recursive: true })
  expect(readdirSync(data)).toEqual(['joinery.db'])
  life = await begin()
  const later = await device(port, 'bob')
  const shown = await agreed([ada, later], all => all.length === 2)
  expect(shown).toEqual(['Newer: ', 'Old: one two '])
  const said = life.lastWords()
  expect(said).toContain('"event":"cursor-unfit"')
  expect(said).toMatch(new RegExp(`"event":"lacking".*"count":2,"documents":"[^"]*${old}`))
})

test.each(PLACES)(
  '[CR-25] [DU-17] of %s what was damaged and is in no backup comes back from a device, document by document',
  async (_, place) => {
    const { port, run, spoil, begin } = await house(place)
    let life = await begin()
    const [ada, bob] = [await device(port, 'ada'), await device(port, 'bob')]
    const [lost, flipped, kept] = [await ada.create('Lost'), await ada.create('Flipped'), await ada.create('Kept')]
    await agreed([ada, bob], shown => shown.length === 3)
    await ada.write(lost, 'everything ')
    await ada.write(flipped, 'one ')
    await agreed([ada, bob], shown => shown.join().includes('one'))
    // In the middle of it, and nothing of his own afterwards.
    await bob.write(flipped, 'two ')
    await agreed([ada, bob], shown => shown.join().includes('two'))
    await ada.write(flipped, 'three ')
    await ada.write(kept, 'stays ')
    const before = await agreed([ada, bob], shown => shown.join().includes('three') && shown.join().includes('stays'))
    // Whoever wrote it does not come back.
    await bob.client.close()
    life.signal('SIGTERM')
    await life.ended
    const ofBob = `SELECT entry.seq FROM entry JOIN device ON device.id = entry.device AND device.space = entry.space WHERE device.subject = 'bob'`
    await spoil(
      `DELETE FROM document WHERE name = '${lost}'`,
      `UPDATE entry SET at = at | 35184372088832 WHERE seq IN (${ofBob})`,
    )

    // It is damaged, and quarantined; then it is repaired as far as it can be.
    await expect(run('verify')).rejects.toThrow(new RegExp(`ended with 1: damaged +garden/${flipped}\\n`))
    await expect(run('verify', '--repair')).rejects.toThrow(
      new RegExp(`ended with 2: damaged +garden/${flipped}\\nleft +garden/${flipped} with \\d+ entries`),
    )
    expect(await run('verify')).toMatch(new RegExp(`^waits +garden/${flipped} for a device\n`))

    life = await begin()
    const later = await device(port, 'cy')
    const after = await agreed([ada, later], shown => shown.length === 3 && shown.join().includes('two'))
    expect(after).toEqual(before)
    // Edits of it go on.
    await later.write(flipped, 'four ')
    await agreed([ada, later], shown => shown.join().includes('four'))
    expect(ada.client.status.get()).toMatchObject({ pending: 0, shelf: 0 })
    expect(life.lastWords()).toMatch(new RegExp(`"event":"mended","space":"garden","document":"${flipped}"`))
    life.signal('SIGTERM')
    await life.ended
    expect(await run('verify')).toMatch(/^3 documents, \d+ entries read: 0 documents damaged\n$/)
  },
)

test('[CR-25] a relay that runs is told what a copy of it shows to be damaged, and a backup makes it whole', async () => {
  const { port, root, run, spoil, begin } = await house()
  const backup = join(root, 'backup')
  let life = await begin()
  const ada = await device(port, 'ada')
  const [one, two] = [await ada.create('One'), await ada.create('Two')]
  await ada.write(one, 'first ')
  await run('backup', '--to', backup)
  await ada.write(one, 'second ')
  await ada.client.close()
  life.signal('SIGTERM')
  await life.ended
  await spoil('UPDATE entry SET n = n + 1 WHERE seq = 2')
  life = await begin()
  await expect(run('verify')).rejects.toThrow(/ended with 1: damaged +garden\//)
  await expect.poll(() => life.lastWords()).toMatch(/"event":"quarantined","space":"garden"/)
  await expect(run('verify', '--repair')).rejects.toThrow('Another process has')
  // The other goes on meanwhile.
  const bob = await device(port, 'bob')
  await bob.create('Three')
  life.signal('SIGTERM')
  await life.ended
  expect(await run('verify', '--repair', '--from', backup)).toMatch(/repaired +garden\//)
  life = await begin()
  const later = await device(port, 'cy')
  const shown = await agreed([later], all => all.length === 3 && all.join().includes('second'))
  expect(shown).toEqual(['One: first second ', 'Three: ', 'Two: '])
  await later.write(one, 'third ')
  await later.write(two, 'too ')
})
