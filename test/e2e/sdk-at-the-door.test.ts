// One note, two ways in: somebody with the SDK and somebody with a stock y-websocket client.
import { createClient } from '@joinery/client'
import { defineKind, defineLibrary, latest, string, text } from '@joinery/core/kinds'
import { memoryStorage } from '@joinery/adapters/storage/memory'
import { WebsocketProvider } from 'y-websocket'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import * as Y from 'yjs'
import { relayProcess } from '../relay-process.ts'

const page = defineKind('page', {
  version: 1,
  fields: { title: latest(string(), { default: '' }), body: text() },
  row: d => ({ title: d.title }),
  indexes: {},
})
const library = defineLibrary('pages', { page })

test('a door document and an SDK document are the same document: both edit one note', async () => {
  const relay = await relayProcess()
  onTestFinished(() => relay.remove())
  const url = relay.url.replace('http', 'ws')
  const client = await createClient({
    library,
    user: 'ann',
    storage: memoryStorage(),
    url: `${url}/v1/sync`,
    token: () => 'dev:ann',
  })
  onTestFinished(() => client.close())
  const made = client.page.create({ title: 'Harbour', body: 'from the SDK. ' })
  await made.acked

  const doc = new Y.Doc()
  const provider = new WebsocketProvider(`${url}/y`, `me/${made.id}`, doc, {
    params: { token: 'dev:ann' },
    WebSocketPolyfill: WebSocket as unknown as typeof globalThis.WebSocket,
    disableBc: true,
  })
  onTestFinished(() => provider.destroy())
  const body = doc.getText('body')
  await expect.poll(() => body.toJSON()).toBe('from the SDK. ')
  body.insert(body.length, 'From the door. ')

  using opened = await client.page.open(made.id)
  await expect.poll(() => opened.view.body.toString()).toBe('from the SDK. From the door. ')
  opened.change(draft => draft.body.insert(0, 'Again '))
  await expect.poll(() => body.toJSON()).toBe('Again from the SDK. From the door. ')
})
