// Stock y-websocket clients, unmodified, on a relay with a real disk.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import * as Y from 'yjs'
import { served } from '../served.ts'
import { spawnRelay } from '../spawned.ts'
import { stock, type Stock } from './stock.ts'
import { readFrame } from './visitor.ts'

test('two stock clients converge', async () => {
  const { port } = await served()
  const url = `ws://127.0.0.1:${port}`
  const ann = stock(url, 'team/plan')
  const bob = stock(url, 'team/plan', { token: 'dev:bob' })
  await Promise.all([ann.synced(), bob.synced()])
  ann.type('from ann. ')
  bob.type('from bob. ')
  const both = (text: string): boolean => text.includes('ann') && text.includes('bob')
  await Promise.all([ann.until(() => both(ann.text())), bob.until(() => both(bob.text()))])
  expect(ann.text()).toBe(bob.text())
  const later = stock(url, 'team/plan', { token: 'dev:cid' })
  await later.synced()
  expect(later.text()).toBe(ann.text())
})

test('a document of any size is answered whole, and what is said around it', async () => {
  const { port } = await served()
  const url = `ws://127.0.0.1:${port}`
  // On both sides of where the header of a frame grows, and more than a network takes at once.
  for (const length of [1, 90, 200, 65_400, 65_700, 3_000_000]) {
    const ann = stock(url, `team/of-${length}`)
    await ann.synced()
    ann.type('x'.repeat(length))
    const later = stock(url, `team/of-${length}`, { token: 'dev:bob' })
    await later.until(() => later.text().length === length)
    later.type('!')
    await ann.until(() => ann.text().length === length + 1)
    expect(ann.text()).toBe(later.text())
  }
})

test('kill -9 in the middle of typing: nothing that was echoed or shown is missing afterwards', async () => {
  const data = mkdtempSync(join(tmpdir(), 'joinery-door-'))
  onTestFinished(() => rmSync(data, { recursive: true, force: true }))
  let relay = await spawnRelay(data)
  const [ann, bob] = [
    stock(`ws://127.0.0.1:${relay.port}`, 'team/plan'),
    stock(`ws://127.0.0.1:${relay.port}`, 'team/plan'),
  ]
  await Promise.all([ann.synced(), bob.synced()])
  for (let round = 0; round < 3; round++) {
    const before = ann.text().length
    for (let i = 0; i < 400; i++) (i % 2 === 0 ? ann : bob).type(`${round}`)
    await bob.until(() => bob.text().length > before + 250)
    // What bob was shown of ann's is on the relay's disk, whatever becomes of the relay and of them.
    const shown = new Y.Doc()
    Y.applyUpdate(shown, Y.encodeStateAsUpdate(bob.doc))
    const annShown = Y.getState(shown.store, ann.doc.clientID)
    const bobShown = Y.getState(ann.doc.store, bob.doc.clientID)
    relay.signal('SIGKILL')
    await relay.ended()
    relay = await spawnRelay(data)
    const url = `ws://127.0.0.1:${relay.port}`
    const stranger = stock(url, 'team/plan', { token: 'dev:cid' })
    await stranger.synced()
    expect(Y.getState(stranger.doc.store, ann.doc.clientID)).toBeGreaterThanOrEqual(annShown)
    expect(Y.getState(stranger.doc.store, bob.doc.clientID)).toBeGreaterThanOrEqual(bobShown)
    for (const { provider } of [ann, bob]) provider.serverUrl = `${url}/y`
    await Promise.all([ann.until(() => ann.provider.synced), bob.until(() => bob.provider.synced)])
    const all = (round + 1) * 400
    await Promise.all([ann, bob, stranger].map(one => one.until(() => one.text().length === all)))
    expect(bob.text()).toBe(ann.text())
    expect(stranger.text()).toBe(ann.text())
  }
  // No token is in the log.
  expect(relay.log()).not.toContain('dev:')
}, 60_000)

test('[D3] a reconnect stores nothing new', async () => {
  const { port, store } = await served()
  const ann = stock(`ws://127.0.0.1:${port}`, 'team/plan')
  await ann.synced()
  ann.type('a long story')
  ann.doc.getText('body').delete(2, 5)
  const bob = stock(`ws://127.0.0.1:${port}`, 'team/plan', { token: 'dev:bob' })
  await bob.until(() => bob.text() === 'a story')
  const before = await store.head('team')
  for (let i = 0; i < 5; i++) {
    ann.provider.disconnect()
    ann.provider.connect()
    await ann.synced()
  }
  ann.type('!')
  await bob.until(() => bob.text() === 'a story!')
  expect((await store.head('team'))?.seq).toBe((before?.seq ?? 0) + 1)
})

test('[CR-21] fifty clients, one cursor move: about fifty frames', async () => {
  const { port } = await served()
  const all = Array.from({ length: 50 }, (_, i) => stock(`ws://127.0.0.1:${port}`, 'team/plan', { token: `dev:p${i}` }))
  await Promise.all(all.map(one => one.synced()))
  const [first] = all
  const client = first?.doc.clientID ?? 0
  const moved = (to: number): Promise<unknown> => {
    first?.provider.awareness.setLocalStateField('cursor', to)
    const sees = (one: Stock): boolean => one.provider.awareness.getStates().get(client)?.['cursor'] === to
    return Promise.all(all.map(one => one.until(() => sees(one))))
  }
  await moved(0)
  for (const one of all) one.arrived.length = 0
  await moved(1)
  // When the second has arrived, whatever they repeated of the first has been through the relay.
  await moved(2)
  const about = all
    .flatMap(one => one.arrived.map(readFrame))
    .filter(heard => heard.type === 'awareness' && heard.states.has(client))
  expect(about).toHaveLength(2 * all.length)
})

test('a stock client gives up when its token is bad, and comes back after a restart of the relay', async () => {
  const { port, stop } = await served()
  const bad = stock(`ws://127.0.0.1:${port}`, 'team/plan', { token: 'wrong' })
  await bad.until(() => !bad.provider.shouldConnect)
  expect(bad.ends).toEqual([{ code: 4401, reason: 'UNAUTHENTICATED' }])
  const ann = stock(`ws://127.0.0.1:${port}`, 'team/plan')
  await ann.synced()
  await stop()
  await ann.until(() => !ann.provider.wsconnected)
  expect(ann.ends[0]).toEqual({ code: 1012, reason: 'UNAVAILABLE' })
  expect(ann.provider.shouldConnect).toBe(true)
})
