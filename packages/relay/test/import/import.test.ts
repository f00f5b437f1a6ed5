// What real servers kept, imported by the real command, met at the door by stock clients.
import { sqliteStore } from '@joinery/adapters/store/sqlite'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { runJoinery, spawnRelay } from '../spawned.ts'
import { hocuspocus, LAST_ROOM, temporary, visit, yWebsocketServer } from './old-servers.ts'

const TOKEN = { token: 'dev:ann' }
/** Each starts several processes, on a machine that may be busy. */
const PATIENCE = { timeout: 120_000 }

/** Resolves when the server has it: what another client of that room is given. */
async function kept(url: string, room: string, text: string): Promise<void> {
  const doc = new Y.Doc()
  const provider = await visit(url, room, doc)
  await until(doc, () => doc.getText('body').toJSON() === text)
  provider.destroy()
}

function until(doc: Y.Doc, holds: () => boolean): Promise<void> {
  return new Promise(resolve => {
    const look = (): void => {
      if (!holds()) return
      doc.off('update', look)
      resolve()
    }
    doc.on('update', look)
    look()
  })
}

async function textAt(port: number, room: string, token = TOKEN): Promise<string> {
  const doc = new Y.Doc()
  const provider = await visit(`ws://127.0.0.1:${port}/y/garden`, room, doc, token)
  provider.destroy()
  return doc.getText('body').toJSON()
}

test(
  'a y-websocket server moves over: the same rooms show the same, and old clients go on where they were',
  PATIENCE,
  async () => {
    const [folder, data] = [temporary(), temporary()]
    const old = await yWebsocketServer(folder)
    const rooms = ['plan', 'team/plan', 'a room', '計画', 'x'.repeat(200), encodeURIComponent('what?#50%')]
    for (const room of rooms) {
      const doc = new Y.Doc()
      const provider = await visit(old.url, room, doc)
      for (const word of [room, ' is', ' here']) doc.getText('body').insert(doc.getText('body').length, word)
      doc.getText('body').delete(0, 1)
      await kept(old.url, room, doc.getText('body').toJSON())
      provider.destroy()
    }
    // Two who were there; one of them goes on while no server is.
    const [ann, bob] = [new Y.Doc(), new Y.Doc()]
    const providers = [await visit(old.url, 'shared', ann), await visit(old.url, 'shared', bob)]
    ann.getText('body').insert(0, 'ann ')
    await until(bob, () => bob.getText('body').length === 4)
    bob.getText('body').insert(4, 'bob ')
    await kept(old.url, 'shared', 'ann bob ')
    for (const provider of providers) provider.destroy()
    bob.getText('body').insert(8, 'offline')
    bob.getText('body').delete(0, 1)
    await old.stop()

    const args = ['import', '--from', 'y-leveldb', '--dir', folder, '--data', data, '--space', 'garden']
    const { code, out, err } = await runJoinery([...args, '--json'])
    expect([code, err]).toEqual([0, ''])
    expect(JSON.parse(out)).toMatchObject({ whole: true, imported: [...rooms, 'shared', LAST_ROOM].length, left: 0 })

    const relay = await spawnRelay(data)
    for (const room of rooms) expect(await textAt(relay.port, room)).toBe(`${room} is here`.slice(1))
    expect(await textAt(relay.port, 'what%3F%2350%25')).toBe('what%3F%2350%25 is here'.slice(1))
    // Bob, under the very author ids he had, with what nobody has but him; and ann, as somebody else.
    const url = `ws://127.0.0.1:${relay.port}/y/garden`
    await visit(url, 'shared', bob, { token: 'dev:bob' })
    await visit(url, 'shared', ann, TOKEN)
    await until(ann, () => ann.getText('body').toJSON() === 'nn bob offline')
    ann.getText('body').insert(0, 'A')
    await until(bob, () => bob.getText('body').toJSON() === 'Ann bob offline')
    bob.getText('body').insert(0, 'B')
    await until(ann, () => ann.getText('body').toJSON() === 'BAnn bob offline')
    expect(await textAt(relay.port, 'shared', { token: 'dev:cid' })).toBe('BAnn bob offline')
  },
)

test('[A3] what is imported binds nobody, until somebody writes on', PATIENCE, async () => {
  const [folder, data] = [temporary(), temporary()]
  const file = join(folder, 'db.sqlite')
  const old = await hocuspocus(file)
  await old.edit('plan', doc => doc.getText('body').insert(0, 'old'))
  await old.stop()
  await runJoinery(['import', '--from', 'hocuspocus-sqlite', '--file', file, '--data', data, '--space', 'garden'])
  const store = sqliteStore({ file: join(data, 'joinery.db') })
  const authors = await store.authors('garden', 'plan')
  expect(authors).toMatchObject([{ clock: 3, owner: '' }])
  expect(await store.document('garden', 'plan')).toMatchObject({ kind: 'raw', engine: 'yjs' })
  await store.close()
})

test('a Hocuspocus server moves over; again is nothing, and what people wrote meanwhile stays', PATIENCE, async () => {
  const [folder, data] = [temporary(), temporary()]
  const file = join(folder, 'db.sqlite')
  const old = await hocuspocus(file)
  const names = ['plan', 'team/plan', 'a room', '計画 7', '_y_plan', 'constructor']
  for (const name of names) await old.edit(name, doc => doc.getText('body').insert(0, `${name} is here`))
  await old.edit('empty', () => undefined)
  const args = ['import', '--from', 'hocuspocus-sqlite', '--file', file, '--data', data, '--space', 'garden', '--json']
  const before = readFileSync(file)

  const dry = await runJoinery([...args, '--dry-run'])
  expect(JSON.parse(dry.out)).toMatchObject({ dryRun: true, imported: names.length })
  expect(JSON.parse((await runJoinery([...args, '--dry-run'])).out)).toMatchObject({ imported: names.length })
  const first = JSON.parse((await runJoinery(args)).out) as { bytes: number }
  expect(first).toMatchObject({ whole: true, imported: names.length, left: 0 })
  expect(first.bytes).toBeGreaterThan(0)
  expect(JSON.parse((await runJoinery(args)).out)).toMatchObject({ unchanged: names.length, imported: 0, bytes: 0 })
  expect(readFileSync(file)).toEqual(before)

  const relay = await spawnRelay(data)
  for (const name of names) expect(await textAt(relay.port, name)).toBe(`${name} is here`)
  const doc = new Y.Doc()
  const provider = await visit(`ws://127.0.0.1:${relay.port}/y/garden`, 'plan', doc, TOKEN)
  doc.getText('body').insert(0, 'Now ')
  await shown(relay.port, 'Now plan is here')
  provider.destroy()
  // The old server was still in use: its documents have gone on, too.
  await old.edit('plan', there => there.getText('body').insert(there.getText('body').length, '!'))
  await old.stop()
  const locked = await runJoinery(args)
  expect([locked.code, locked.out]).toEqual([1, ''])
  expect(locked.err).toContain('one relay at a time')
  relay.signal('SIGTERM')
  await relay.ended()

  expect(JSON.parse((await runJoinery(args)).out)).toMatchObject({ grown: 1, unchanged: names.length - 1 })
  const again = await spawnRelay(data)
  expect(await textAt(again.port, 'plan')).toBe('Now plan is here!')
})

async function shown(port: number, text: string): Promise<void> {
  const doc = new Y.Doc()
  const provider = await visit(`ws://127.0.0.1:${port}/y/garden`, 'plan', doc, TOKEN)
  await until(doc, () => doc.getText('body').toJSON() === text)
  provider.destroy()
}

test('through a relay that runs: the same, and it binds nobody either', PATIENCE, async () => {
  const [folder, data] = [temporary(), temporary()]
  const old = await yWebsocketServer(folder)
  const bob = new Y.Doc()
  for (const room of ['collab/plan', 'collab/large', 'other/plan']) {
    const doc = room === 'collab/plan' ? bob : new Y.Doc()
    const provider = await visit(old.url, room, doc)
    doc.getText('body').insert(0, room === 'collab/large' ? 'x'.repeat(3_000_000) : room)
    await kept(old.url, room, doc.getText('body').toJSON())
    provider.destroy()
  }
  bob.getText('body').insert(0, 'bob: ')
  const relay = await spawnRelay(data)
  const url = `ws://127.0.0.1:${relay.port}`
  const args = ['import', '--from', 'y-leveldb', '--dir', folder, '--url', url, '--space', 'garden', '--json']
  const running = await runJoinery([...args, '--prefix', 'collab/'], { JOINERY_TOKEN: 'dev:ann' })
  expect([running.code, running.out]).toEqual([1, ''])
  expect(running.err).toContain('stop the old server first')
  await old.stop()

  const nobody = await runJoinery(args, { JOINERY_TOKEN: 'nobody' })
  expect([nobody.code, nobody.out, nobody.err]).toEqual([1, '', expect.stringContaining('sign in again')])
  const first = await runJoinery([...args, '--prefix', 'collab/'], { JOINERY_TOKEN: 'dev:ann' })
  expect([first.err, JSON.parse(first.out)]).toMatchObject(['', { whole: true, imported: 2 }])
  const second = await runJoinery([...args, '--prefix', 'collab/', '--token', 'dev:eve'])
  expect(JSON.parse(second.out)).toMatchObject({ unchanged: 2, bytes: 0 })

  expect((await textAt(relay.port, 'large')).length).toBe(3_000_000)
  await visit(`${url}/y/garden`, 'plan', bob, { token: 'dev:bob' })
  await shown(relay.port, 'bob: collab/plan')
})
