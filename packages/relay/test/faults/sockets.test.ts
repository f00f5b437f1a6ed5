/** Sockets that misbehave, on a real server. What takes a minute is tested on virtual time beside the rest. */
import { encodeMessage, VERSION } from '@joinery/core/protocol'
import { virtualClock } from '@joinery/core/testing'
import { connect, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { closeOf, dial, open, speak, upgradeStatus } from '../dial.ts'
import { type as typing, update, writer } from '../rig.ts'
import { served } from '../served.ts'

/** Writes bytes to the port, and resolves to everything that comes back until the other side closes. */
function raw(port: number, bytes: string | Uint8Array, then?: (socket: Socket) => void): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  let answer = ''
  socket.setEncoding('latin1')
  socket.on('data', data => void (answer += String(data)))
  socket.write(bytes)
  then?.(socket)
  return new Promise(resolve => {
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(answer))
  })
}

const HANDSHAKE =
  'GET /v1/sync HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n'

/** A client's frame with a mask of zeros, so that the payload stands as it is. */
function frame(opcode: number, payload: Uint8Array, isLast = true): Uint8Array {
  const length = payload.length < 126 ? [payload.length] : [126, payload.length >> 8, payload.length & 255]
  return Uint8Array.from([
    opcode | (isLast ? 0x80 : 0),
    (length[0] ?? 0) | 0x80,
    ...length.slice(1),
    0,
    0,
    0,
    0,
    ...payload,
  ])
}

test('[WS-01] a page of another origin may not connect; a client without an origin may', async () => {
  const { port, counted } = await served({ loopbackOnly: false, origins: ['https://app.example.com'] })
  const url = `ws://127.0.0.1:${port}/v1/sync`
  expect(await upgradeStatus(url, { origin: 'https://evil.example' })).toBe(403)
  expect(counted('upgrade-refused.403')).toBe(1)
  expect(await upgradeStatus(url)).toBe(101)
  expect(await upgradeStatus(url, { origin: 'https://app.example.com' })).toBe(101)
})

test('[WS-02] an origin is compared whole: no suffix, no other case, no other port, no null', async () => {
  const { port } = await served({ loopbackOnly: false, origins: ['https://app.example.com'] })
  const url = `ws://127.0.0.1:${port}/v1/sync`
  const others = [
    'https://app.example.com.evil.io',
    'https://evil.io/https://app.example.com',
    'null',
    'https://APP.example.com',
    'https://app.example.com:8443',
    'http://app.example.com',
    'https://app.example.com/',
    'https://xapp.example.com',
    `http://127.0.0.1:${port + 1}`,
    '',
  ]
  for (const origin of others) expect(await upgradeStatus(url, { headers: { Origin: origin } }), origin).toBe(403)
  // Its own page is on its list.
  expect(await upgradeStatus(url, { origin: `http://127.0.0.1:${port}` })).toBe(101)
})

test('[WS-02] in development, this machine by its own names and nothing else: neither other pages nor other names for it', async () => {
  const { port } = await served()
  const url = `ws://127.0.0.1:${port}/v1/sync`
  for (const origin of ['http://localhost:5173', 'http://127.0.0.1:4321', 'http://[::1]:80'])
    expect(await upgradeStatus(url, { origin })).toBe(101)
  for (const origin of ['http://evil.example', 'http://localhost.evil.example', 'null', 'http://127.0.0.1.evil.io']) {
    expect(await upgradeStatus(url, { origin }), origin).toBe(403)
  }
  expect(await upgradeStatus(url, { headers: { Host: 'evil.example' } })).toBe(403)
  expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200)
  expect(await raw(port, 'GET /healthz HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n')).toMatch(
    /^HTTP\/1.1 403/,
  )
})

test('[WS-03] half a request is closed by the server', { timeout: 15_000 }, async () => {
  const { port } = await served()
  const answer = await raw(port, 'GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ')
  expect(answer).toMatch(/^(HTTP\/1.1 408|$)/)
})

test('[WS-04] an upgraded socket that never speaks is closed', { timeout: 15_000 }, async () => {
  const { port, relay } = await served()
  const socket = await open(port)
  const { code } = await closeOf(socket)
  expect(code).toBe(4408)
  await expect.poll(() => relay.links()).toBe(0)
})

test('[AU-11] before hello a socket may hold almost nothing of ours', async () => {
  const { port, relay, counted } = await served()
  // A frame that says it is half a megabyte and comes slowly: it is not waited for.
  const answer = raw(port, `${HANDSHAKE}\r\n`, socket => {
    socket.once('data', () => {
      socket.write(Uint8Array.from([0x82, 0xff, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0]))
      socket.write(new Uint8Array(6_000))
    })
  })
  expect(await answer).toMatch(/^HTTP\/1.1 101/)
  expect(counted('closed.HELLO_TOO_LARGE')).toBe(1)
  await expect.poll(() => relay.links()).toBe(0)
})

test('[WS-06] a frame of 5 MB is refused when it is announced', async () => {
  const { device, counted, relay } = await served()
  const ann = await device('ann', 'phone')
  ann.socket.send(new Uint8Array(5_000_000))
  expect((await ann.closed()).code).toBe(1009)
  expect(counted('closed.WS_ERR_UNSUPPORTED_MESSAGE_LENGTH')).toBe(1)
  await expect.poll(() => relay.links()).toBe(0)
})

test('[WS-07] fragments without an end are cut after 64, on every socket', async () => {
  const { port, device, relay } = await served()
  const honest = await device('ann', 'phone')
  const hello = encodeMessage({ type: 'hello', version: VERSION, device: 'evil', token: 'dev:eve' })
  const flood = (i: number): Promise<string> =>
    raw(port, `${HANDSHAKE}\r\n`, socket => {
      socket.once('data', () => {
        socket.write(frame(2, encodeMessage({ type: 'hello', version: VERSION, device: `evil${i}`, token: 'dev:eve' })))
        socket.write(frame(2, new Uint8Array(1), false))
        for (let n = 0; n < 16_000 && socket.writable; n++) socket.write(frame(0, new Uint8Array(1), false))
      })
    })
  expect(hello.length).toBeGreaterThan(0)
  const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => flood(i)))
  for (const answer of answers) expect(answer).toMatch(/^HTTP\/1.1 101/)
  await expect.poll(() => relay.links()).toBe(1)
  honest.push('me', update(1, 'd', writer(1).edit(typing('x'))))
  expect(await honest.answer(1)).toBe(1)
})

test('[WS-08] compression is not negotiated', async () => {
  const { port } = await served()
  const socket = await open(port, { perMessageDeflate: true })
  expect(socket.extensions).toBe('')
  const compressed = raw(port, `${HANDSHAKE}Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n`, peer => {
    peer.once('data', () => peer.write(frame(2 | 0x40, new Uint8Array([1, 2, 3]))))
  })
  const answer = await compressed
  expect(answer).not.toMatch(/permessage-deflate/i)
  // 1002, a protocol error.
  expect(answer.slice(-40)).toContain('\x03\xea')
  socket.terminate()
})

test('[WS-09] too many headers, too long ones, and protocols of nothing are refused, and everybody else is served', async () => {
  const { port, device } = await served()
  const many = Array.from({ length: 2_000 }, (_, i) => `a${i}:b\r\n`).join('')
  const few = Array.from({ length: 150 }, (_, i) => `a${i}:b\r\n`).join('')
  for (const headers of [many, few, `X-Long: ${'x'.repeat(65_536)}\r\n`]) {
    expect(await raw(port, `${HANDSHAKE}${headers}\r\n`)).toMatch(/^HTTP\/1.1 431/)
    expect(await raw(port, `GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n${headers}\r\n`)).toMatch(/^HTTP\/1.1 431/)
  }
  expect(await raw(port, `${HANDSHAKE}Sec-WebSocket-Protocol: ${' '.repeat(32_000)}\r\n\r\n`)).toMatch(/^HTTP\/1.1 400/)
  expect(await raw(port, `${HANDSHAKE}Sec-WebSocket-Protocol: x${' '.repeat(32_000)}y\r\n\r\n`)).toMatch(
    /^HTTP\/1.1 431/,
  )
  expect(await raw(port, `${HANDSHAKE}Sec-WebSocket-Protocol: ${' ,'.repeat(4_000)}\r\n\r\n`)).toMatch(/^HTTP\/1.1 400/)
  const ann = await device('ann', 'phone')
  expect(ann.heard).toHaveLength(1)
})

test('[WS-05] who no longer answers is asked after half a minute and gone within one, and so is where he was', async () => {
  const clock = virtualClock({ settle: () => new Promise(resolve => setImmediate(resolve)) })
  const { port, device, counted, relay } = await served({ clock })
  const bob = await device('bob', 'laptop')
  const ann = await dial(port, 'ann', 'phone', { autoPong: false })
  const pings: number[] = []
  ann.socket.on('ping', () => pings.push(clock.monotonic()))
  const pinged = new Promise(resolve => bob.socket.once('ping', resolve))
  for (const one of [ann, bob]) one.say({ type: 'watch', space: 'garden', cursor: undefined })
  await Promise.all([ann.next('changes'), bob.next('changes')])
  ann.say({ type: 'presence', space: 'garden', document: 'd', session: '', subject: '', clock: 1, state: '{}' })
  ann.say({ type: 'time', id: 1 })
  await ann.next('clock')
  await clock.advance(100)
  await bob.next('presence')
  await clock.advance(30_000)
  await pinged
  // Bob answers; his pong is here when what he says behind it is.
  bob.say({ type: 'time', id: 1 })
  await bob.next('clock')
  await clock.advance(29_000)
  expect((await ann.closed()).code).toBe(1006)
  expect(pings).toHaveLength(1)
  expect(counted('closed.SILENT')).toBe(1)
  await expect.poll(() => relay.links()).toBe(1)
  await clock.advance(100)
  expect((await bob.next('presence')).state).toBeUndefined()
  expect(bob.socket.readyState).toBe(WebSocket.OPEN)
})

test(
  '[WS-10] a reader who stops is left behind, and has lost nothing when he reads again',
  { timeout: 30_000 },
  async () => {
    const { device, relay } = await served()
    const [ann, bob, cid] = [await device('ann', 'phone'), await device('bob', 'laptop'), await device('cid', 'tablet')]
    for (const one of [bob, cid]) {
      one.say({ type: 'watch', space: 'garden', cursor: undefined })
      await one.next('changes')
    }
    bob.socket.pause()
    const count = 60
    for (let n = 1; n <= count; n++) {
      ann.push('garden', update(n, `d${n}`, writer(n).edit(typing('x'.repeat(500_000)))))
      expect(await ann.answer(n)).toBe(n)
    }
    // The others had it all meanwhile.
    await cid.next('changes', ({ cursor }) => cursor.seq === count)
    expect(bob.heard.filter(({ type }) => type === 'changes')).toHaveLength(1)
    bob.socket.resume()
    await bob.next('changes', ({ cursor, live }) => live && cursor.seq === count)
    const seqs = bob.heard.flatMap(message => (message.type === 'changes' ? message.entries.map(({ seq }) => seq) : []))
    expect(seqs).toEqual(Array.from({ length: count }, (_, i) => i + 1))
    expect(relay.links()).toBe(3)
  },
)

test('[AU-10] a token in the address is refused', async () => {
  const { port, lines } = await served()
  expect(await upgradeStatus(`ws://127.0.0.1:${port}/v1/sync?token=dev:ann-secret`)).toBe(400)
  expect(JSON.stringify(lines)).not.toContain('ann-secret')
})

test('[WS-15] text, unknown messages, reserved opcodes and broken UTF-8 end the socket with their codes, and nothing throws', async () => {
  const { port, device, counted, relay } = await served()
  const closing = async (send: (socket: WebSocket) => void): Promise<number> => {
    const ann = await device('ann', `phone${Math.floor(relay.links())}`)
    send(ann.socket)
    return (await ann.closed()).code
  }
  expect(await closing(socket => socket.send('hello'))).toBe(1003)
  expect(counted('closed.TEXT_FRAME')).toBe(1)
  expect(await closing(socket => socket.send(new Uint8Array([99])))).toBe(4400)
  expect(await closing(socket => socket.send(new Uint8Array()))).toBe(4400)
  expect(counted('closed.BAD_FRAME')).toBe(2)
  const rawCode = async (bytes: Uint8Array): Promise<string> =>
    (await raw(port, `${HANDSHAKE}\r\n`, socket => socket.once('data', () => socket.write(bytes)))).slice(-2)
  expect(await rawCode(frame(3, new Uint8Array([1])))).toBe('\x03\xea')
  expect(await rawCode(frame(1, new Uint8Array([0xff, 0xfe])))).toBe('\x03\xef')
  await expect.poll(() => relay.links()).toBe(0)
})

test('[WS-16] the same update on a real socket, twice and after a reconnect: one row, one seq', async () => {
  const { device, store } = await served()
  const entry = update(1, 'd', writer(1).edit(typing('x')))
  const ann = await device('ann', 'phone')
  ann.push('garden', entry)
  ann.push('garden', entry)
  await ann.next('ack')
  await ann.next('ack').catch(() => undefined)
  ann.socket.terminate()
  const again = await device('ann', 'phone')
  again.push('garden', entry)
  expect(await again.answer(1)).toBe(1)
  expect((await store.head('garden'))?.seq).toBe(1)
})

test('a message larger than a frame goes in parts, both ways', async () => {
  const { device } = await served()
  const [ann, bob] = [await device('ann', 'phone'), await device('bob', 'laptop')]
  bob.say({ type: 'watch', space: 'garden', cursor: undefined })
  await bob.next('changes')
  const bytes = writer(1).edit(typing('long '.repeat(600_000)))
  expect(bytes.length).toBeGreaterThan(2_900_000)
  ann.push('garden', update(1, 'd', bytes))
  expect(await ann.answer(1)).toBe(1)
  const { entries } = await bob.next('changes')
  expect(entries[0]?.bytes.length).toBe(bytes.length)
})

test('a bare socket hears nothing before it said who it is', async () => {
  const { port } = await served()
  const nobody = speak(await open(port))
  nobody.say({ type: 'watch', space: 'garden', cursor: undefined })
  expect((await nobody.closed()).code).toBe(4400)
  expect(nobody.heard.map(({ type }) => type)).toEqual(['bye'])
})
