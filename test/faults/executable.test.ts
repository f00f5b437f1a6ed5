// One file and nothing beside it does all that the command does: it serves, folds in threads, imports, looks at folders and makes tokens.
import { automerge } from '@joinery/adapters/engines/automerge'
import { yjs } from '@joinery/adapters/engines/yjs'
import { systemClock } from '@joinery/adapters/clock/system'
import { cryptoRandom } from '@joinery/adapters/random/crypto'
import { memoryStorage } from '@joinery/adapters/storage/memory'
import { memoryTabs } from '@joinery/adapters/tabs/memory'
import { webSocketTransport } from '@joinery/adapters/transport/websocket'
import { createClient } from '@joinery/client/base'
import { defineKind, defineLibrary, text } from '@joinery/core/kinds'
import { chmodSync, chownSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest'
import * as Y from 'yjs'
import { collector } from '../../packages/relay/test/tracing/collector.ts'
import { find, systemPackages } from '../../scripts/system-packages.ts'
import {
  executableFile,
  runAlone,
  serveAlone,
  type ExecutableFile,
  type RunningFile,
  type Serving,
} from '../executable-file.ts'
import { killProof } from './kill/proof.ts'

const SECRET = 'k3Vt9sQz7LmXw2Rb8NcY5dHf1GjP6aEu'
const NOBODY = 65_534
const WORDS = 12

let alone: ExecutableFile
beforeAll(async () => {
  alone = await executableFile()
}, 180_000)
beforeEach(() => {
  rmSync(alone.data, { recursive: true })
  mkdirSync(alone.data, { mode: 0o700 })
})
afterAll(() => rmSync(alone.folder, { recursive: true, force: true }))

async function serving(how: Serving = {}, file = alone): Promise<RunningFile> {
  const relay = await serveAlone(file, how)
  onTestFinished(() => void relay.process.kill('SIGKILL'))
  return relay
}

const fields = { body: text() }
const library = defineLibrary('alone', {
  paper: defineKind('paper', { version: 1, fields, row: () => ({}), indexes: {} }),
  sheet: defineKind('sheet', { version: 1, engine: 'automerge', fields, row: () => ({}), indexes: {} }),
})

/** A device of ann's, with nothing on it. */
async function device(port: number) {
  const client = await createClient({
    library,
    user: 'ann',
    url: `ws://127.0.0.1:${port}/v1/sync`,
    token: () => 'dev:ann',
    storage: memoryStorage(),
    transport: webSocketTransport(),
    clock: systemClock(),
    random: cryptoRandom(),
    tabs: memoryTabs().open(),
    engines: [yjs, automerge],
  })
  onTestFinished(() => client.close())
  return client
}

test('with no environment it says its version, whose licences it is under, makes tokens and looks at a folder', async () => {
  const manifest = readFileSync(join(import.meta.dirname, '../../packages/relay/package.json'), 'utf8')
  expect(await runAlone(alone, ['--version'])).toEqual({ code: 0, out: `${JSON.parse(manifest).version}\n`, err: '' })
  const licences = (await runAlone(alone, ['licences'])).out
  for (const name of ['==== node-linux', '==== better-sqlite3 ', '==== hono ', '## react-dom']) {
    expect(licences).toContain(name)
  }
  const token = await runAlone(alone, ['token', 'ann'], { JOINERY_SECRET: SECRET })
  expect([token.code, token.err]).toEqual([0, ''])
  expect(token.out).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/)

  const relay = await serving()
  await relay.end('SIGTERM')
  const doctor = await runAlone(alone, ['doctor', '--data', alone.data, '--json'], { JOINERY_SECRET: SECRET })
  expect([doctor.code, doctor.err]).toEqual([0, ''])
  expect(doctor.out).toContain('PAGES_OK')
})

test(
  '[DU-01] killed at any moment under load, it has lost nothing that was acked or shown',
  { timeout: 120_000 },
  async () => {
    const kills = await killProof({
      command: ['/usr/bin/env', '-i', alone.file],
      kills: 5,
      seed: Math.floor(Math.random() * 2 ** 31),
    })
    expect(kills.flatMap(({ troubles }) => troubles)).toEqual([])
    expect(kills.map(({ lost }) => lost)).toEqual([0, 0, 0, 0, 0])
    for (const some of ['acked', 'shown'] as const) {
      expect(kills.reduce((sum, kill) => sum + kill[some], 0)).toBeGreaterThan(50)
    }
  },
)

test('[T2] documents of both engines are folded in threads of it, and are whole after a kill', async () => {
  const how = {
    args: ['--limit', `foldEntries=${WORDS},foldQuietMs=50,inlineScanBytes=200`],
    env: { JOINERY_METRICS_TOKEN: SECRET },
  }
  const relay = await serving(how)
  const ann = await device(relay.port)
  const papers = [await ann.paper.open(ann.paper.create({}).id), await ann.sheet.open(ann.sheet.create({}).id)]
  for (let n = 0; n < WORDS; n++) {
    // Some are long enough to be read in a thread, too.
    for (const paper of papers) {
      await paper.change(draft => draft.body.insert(draft.body.length, `${n} ${'.'.repeat(n * 40)} `)).acked
    }
  }
  await expect.poll(() => metric(relay, 'joinery_folds_total'), { timeout: 20_000 }).toBe(papers.length)
  expect(await metric(relay, 'joinery_scans_failed_total')).toBe(0)
  await relay.end('SIGKILL')

  const again = await serving(how)
  const other = await device(again.port)
  for (const paper of papers) {
    const kind = paper === papers[0] ? other.paper : other.sheet
    const written = paper.view.body.toString()
    expect(written).toContain(`${WORDS - 1} ...`)
    // Before it is linked, the other device knows no such document.
    const read = (): Promise<string | undefined> =>
      kind.open(paper.id).then(
        found => found.view.body.toString(),
        () => undefined,
      )
    await expect.poll(read).toBe(written)
  }
})

test('it serves the notes app that it carries, and nothing else of what it carries', async () => {
  const relay = await serving({ args: ['--notes'] })
  const get = (path: string): Promise<Response> => fetch(`http://127.0.0.1:${relay.port}${path}`)
  const page = await (await get('/')).text()
  const [script = ''] = /\/assets\/[\w.-]+\.js/.exec(page) ?? []
  const answers = await Promise.all([get(script), get('/sw.js'), get('/worker.js'), get('/../licences.txt')])
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 404, 404])
  expect(answers[0]?.headers.get('content-type')).toContain('text/javascript')
})

test('it takes over what a y-websocket server kept', async () => {
  const folder = join(alone.temporary, 'old')
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const old = levelDb(folder)
  const doc = new Y.Doc()
  doc.getText('body').insert(0, 'from before')
  await old.storeUpdate('plan', Y.encodeStateAsUpdate(doc))
  await old.destroy()
  const args = ['import', '--from', 'y-leveldb', '--dir', folder, '--data', alone.data, '--space', 'garden', '--json']
  const { code, out, err } = await runAlone(alone, args)
  expect([code, err]).toEqual([0, ''])
  expect(JSON.parse(out)).toMatchObject({ whole: true, documents: [{ name: 'plan', outcome: 'imported' }] })
})

test('it sends traces to a collector, with what it carries for that', async () => {
  const told = await collector()
  const relay = await serving({ args: ['--otlp', told.url, '--otlp-sample', '1'] })
  const ann = await device(relay.port)
  await ann.paper.create({}).acked
  expect(await told.named('commit')).toHaveLength(1)
  await relay.end('SIGTERM')
})

test('two run at once, and one that is killed leaves nothing in the folder for temporary files', async () => {
  const second = { ...alone, data: join(alone.folder, 'second') }
  const relays = await Promise.all([serving(), serving({}, second)])
  expect(readdirSync(alone.temporary)).toEqual([])
  await Promise.all(relays.map(relay => relay.end('SIGKILL')))
  expect(readdirSync(alone.temporary)).toEqual([])
  const again = await serving()
  await again.end('SIGTERM')
  expect(readdirSync(alone.temporary)).toEqual([])
})

test('[OP-10] as somebody without rights it writes below its data and the folder for temporary files, and nowhere else', async () => {
  const strace = find(systemPackages.strace)
  if (strace === undefined) throw new Error('Install strace (Debian: apt-get install strace).')
  const traces = join(alone.folder, 'traces')
  mkdirSync(traces)
  const isRoot = process.getuid?.() === 0
  chmodSync(alone.folder, 0o755)
  if (isRoot) for (const folder of [alone.data, alone.temporary, traces]) chownSync(folder, NOBODY, NOBODY)
  const trace = join(traces, 'trace')
  const by = [strace, '-D', '-f', '-y', '-qq', '-s', '4096', '-e', 'trace=%file', '-e', 'signal=none', '-o', trace]
  const relay = await serving({ by, uid: isRoot ? NOBODY : undefined })
  const ann = await device(relay.port)
  await ann.paper.create({}).acked
  await relay.end('SIGTERM')

  const wrote = writtenTo(readFileSync(trace, 'utf8'))
  expect(wrote.filter(path => path.startsWith(`${alone.data}/`))).not.toEqual([])
  expect(wrote.filter(path => path.startsWith(`${alone.temporary}/`))).not.toEqual([])
  const allowed = [alone.data, alone.temporary]
  expect(wrote.filter(path => !allowed.some(folder => path === folder || path.startsWith(`${folder}/`)))).toEqual([])
})

/** What system calls that succeeded made, removed or opened to write in. */
function writtenTo(trace: string): string[] {
  const succeeded = trace.split('\n').filter(line => !/ = -1 E[A-Z]+/.test(line))
  const changing =
    /^\d+ +(?:(?:open|openat|creat)\(.*O_(?:WRONLY|RDWR|CREAT)|(?:mkdir|rmdir|unlink|rename|link|symlink|chmod|chown|truncate|mknod)\w*\()/
  const paths = succeeded
    .filter(line => changing.test(line))
    .map(line => {
      const [, folder = '/', path = ''] = /(?:<([^>]*)>, )?"([^"]*)"/.exec(line) ?? []
      return resolve(folder, path)
    })
  return [...new Set(paths)].filter(path => path !== '/dev/null')
}

async function metric({ port }: RunningFile, name: string): Promise<number> {
  const headers = { Authorization: `Bearer ${SECRET}` }
  const lines = await (await fetch(`http://127.0.0.1:${port}/metrics`, { headers })).text()
  return Number(new RegExp(`^${name} (\\d+)`, 'm').exec(lines)?.[1])
}

interface LevelDb {
  storeUpdate(name: string, update: Uint8Array): Promise<number>
  destroy(): Promise<void>
}

/** As a y-websocket server opens it. Its package comes with the adapter's tests. */
function levelDb(folder: string): LevelDb {
  const adapters = createRequire(join(import.meta.dirname, '../../packages/adapters/package.json'))
  const { LeveldbPersistence } = adapters('y-leveldb') as { LeveldbPersistence: new (folder: string) => LevelDb }
  return new LeveldbPersistence(folder)
}
