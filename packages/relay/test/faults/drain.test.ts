/** A relay that is told to stop, with everybody there who can be. */
import { httpTransport } from '@joinery/adapters/transport/http'
import { decodeMessage, encodeMessage, VERSION, type RelayMessage } from '@joinery/core/protocol'
import { mkdtempSync, rmSync } from 'node:fs'
import { Agent, get } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { closeOf, dial, open } from '../dial.ts'
import { stock } from '../door/stock.ts'
import { HANDSHAKE } from '../raw-socket.ts'
import { type as typing, update, writer } from '../rig.ts'
import { spawnRelay } from '../spawned.ts'

test('[DU-13] whoever is there is told 1012, however he came, what was taken is kept, and nobody can hold it up', async () => {
  const data = mkdtempSync(join(tmpdir(), 'joinery-drain-'))
  onTestFinished(() => rmSync(data, { recursive: true, force: true }))
  const relay = await spawnRelay(data)
  const url = `ws://127.0.0.1:${relay.port}`

  const link = await dial(relay.port, 'ann', 'phone')
  const door = stock(url, 'garden/plan', { token: 'dev:bob' })
  await door.synced()
  const bareDoor = closeOf(await open(relay.port, {}, '/y/garden/plan?token=dev:cid'))
  const messages: RelayMessage[] = []
  const poll = new Promise<number>(resolve => {
    const wire = httpTransport().connect(`${url}/v1/sync`, {
      opened: () => wire.send(encodeMessage({ type: 'hello', version: VERSION, device: 'old', token: 'dev:dot' })),
      frame: bytes => void messages.push(decodeMessage(bytes) as RelayMessage),
      closed: ({ code }) => resolve(code),
    })
  })
  await expect.poll(() => messages.length).toBe(1)

  // Those who would hold it up: half a request, a connection kept for later, one that takes nothing, one that answers no goodbye.
  const half = connect(relay.port, '127.0.0.1')
  half.on('error', () => undefined)
  half.write('GET /healthz HTTP/1.1\r\nHost: ')
  const agent = new Agent({ keepAlive: true })
  await new Promise(resolve => get({ host: '127.0.0.1', port: relay.port, path: '/healthz', agent }, resolve))
  const deaf = await dial(relay.port, 'eve', 'desk')
  deaf.socket.pause()
  const mute = connect(relay.port, '127.0.0.1')
  mute.on('error', () => undefined)
  mute.write(`${HANDSHAKE}\r\n`)
  await new Promise(resolve => mute.once('data', resolve))

  link.push('garden', update(1, 'd', writer(1).edit(typing('last words'))))
  door.type('and mine')
  await expect.poll(async () => link.heard.some(({ type }) => type === 'ack')).toBe(true)
  relay.signal('SIGTERM')

  expect((await link.closed()).code).toBe(1012)
  expect(link.heard.at(-1)).toMatchObject({ type: 'bye', code: 'UNAVAILABLE' })
  expect((await bareDoor).code).toBe(1012)
  await expect.poll(() => door.ends[0]?.code).toBe(1012)
  expect(door.provider.shouldConnect).toBe(true)
  expect(await poll).toBe(1012)
  expect(messages.at(-1)).toMatchObject({ type: 'bye', code: 'UNAVAILABLE' })
  expect(await relay.ended()).toBe(0)
  agent.destroy()

  const again = await spawnRelay(data)
  const back = await dial(again.port, 'ann', 'laptop')
  back.say({ type: 'fetch', space: 'garden', document: 'd', before: 0 })
  expect((await back.next('bodies')).entries).toMatchObject([{ device: 'phone' }])
  const reader = stock(`ws://127.0.0.1:${again.port}`, 'garden/plan', { token: 'dev:cid' })
  door.provider.serverUrl = `ws://127.0.0.1:${again.port}/y`
  await reader.until(() => reader.text() === 'and mine')
}, 30_000)
