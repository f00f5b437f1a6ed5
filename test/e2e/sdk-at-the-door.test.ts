// One note, two ways in: somebody with the SDK and somebody with a stock y-websocket client.
import { createClient } from '@joinery/client'
import { defineKind, defineLibrary, folder, latest, note, string, text } from '@joinery/core/kinds'
import { memoryStorage } from '@joinery/adapters/storage/memory'
import { WebsocketProvider } from 'y-websocket'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import * as Y from 'yjs'
import { type RelayProcess, relayProcess } from '../relay-process.ts'

const page = defineKind('page', {
  version: 1,
  fields: { title: latest(string(), { default: '' }), body: text() },
  row: d => ({ title: d.title }),
  indexes: {},
})
// What an app that moves over to the SDK calls what its stock clients made.
const raw = defineKind('raw', {
  version: 1,
  fields: { body: text() },
  row: d => ({ words: d.body.toString() }),
  indexes: {},
})
const library = defineLibrary('pages', { page, note, folder, raw })

async function begun(): Promise<RelayProcess> {
  const relay = await relayProcess()
  onTestFinished(() => relay.remove())
  return relay
}

async function withSdk(relay: RelayProcess) {
  const client = await createClient({
    library,
    user: 'ann',
    storage: memoryStorage(),
    url: `${relay.url.replace('http', 'ws')}/v1/sync`,
    token: () => 'dev:ann',
  })
  onTestFinished(() => client.close())
  return client
}

function atTheDoor(relay: RelayProcess, document: string): Y.Doc {
  const doc = new Y.Doc()
  const provider = new WebsocketProvider(`${relay.url.replace('http', 'ws')}/y`, `me/${document}`, doc, {
    params: { token: 'dev:ann' },
    WebSocketPolyfill: WebSocket as unknown as typeof globalThis.WebSocket,
    disableBc: true,
  })
  onTestFinished(() => provider.destroy())
  return doc
}

test('a door document and an SDK document are the same document: both edit one note', async () => {
  const relay = await begun()
  const client = await withSdk(relay)
  const made = client.page.create({ title: 'Harbour', body: 'from the SDK. ' })
  await made.acked

  const body = atTheDoor(relay, made.id).getText('body')
  await expect.poll(() => body.toJSON()).toBe('from the SDK. ')
  body.insert(body.length, 'From the door. ')

  using opened = await client.page.open(made.id)
  await expect.poll(() => opened.view.body.toString()).toBe('from the SDK. From the door. ')
  opened.change(draft => draft.body.insert(0, 'Again '))
  await expect.poll(() => body.toJSON()).toBe('Again from the SDK. From the door. ')
})

/** A paragraph, as y-prosemirror writes it. */
function paragraph(words: string): Y.XmlElement {
  const element = new Y.XmlElement('paragraph')
  element.insert(0, [new Y.XmlText(words)])
  return element
}

test('a note of the SDK at the door: its body is an XML fragment, its title is read by its newest stamp; undo takes back what was written here', async () => {
  const relay = await begun()
  const client = await withSdk(relay)
  const made = client.note.create({ title: 'Harbour', body: 'The boats are in.' })
  await made.acked
  const doc = atTheDoor(relay, made.id)
  const body = doc.getXmlFragment('body')
  await expect.poll(() => body.toJSON()).toContain('The boats are in.')
  const titles = [...doc.getMap<[stamp: string, title: string]>('title').values()]
  expect(titles.map(([, title]) => title)).toEqual(['Harbour'])

  using opened = await client.note.open(made.id)
  expect(opened.kind).toBe('note')
  opened.change(draft => (draft.title = 'Old harbour'))
  body.insert(body.length, [paragraph('From the door.')])
  await expect.poll(() => opened.view.body.toString()).toContain('From the door.')
  await expect
    .poll(() =>
      [...doc.getMap<[string, string]>('title').values()]
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([, title]) => title)
        .at(-1),
    )
    .toBe('Old harbour')
  expect(opened.undo()).toBe(true)
  expect(opened.view.title).toBe('Harbour')
  expect(opened.view.body.toString()).toContain('From the door.')
  const { rows } = await client.note.where({}).get()
  expect(rows.map(({ id, title }) => [id, title])).toEqual([[made.id, 'Harbour']])
})

test('[S1] both write while the relay is killed, and after it they agree and nothing is missing', async () => {
  const relay = await begun()
  const client = await withSdk(relay)
  const made = client.note.create({ title: 'Harbour', body: 'Before.' })
  await made.acked
  const doc = atTheDoor(relay, made.id)
  const body = doc.getXmlFragment('body')
  await expect.poll(() => body.toJSON()).toContain('Before.')
  using opened = await client.note.open(made.id)
  body.insert(body.length, [paragraph('Shown.')])
  await expect.poll(() => opened.view.body.toString()).toContain('Shown.')

  await relay.kill()
  opened.change(draft => {
    draft.title = 'Harbour, rebuilt'
    draft.body.insert(0, 'While it was away, here. ')
  })
  body.insert(body.length, [paragraph('While it was away, at the door.')])
  await relay.start()
  const all = ['Before.', 'Shown.', 'While it was away, here.', 'While it was away, at the door.']
  const has = (shown: string): string[] => all.filter(words => shown.includes(words))
  await expect.poll(() => has(opened.view.body.toString()), { timeout: 20_000 }).toEqual(all)
  await expect.poll(() => has(body.toJSON()), { timeout: 20_000 }).toEqual(all)
  await expect.poll(() => doc.getMap<[string, string]>('title').size).toBeGreaterThan(0)
  const later = atTheDoor(relay, made.id)
  await expect.poll(() => has(later.getXmlFragment('body').toJSON())).toEqual(all)
  expect(Y.encodeStateVector(later)).toEqual(Y.encodeStateVector(doc))
}, 60_000)

test('[P122] what a door client begins is of kind raw, and an app opens it by a kind of that name', async () => {
  const relay = await begun()
  const client = await withSdk(relay)
  const doc = atTheDoor(relay, 'from-the-door')
  doc.getText('body').insert(0, 'begun at the door. ')
  await expect
    .poll(async () => (await client.raw.where({}).get()).rows.map(({ id, words }) => [id, words]))
    .toEqual([['from-the-door', 'begun at the door. ']])
  using opened = await client.raw.open('from-the-door')
  opened.change(draft => draft.body.insert(draft.body.length, 'Gone on with by the SDK.'))
  await expect.poll(() => doc.getText('body').toJSON()).toBe('begun at the door. Gone on with by the SDK.')
  await expect(client.note.open('from-the-door')).rejects.toMatchObject({ code: 'KIND_MISMATCH' })
})
