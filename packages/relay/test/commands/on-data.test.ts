// The commands on a data folder, by themselves and while a relay has it open.
import { VERSION } from '@joinery/core/protocol'
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import Database from 'better-sqlite3'
import { WebSocket } from 'ws'
import * as Y from 'yjs'
import { sqliteStore } from '@joinery/adapters/store/sqlite'
import { askRelay, throughHatch } from '../../src/hatch/through-hatch.ts'
import { packed, unpacked } from '../../src/hatch/wire.ts'
import { closeOf, dial, open, speak, type Dialled } from '../dial.ts'
import { type as typing, update, writer } from '../rig.ts'
import { runJoinery, spawnRelay, type Ran, type Spawned } from '../spawned.ts'

const SECRET = 'k3Vt9sQz7LmXw2Rb8NcY5dHf1GjP6aEu'
/** Each starts several processes, on a machine that may be busy. */
const PATIENCE = { timeout: 180_000 }

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'joinery-commands-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

async function joinery(...args: readonly string[]): Promise<Ran> {
  return runJoinery(args)
}

/** Forty entries in one document, one in another, by a relay of development that runs. */
async function busy(): Promise<{ data: string; relay: Spawned }> {
  const data = folder()
  const relay = await spawnRelay(data)
  const ann = await dial(relay.port, 'ann', 'phone')
  const writing = writer(1)
  for (let n = 1; n <= 40; n++) ann.push('garden', update(n, 'd', writing.edit(typing(`canary${n} `))))
  ann.push('garden', update(41, 'e', writer(2).edit(typing('another'))))
  for (let n = 1; n <= 41; n++) expect(await ann.answer(n)).toBeGreaterThan(0)
  return { data, relay }
}

async function stopped(relay: Spawned): Promise<void> {
  relay.signal('SIGTERM')
  expect(await relay.ended()).toBe(0)
}

async function withToken(relay: Spawned, subject: string): Promise<Dialled & { readonly token: string }> {
  const token = (await runJoinery(['token', subject], { JOINERY_SECRET: SECRET })).out.trim()
  const device = speak(await open(relay.port))
  device.say({ type: 'hello', version: VERSION, device: `phone-${subject}`, token })
  await device.next('welcome')
  return { ...device, token }
}

test(
  '[A2] who is admitted, changed and revoked while a relay runs is so for those who are connected',
  PATIENCE,
  async () => {
    const data = folder()
    const relay = await spawnRelay(data, { JOINERY_SECRET: SECRET })
    const at = ['--data', data]
    expect(await joinery('space', 'admit', 'team', 'ann', 'owner', ...at)).toMatchObject({ code: 0, err: '' })
    expect(await joinery('space', 'admit', 'team', 'bob', 'editor', ...at)).toMatchObject({ code: 0, err: '' })
    const [ann, bob] = [await withToken(relay, 'ann'), await withToken(relay, 'bob')]
    for (const device of [ann, bob]) {
      device.say({ type: 'watch', space: 'team', cursor: undefined })
      await device.next('changes')
    }
    const door = new WebSocket(`ws://127.0.0.1:${relay.port}/y/team/d?token=${bob.token}`)
    const closed = closeOf(door)
    // Who says nothing is sent away before long.
    door.once('open', () => door.send(new Uint8Array([0, 0, 1, 0])))
    await new Promise(resolve => door.once('message', resolve))

    const revoked = await joinery('space', 'revoke', 'team', 'bob', ...at)
    expect([revoked.code, revoked.out]).toEqual([0, 'bob is no longer in team, within 5 s for who is connected.\n'])
    expect((await bob.next('refused', ({ n }) => n === undefined)).code).toBe('NOT_FOUND')
    expect((await closed).code).toBe(4404)
    ann.push('team', update(1, 'd', writer(1).edit(typing('not for bob'))))
    expect(await ann.answer(1)).toBe(1)
    bob.push('team', update(1, 'd', writer(2).edit(typing('x'))))
    expect(await bob.answer(1)).toBe('NOT_FOUND')
    expect(bob.heard.filter(({ type }) => type === 'changes')).toHaveLength(1)

    expect((await joinery('space', 'role', 'team', 'ann', 'viewer', ...at)).code).toBe(0)
    for (let n = 2, answer: number | string = 0; answer !== 'FORBIDDEN'; n++) {
      ann.push('team', update(n, `d${n}`, writer(n + 10).edit(typing('y'))))
      answer = await ann.answer(n)
    }
    const members = await joinery('space', 'members', 'team', '--json', ...at)
    expect(JSON.parse(members.out)).toEqual([{ subject: 'ann', role: 'viewer' }])
  },
)

test('what a space command cannot do it says, and does nothing', PATIENCE, async () => {
  const { data } = await busy()
  const at = ['--data', data]
  const wrong = [
    ['admit', 'garden', 'ann', 'king'],
    ['revoke', 'garden', 'nobody'],
    ['role', 'none', 'ann', 'viewer'],
    ['admit', 'garden', 'ann', 'owner'],
    ['admit', 'a/b', 'ann', 'owner'],
    ['show', 'none'],
    ['show', 'me'],
    ['revoke', 'me', 'ann', '--of', 'ann'],
    ['list', '--bogus'],
  ]
  const refused = await Promise.all(wrong.map(args => joinery('space', ...args, ...at)))
  for (const { code, out, err } of refused)
    expect([code, out, err]).toEqual([1, '', expect.stringMatching(/^joinery: /)])
  const list = await joinery('space', 'list', ...at)
  expect(list.out).toBe('space   entries  members\ngarden       41        1\n')
  const shown = await joinery('space', 'show', 'garden', '--json', ...at)
  expect(JSON.parse(shown.out)).toMatchObject({
    entries: 41,
    documents: 2,
    gone: 0,
    quarantined: 0,
    members: [{ subject: 'ann', role: 'editor' }],
  })
})

test('[OP-01] a document is told with its entries, and what it says only to who asks', PATIENCE, async () => {
  const { data, relay } = await busy()
  for (const state of ['running', 'stopped']) {
    if (state === 'stopped') await stopped(relay)
    const [plain, json, content] = [
      await joinery('inspect', 'garden', 'd', '--data', data),
      await joinery('inspect', 'garden', 'e', '--json', '--data', data),
      await joinery('inspect', 'garden', 'd', '--content', '--json', '--data', data),
    ]
    expect([state, plain.code, plain.err]).toEqual([state, 0, ''])
    expect(plain.out).toMatch(/^engine +yjs$/m)
    expect(plain.out.match(/ {2}update {3}/g)).toHaveLength(40)
    expect(plain.out + json.out).not.toContain('canary')
    expect(JSON.parse(json.out)).toMatchObject({
      space: 'garden',
      head: { document: 'e', kind: 'note', engine: 'yjs', seq: 41, firstSeq: 41, state: 'live' },
      entries: [{ seq: 41, type: 'update', author: 'ann', device: 'phone', n: 41 }],
    })
    expect(JSON.parse(content.out).content.body).toContain('canary40 ')
  }
  const none = await joinery('inspect', 'garden', 'none', '--data', data)
  expect([none.code, none.err]).toEqual([1, 'joinery: There is no document none in garden.\n'])
})

test('what can be folded is folded, once, with a relay and without, and shows the same', PATIENCE, async () => {
  const { data, relay } = await busy()
  const compact = async (...more: readonly string[]): Promise<unknown> =>
    JSON.parse((await joinery('compact', '--json', '--data', data, ...more)).out)
  const entries = async (): Promise<readonly { type: string }[]> =>
    JSON.parse((await joinery('inspect', 'garden', 'd', '--json', '--data', data)).out).entries
  const text = async (): Promise<string> =>
    JSON.parse((await joinery('inspect', 'garden', 'd', '--json', '--content', '--data', data)).out).content.body
  const before = await text()
  expect(await compact()).toEqual({ folded: 1, left: 0, failed: 0 })
  expect((await entries()).map(({ type }) => type)).toEqual(['snapshot'])
  expect(await text()).toBe(before)
  expect(await compact()).toEqual({ folded: 0, left: 0, failed: 0 })
  // The relay goes on with it.
  const ann = await dial(relay.port, 'ann', 'laptop')
  ann.push('garden', update(1, 'd', writer(7).edit(typing('more '))), update(2, 'd', writer(8).edit(typing('more '))))
  expect([await ann.answer(1), await ann.answer(2)]).toEqual([42, 43])
  await stopped(relay)
  expect(await compact('--entries', '2')).toEqual({ folded: 1, left: 0, failed: 0 })
  expect((await entries()).map(({ type }) => type)).toEqual(['snapshot'])
  expect((await joinery('compact', '--entries', '1', '--data', data)).code).toBe(1)
})

test(
  'an export is files that anybody can read, with a relay and without, and names what is not there',
  PATIENCE,
  async () => {
    const { data, relay } = await busy()
    const doc = new Y.Doc()
    for (const state of ['running', 'stopped']) {
      if (state === 'stopped') await stopped(relay)
      const out = join(folder(), 'out')
      const { code, err } = await joinery('export', out, '--data', data)
      expect([state, code, err]).toEqual([state, 0, ''])
      expect(readdirSync(out).toSorted()).toEqual(['export.json', 'garden', 'index.jsonl'])
      expect(JSON.parse(readFileSync(join(out, 'export.json'), 'utf8'))).toMatchObject({ documents: 2, failed: 0 })
      const lines = readFileSync(join(out, 'index.jsonl'), 'utf8')
        .trimEnd()
        .split('\n')
        .map(line => JSON.parse(line) as Record<string, string>)
      expect(new Set(lines.map(({ document }) => document))).toEqual(new Set(['d', 'e']))
      const line = lines.find(({ document }) => document === 'd') ?? {}
      const bytes = readFileSync(join(out, line['update'] ?? ''))
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(line['sha256'])
      Y.applyUpdate(doc, bytes)
      const text = doc.getText('body').toJSON()
      expect(text).toContain('canary40 ')
      expect(JSON.parse(readFileSync(join(out, line['json'] ?? ''), 'utf8'))).toEqual({ body: text })
      expect(readFileSync(join(out, line['markdown'] ?? ''), 'utf8')).toBe(`${text.trim()}\n`)
      expect(statSync(join(out, line['json'] ?? '')).mode & 0o077).toBe(0)
      const again = await joinery('export', out, '--data', data)
      expect([again.code, again.err]).toEqual([1, expect.stringContaining('empty')])
    }
    // One bit of one row is another.
    const database = new Database(join(data, 'joinery.db'))
    database.exec(`UPDATE entry SET checksum = checksum + 1 WHERE seq = 41`)
    database.close()
    const damaged = join(folder(), 'damaged')
    expect((await joinery('export', damaged, '--data', data)).code).toBe(2)
    expect(readFileSync(join(damaged, 'index.jsonl'), 'utf8')).toContain('"failed":"QUARANTINED"')
    expect(existsSync(join(damaged, 'garden/d.update'))).toBe(true)
  },
)

test(
  'a folder without data is not made one, and whoever has the data open and is no relay is in the way',
  PATIENCE,
  async () => {
    const empty = folder()
    const none = await joinery('space', 'list', '--data', empty)
    expect([none.code, none.err]).toEqual([1, expect.stringContaining("There is no relay's data")])
    expect(readdirSync(empty)).toEqual([])
    const nowhere = await joinery('export', join(empty, 'out'))
    expect([nowhere.code, nowhere.err]).toEqual([1, expect.stringContaining('--data')])
    const data = folder()
    const store = sqliteStore({ file: join(data, 'joinery.db') })
    // What a relay that was killed left behind.
    writeFileSync(join(data, 'joinery.sock'), '')
    const locked = await joinery('space', 'list', '--data', data)
    expect([locked.code, locked.err]).toEqual([1, expect.stringContaining('Stop it first')])
    await store.close()
  },
)

test(
  'the way to a relay that runs is its owner’s alone, takes nothing but its calls, and comes back after a kill',
  PATIENCE,
  async () => {
    const data = folder()
    const relay = await spawnRelay(data)
    const socket = join(data, 'joinery.sock')
    expect(statSync(socket).mode & 0o777).toBe(0o600)
    await expect(throughHatch(data).document('garden', 'd')).resolves.toBe(undefined)
    const raw = (body: Uint8Array): Promise<unknown> =>
      new Promise((resolve, reject) => {
        const asked = request({ socketPath: socket, method: 'POST' }, answer => {
          const chunks: Uint8Array[] = []
          answer.on('data', (chunk: Uint8Array) => void chunks.push(chunk))
          answer.once('end', () => resolve(unpacked(Buffer.concat(chunks))))
        })
        asked.once('error', reject)
        asked.end(body)
      })
    expect(await raw(packed({ name: 'close', args: [] }))).toMatchObject({ ok: false, code: 'NOT_FOUND' })
    expect(await raw(packed({ name: 'constructor', args: [] }))).toMatchObject({ ok: false, code: 'NOT_FOUND' })
    expect(await raw(packed({ name: 'copyTo', args: ['copy.db'] }))).toMatchObject({ ok: false, code: 'BAD_INPUT' })
    const elsewhere = [{ space: 'a\u0000b', document: 'd' }]
    expect(await raw(packed({ name: 'suspect', args: [elsewhere] }))).toMatchObject({ ok: false, code: 'BAD_INPUT' })
    expect(await raw(new Uint8Array([1, 2, 3]))).toMatchObject({ ok: false })
    expect(await raw(new Uint8Array(100_000))).toMatchObject({ ok: false, code: 'TOO_LARGE' })
    relay.signal('SIGKILL')
    await relay.ended()
    expect(existsSync(socket)).toBe(true)
    const again = await spawnRelay(data)
    expect((await joinery('space', 'list', '--data', data)).code).toBe(0)
    await stopped(again)
    expect(existsSync(socket)).toBe(false)
  },
)

test(
  'a folder whose path is too long for a socket is reached all the same, and nothing is left of how',
  PATIENCE,
  async () => {
    const data = join(folder(), 'a'.repeat(120), 'b'.repeat(120))
    const scratch = folder()
    const env = { JOINERY_SECRET: SECRET, TMPDIR: scratch }
    const relay = await spawnRelay(data, env)
    const at = ['--data', data]
    expect(await runJoinery(['space', 'admit', 'team', 'ann', 'owner', ...at], env)).toMatchObject({ code: 0, err: '' })
    expect(statSync(join(data, 'joinery.sock')).mode & 0o777).toBe(0o600)
    expect(readdirSync(scratch)).toEqual([])
    await stopped(relay)
    expect(readdirSync(data)).toEqual(['joinery.db'])

    // Nor does a relay start less, where there is no way to make one.
    const none = await spawnRelay(data, { ...env, TMPDIR: join(scratch, 'none') })
    await none.logged(({ event }) => event === 'no-hatch')
    await stopped(none)
  },
)

test('who asks for a copy while another is made is told so, and what cannot be copied is said', PATIENCE, async () => {
  const data = folder()
  const relay = await spawnRelay(data)
  const through = throughHatch(data)
  const to = folder()
  const asked = await Promise.allSettled([1, 2].map(n => through.copyTo(join(to, `${n}.db`))))
  expect(asked.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
  expect(asked.find(one => one.status === 'rejected')?.reason).toMatchObject({
    code: 'UNAVAILABLE',
    details: { sentence: expect.stringContaining('somebody else') },
  })
  await expect(through.copyTo(join(to, 'none', 'copy.db'))).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  await relay.logged(({ event }) => event === 'command-failed')
  await through.copyTo(join(to, '3.db'))
  relay.signal('SIGKILL')
  await relay.ended()
  expect(await askRelay(data, one => one.copyTo(join(to, '4.db')))).toBe(false)
  expect(existsSync(join(to, '4.db'))).toBe(false)
})
