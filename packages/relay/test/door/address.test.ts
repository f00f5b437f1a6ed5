// What a y-websocket room is called is its own affair: each is one document, and none is a path.
import { isId } from '@joinery/core'
import { expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { readAddress } from '../../src/door/address.ts'
import { served } from '../served.ts'
import { stock } from './stock.ts'

const ROOMS = [
  'plan',
  'Plan',
  '../x',
  '%2e%2e%2f',
  'a/b',
  'a//b',
  '/a',
  'a\u0000b',
  'x'.repeat(10_000),
  `${'x'.repeat(10_000)}y`,
  '__proto__',
  'constructor',
  'CON',
  'caf\u00e9',
  'cafe\u0301',
  'dot.',
  'dot',
  'a b',
  '日本',
  '_y_plan',
]

test('[P121] [AU-15] any room is one document, whatever it is called, and its name is never a path', () => {
  const documents = ROOMS.map(room => readAddress(`/y/team/${encodeURIComponent(room)}?token=t`)?.document ?? '')
  expect(documents.filter(document => !isId(document))).toEqual([])
  expect(new Set(documents).size).toBe(ROOMS.length)
  // A document of the SDK is there under its own name.
  expect(documents[0]).toBe('plan')
  expect(readAddress('/y/team/plan?token=a&token=b')).toEqual({ space: 'team', document: 'plan', token: 'a' })
  for (const url of ['/y/team', '/y/team/', '/y//plan', '/Y/team/plan', '//y/team/plan', '/y']) {
    expect(readAddress(url), url).toBeUndefined()
  }
  // No stock client writes one like this; as it is, it is a room.
  expect(isId(readAddress('/y/team/100%')?.document ?? '')).toBe(true)
})

test('[AU-15] stock clients in rooms with strange names each find their own document', async () => {
  const { port, store } = await served()
  const url = `ws://127.0.0.1:${port}`
  for (const room of ['notes/été 7.md', 'a.b', 'a b', '__proto__']) {
    const ann = stock(url, `team/${room}`)
    await ann.synced()
    ann.type(room)
    const bob = stock(url, `team/${room}`, { token: 'dev:bob' })
    await bob.until(() => bob.text() === room)
  }
  expect(await store.documents('team', Number.MAX_SAFE_INTEGER, 10)).toHaveLength(4)
  const bad = new WebSocket(`${url}/y/team/`)
  const status = await new Promise(resolve => bad.on('unexpected-response', (_, answer) => resolve(answer.statusCode)))
  expect(status).toBe(404)
})
