/** Sockets that misbehave, on a real server. What takes a minute is tested on virtual time beside the rest. */
import { encodeMessage, VERSION } from '@joinery/core/protocol'
import { virtualClock } from '@joinery/core/testing'
import { connect, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { clientAddress } from '../../src/http/client-address.ts'
import { createHttpServer } from '../../src/http/server.ts'
import { createCounters } from '../../src/index.ts'
import { WebSocket } from 'ws'
import { closeOf, dial, open, speak, upgradeStatus } from '../dial.ts'
import { readFrame } from '../door/visitor.ts'
import { DOOR_HANDSHAKE, frame, HANDSHAKE, raw } from '../raw-socket.ts'
import { type as typing, update, writer } from '../rig.ts'
import { served } from '../served.ts'
import { bystander, PAYLOAD } from './bystander.ts'

/** Resolves when whatever was said to the relay before has arrived there. */
async function speaks(port: number): Promise<void> {
  const one = await dial(port, 'messenger', 'desk')
  one.socket.terminate()
}

test('[WS-01] a page of another origin may not connect; a client without an origin may', async () => {
  const relay = await served({ loopbackOnly: false, origins: ['https://app.example.com'] })
  const unharmed = await bystander(relay)
  const door = `ws://127.0.0.1:${relay.port}/y/garden/plan?token=dev:ann`
  for (const url of [`ws://127.0.0.1:${relay.port}/v1/sync`, door]) {
    expect(await upgradeStatus(url, { origin: 'https://evil.example' })).toBe(403)
    expect(await upgradeStatus(url)).toBe(101)
    expect(await upgradeStatus(url, { origin: 'https://app.example.com' })).toBe(101)
  }
  await unharmed({ counted: 'upgrade-refused.403', times: 2, event: 'upgrade-refused', reason: 'origin' })
})

test('[WS-02] an origin is compared whole: no suffix, no other case, no other port, no null', async () => {
  const relay = await served({ loopbackOnly: false, origins: ['https://app.example.com'] })
  const unharmed = await bystander(relay)
  const { port } = relay
  const urls = [`ws://127.0.0.1:${port}/v1/sync`, `ws://127.0.0.1:${port}/y/garden/plan?token=dev:ann`]
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
  for (const url of urls) {
    for (const origin of others) expect(await upgradeStatus(url, { headers: { Origin: origin } }), origin).toBe(403)
    // Its own page is on its list.
    expect(await upgradeStatus(url, { origin: `http://127.0.0.1:${port}` })).toBe(101)
  }
  const times = others.length * urls.length
  await unharmed({ counted: 'upgrade-refused.403', times, event: 'upgrade-refused', reason: 'origin' })
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
  const relay = await served()
  const unharmed = await bystander(relay)
  const answers = await Promise.all([
    raw(relay.port, 'GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: '),
    raw(relay.port, HANDSHAKE),
    raw(relay.port, 'GET'),
  ])
  for (const answer of answers) expect(answer).toMatch(/^HTTP\/1.1 408/)
  const reason = 'ERR_HTTP_REQUEST_TIMEOUT'
  await unharmed({ counted: 'http.408', times: 3, event: 'request-refused', reason })
})

test('[WS-03] the head of a request may take less than ten seconds, and all of it half a minute', () => {
  const server = createHttpServer({
    fetch: () => new Response(),
    addressOf: clientAddress([]),
    maxConnections: 1,
    log: { info: () => {}, warn: () => {}, error: () => {} },
    counters: createCounters(),
  })
  // Looked at every second.
  expect(server.headersTimeout + 1_000).toBeLessThan(10_000)
  expect(server.requestTimeout).toBe(30_000)
})

test('[WS-04] an upgraded socket that never speaks is closed', { timeout: 15_000 }, async () => {
  const relay = await served()
  const unharmed = await bystander(relay)
  const before = relay.relay.links()
  const door = await open(relay.port, {}, '/y/garden/plan?token=dev:ann')
  const ends = [await open(relay.port), door].map(closeOf)
  expect((await ends[0])?.code).toBe(4408)
  expect((await ends[1])?.code).toBe(1013)
  await expect.poll(() => relay.relay.links()).toBe(before)
  await unharmed(
    { counted: 'closed.UNAVAILABLE', event: 'closing', reason: 'UNAVAILABLE' },
    { counted: 'door-closed.UNAVAILABLE', event: 'closing', reason: 'UNAVAILABLE' },
  )
})

test('[WS-04] on the hand-turned clock it is five seconds for a link, and a moment more at the door', async () => {
  const clock = virtualClock({ settle: () => new Promise(resolve => setImmediate(resolve)) })
  const { port } = await served({ clock })
  const [link, door] = [await open(port), await open(port, {}, '/y/garden/plan?token=dev:ann')]
  const ends: (string | number)[] = []
  void closeOf(link).then(({ code }) => ends.push('link', code))
  void closeOf(door).then(({ code }) => ends.push('door', code))
  await clock.advance(4_900)
  await speaks(port)
  expect(ends).toEqual([])
  await clock.advance(200)
  await expect.poll(() => ends).toEqual(['link', 4408])
  // Its connections are looked at once a second.
  await clock.advance(1_500)
  await expect.poll(() => ends).toEqual(['link', 4408, 'door', 1013])
})

test('[AU-11] before hello a socket may hold almost nothing of ours', async () => {
  const relay = await served()
  const unharmed = await bystander(relay)
  const before = relay.relay.links()
  // A frame that says it is half a megabyte and comes slowly: it is not waited for.
  const answer = raw(relay.port, `${HANDSHAKE}\r\n`, socket => {
    socket.once('data', () => {
      socket.write(Uint8Array.from([0x82, 0xff, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0]))
      socket.write(new Uint8Array(6_000))
    })
  })
  expect(await answer).toMatch(/^HTTP\/1.1 101/)
  await expect.poll(() => relay.relay.links()).toBe(before)
  await unharmed({ counted: 'closed.HELLO_TOO_LARGE', event: 'closing', reason: 'HELLO_TOO_LARGE' })
})

test('[WS-06] a frame that is too large is refused when it is announced: 5 MB on a link, more than an update at the door', async () => {
  const relay = await served()
  const unharmed = await bystander(relay)
  const ann = await relay.device('ann', 'phone')
  ann.socket.send(new Uint8Array(5_000_000))
  expect((await ann.closed()).code).toBe(1009)
  // Nothing behind the header is waited for.
  const announced = (bytes: number): Uint8Array => {
    const header = new DataView(new ArrayBuffer(14))
    header.setUint16(0, 0x82ff)
    header.setBigUint64(2, BigInt(bytes))
    return new Uint8Array(header.buffer)
  }
  const answer = await raw(relay.port, `${DOOR_HANDSHAKE}\r\n`, socket =>
    socket.once('data', () => socket.write(announced(17 * 1_024 * 1_024 + 1))),
  )
  expect(answer).toContain('\x03\xf1')
  const reason = 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH'
  await unharmed({ counted: `closed.${reason}`, times: 2, event: 'closing', reason })
})

test('[WS-07] fragments without an end are cut after 64, on every socket', async () => {
  const relay = await served()
  const unharmed = await bystander(relay)
  const before = relay.relay.links()
  const flood = (handshake: string, greeting: Uint8Array) => async (): Promise<string> =>
    raw(relay.port, `${handshake}\r\n`, socket => {
      socket.once('data', () => {
        socket.write(frame(2, greeting))
        socket.write(frame(2, new Uint8Array(1), false))
        for (let n = 0; n < 16_000 && socket.writable; n++) socket.write(frame(0, new Uint8Array(1), false))
      })
    })
  const hello = (i: number): Uint8Array =>
    encodeMessage({ type: 'hello', version: VERSION, device: `evil${i}`, token: 'dev:eve' })
  const floods = Array.from({ length: 20 }, (_, i) =>
    i % 2 === 0 ? flood(HANDSHAKE, hello(i)) : flood(DOOR_HANDSHAKE, Uint8Array.of(0, 0, 1, 0)),
  )
  for (const answer of await Promise.all(floods.map(one => one()))) {
    expect(answer).toMatch(/^HTTP\/1.1 101/)
    // 1008: more pieces than an honest message has.
    expect(answer).toContain('\x03\xf0')
  }
  await expect.poll(() => relay.relay.links()).toBe(before)
  const reason = 'WS_ERR_TOO_MANY_BUFFERED_PARTS'
  await unharmed({ counted: `closed.${reason}`, times: 20, event: 'closing', reason })
})

test('[WS-06] [WS-07] what messages without an end hold is bounded by address, however many connections it has', async () => {
  const clock = virtualClock({ settle: () => new Promise(resolve => setImmediate(resolve)) })
  const MiB = 1_048_576
  const relay = await served({ clock, limits: { unfinishedBytes: 4 * MiB } })
  const unharmed = await bystander(relay)
  /** A frame of 16 MiB, of which so much comes. */
  const begun = (bytes: number): Promise<Socket> =>
    new Promise(resolve => {
      const socket = connect(relay.port, '127.0.0.1')
      socket.on('error', () => undefined)
      socket.write(`${DOOR_HANDSHAKE}\r\n`)
      socket.once('data', () => {
        const header = Uint8Array.of(0x82, 0xff, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0)
        const said = frame(2, Uint8Array.of(0, 0, 1, 0))
        socket.write(Buffer.concat([said, header, new Uint8Array(bytes)]), () => resolve(socket))
      })
      socket.resume()
    })
  const sockets: Socket[] = []
  for (const bytes of [60_000, MiB, 2 * MiB, 3 * MiB]) sockets.push(await begun(bytes))
  // What the system has, the relay has a moment later.
  await pause(300)
  await clock.advance(5_000)
  await clock.advance(5_000)
  await expect.poll(() => sockets.map(socket => socket.destroyed)).toEqual([false, false, false, true])
  await clock.advance(10_000)
  expect(relay.counted('closed.UNFINISHED')).toBe(1)
  for (const socket of sockets) socket.destroy()
  await unharmed({ counted: 'closed.UNFINISHED', event: 'closing', reason: 'UNFINISHED' })
})

test('[WS-08] compression is not negotiated, and what is compressed is not read', async () => {
  const relay = await served()
  const unharmed = await bystander(relay)
  const { deflateRawSync } = await import('node:zlib')
  const bomb = deflateRawSync(new Uint8Array(1_000_000))
  expect(bomb.length).toBeLessThan(1_000)
  for (const path of ['/v1/sync', '/y/garden/plan?token=dev:ann']) {
    const socket = await open(relay.port, { perMessageDeflate: true }, path)
    expect(socket.extensions).toBe('')
    socket.terminate()
  }
  for (const handshake of [HANDSHAKE, DOOR_HANDSHAKE]) {
    const answer = await raw(
      relay.port,
      `${handshake}Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover\r\n\r\n`,
      peer => peer.once('data', () => peer.write(frame(2 | 0x40, bomb))),
    )
    expect(answer).not.toMatch(/permessage-deflate/i)
    // 1002, a protocol error.
    expect(answer).toContain('\x03\xea')
  }
  const reason = 'WS_ERR_UNEXPECTED_RSV_1'
  await unharmed({ counted: `closed.${reason}`, times: 2, event: 'closing', reason })
})

test('[WS-09] too many headers, too long ones, and protocols of nothing are refused, and everybody else is served', async () => {
  const relay = await served()
  const unharmed = await bystander(relay)
  const { port } = relay
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
  await unharmed(
    { counted: 'http.431', times: 5, event: 'request-refused', reason: 'HPE_HEADER_OVERFLOW' },
    { counted: 'upgrade-refused.431', times: 2, event: 'upgrade-refused', reason: 'headers' },
    { counted: 'upgrade-refused.400', times: 2, event: 'upgrade-refused', reason: 'handshake' },
  )
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

test('[WS-05] nor does somebody at the door who no longer answers stay, nor what he shows of himself', async () => {
  const clock = virtualClock({ settle: () => new Promise(resolve => setImmediate(resolve)) })
  const { port, counted, lines } = await served({ clock })
  const path = '/y/garden/plan?token=dev:'
  const [deaf, other] = [await open(port, { autoPong: false }, `${path}ann`), await open(port, {}, `${path}bob`)]
  const seen: unknown[] = []
  other.on('message', (data: Uint8Array) => {
    const heard = readFrame(data)
    if (heard.type === 'awareness') for (const { state } of heard.states.values()) seen.push(state)
  })
  for (const socket of [deaf, other]) socket.send(Uint8Array.of(0, 0, 1, 0))
  // One state: client 7, clock 1, {}.
  deaf.send(Uint8Array.of(1, 6, 1, 7, 1, 2, 0x7b, 0x7d))
  const closed = closeOf(deaf)
  const shown = async (state: string): Promise<void> => {
    while (JSON.stringify(seen.at(-1)) !== state) {
      await clock.advance(10)
      await new Promise(resolve => setTimeout(resolve, 1))
    }
  }
  await shown('{}')
  const pinged = new Promise(resolve => other.once('ping', resolve))
  // Asked at the first beat after half a minute.
  await clock.advance(35_000)
  await pinged
  // His pong is here when what he says behind it is.
  const answered = new Promise(resolve => other.once('message', resolve))
  other.send(Uint8Array.of(0, 0, 1, 0))
  await answered
  await clock.advance(25_000)
  expect((await closed).code).toBe(1006)
  expect(counted('closed.SILENT')).toBe(1)
  expect(lines.find(({ event }) => event === 'closing')?.fields).toMatchObject({
    reason: 'SILENT',
    address: '127.0.0.1',
  })
  await shown('null')
  expect(other.readyState).toBe(WebSocket.OPEN)
})

test('[AU-10] a token in the address is refused', async () => {
  const { port, lines } = await served()
  expect(await upgradeStatus(`ws://127.0.0.1:${port}/v1/sync?token=dev:ann-secret`)).toBe(400)
  expect(JSON.stringify(lines)).not.toContain('ann-secret')
})

test('[WS-15] text, unknown messages, reserved opcodes and broken UTF-8 end the socket with their codes, and nothing throws', async () => {
  const relay = await served()
  const unharmed = await bystander(relay)
  const before = relay.relay.links()
  const link = async (send: (socket: WebSocket) => void): Promise<number> => {
    const ann = await relay.device('ann', 'phone')
    send(ann.socket)
    return (await ann.closed()).code
  }
  const door = async (send: (socket: WebSocket) => void): Promise<number> => {
    const socket = await open(relay.port, {}, '/y/garden/plan?token=dev:ann')
    const closed = closeOf(socket)
    send(socket)
    return (await closed).code
  }
  for (const closing of [link, door]) {
    expect(await closing(socket => socket.send(PAYLOAD))).toBe(1003)
    expect(await closing(socket => socket.send(new Uint8Array([99])))).toBe(4400)
    expect(await closing(socket => socket.send(new Uint8Array()))).toBe(4400)
  }
  for (const handshake of [HANDSHAKE, DOOR_HANDSHAKE]) {
    const rawCode = async (bytes: Uint8Array): Promise<string> =>
      (await raw(relay.port, `${handshake}\r\n`, socket => socket.once('data', () => socket.write(bytes)))).slice(-2)
    expect(await rawCode(frame(3, new Uint8Array([1])))).toBe('\x03\xea')
    expect(await rawCode(frame(1, new Uint8Array([0xff, 0xfe])))).toBe('\x03\xef')
  }
  await expect.poll(() => relay.relay.links()).toBe(before)
  await unharmed(
    { counted: 'closed.TEXT_FRAME', times: 2, event: 'closing', reason: 'TEXT_FRAME' },
    { counted: 'closed.BAD_FRAME', times: 2, event: 'closing', reason: 'BAD_FRAME' },
    { counted: 'door-closed.BAD_FRAME', times: 2, event: 'closing', reason: 'BAD_FRAME' },
    { counted: 'closed.WS_ERR_INVALID_OPCODE', times: 2, event: 'closing', reason: 'WS_ERR_INVALID_OPCODE' },
    { counted: 'closed.WS_ERR_INVALID_UTF8', times: 2, event: 'closing', reason: 'WS_ERR_INVALID_UTF8' },
  )
})

test('[WS-16] the same update on a real socket, twice and after a reconnect: one row, and each ack has its seq', async () => {
  const { device, store } = await served()
  const entry = update(1, 'd', writer(1).edit(typing('x')))
  const ann = await device('ann', 'phone')
  ann.push('garden', entry)
  ann.push('garden', entry)
  ann.push('garden', update(2, 'other', writer(2).edit(typing('y'))))
  expect(await ann.answer(2)).toBe(2)
  const acks = (one: typeof ann): unknown[] =>
    one.heard.flatMap(message => (message.type === 'ack' ? message.entries.filter(({ n }) => n === 1) : []))
  expect(acks(ann)).toEqual([
    { n: 1, seq: 1 },
    { n: 1, seq: 1 },
  ])
  ann.socket.terminate()
  const again = await device('ann', 'phone')
  again.push('garden', entry)
  expect(await again.answer(1)).toBe(1)
  expect((await store.head('garden'))?.seq).toBe(2)
})

test('[WS-16] nor is it two rows at the door', async () => {
  const { port, store } = await served()
  const edit = writer(7).edit(typing('once'))
  const framed = Uint8Array.of(0, 2, edit.length, ...edit)
  const shown = (socket: WebSocket): Promise<void> =>
    new Promise(resolve => socket.on('message', (data: Uint8Array) => data[1] === 2 && resolve()))
  const first = await open(port, {}, '/y/garden/plan?token=dev:ann')
  first.send(Uint8Array.of(0, 0, 1, 0))
  const own = shown(first)
  first.send(framed)
  first.send(framed)
  await own
  first.terminate()
  const again = await open(port, {}, '/y/garden/plan?token=dev:ann')
  again.send(Uint8Array.of(0, 0, 1, 0))
  const answered = shown(again)
  again.send(framed)
  // What is written behind it is stored behind it.
  const other = writer(8).edit(typing('!'))
  again.send(Uint8Array.of(0, 2, other.length, ...other))
  await answered
  expect(await store.body('garden', 'plan')).toHaveLength(2)
  expect(again.readyState).toBe(WebSocket.OPEN)
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
