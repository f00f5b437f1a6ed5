/** Who comes in, over real sockets: how many, from where, and how quickly. What takes thousands is tested by itself in `test/http`. */
import { httpTransport } from '@joinery/adapters/transport/http'
import { webSocketTransport } from '@joinery/adapters/transport/websocket'
import { webSocketOrHttp } from '@joinery/adapters/transport/web-socket-or-http'
import { systemClock } from '@joinery/adapters/clock/system'
import type { Wire } from '@joinery/core'
import { encodeExchange, decodeMessage, encodeMessage, VERSION, type RelayMessage } from '@joinery/core/protocol'
import { connection, type ConnectionEvent } from '@joinery/core/sync'
import { virtualClock } from '@joinery/core/testing'
import { get } from 'node:http'
import { connect } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { closeOf, dial, open, speak, upgradeStatus } from '../dial.ts'
import { stock } from '../door/stock.ts'
import { visitor } from '../door/visitor.ts'
import { RELAY_LIMITS, type RelayLimits } from '../../src/index.ts'
import { raw, HANDSHAKE } from '../raw-socket.ts'
import { rig } from '../rig.ts'
import { served } from '../served.ts'
import { bystander } from './bystander.ts'

const DOOR = '/y/garden/plan?token=dev:ann'
const STEP1 = Uint8Array.of(0, 0, 1, 0)
const POLL = encodeExchange({ sent: 0, got: 0, close: 0, reason: '', frames: [] }) as Uint8Array<ArrayBuffer>

const poll = (port: number): Promise<Response> =>
  fetch(`http://127.0.0.1:${port}/v1/sync`, { method: 'POST', body: POLL })

test('[P93] [WS-13] one connection more than a node has room for gets 503 and a time, however it comes, and the others stay', async () => {
  const relay = await served({ limits: { connections: 5 } })
  const unharmed = await bystander(relay)
  const ann = await relay.device('ann', 'phone')
  const door = await open(relay.port, {}, DOOR)
  door.send(STEP1)
  expect((await poll(relay.port)).status).toBe(200)

  for (const path of ['/v1/sync', DOOR]) {
    const answer = await raw(relay.port, `${HANDSHAKE.replace('/v1/sync', path)}\r\n`)
    expect(answer).toMatch(/^HTTP\/1.1 503/)
    expect(answer).toMatch(/\r\nRetry-After: [1-5]\r\n/)
  }
  const refused = await poll(relay.port)
  expect(refused.status).toBe(503)
  expect(refused.headers.get('Retry-After')).toMatch(/^[1-5]$/)
  expect(await refused.json()).toMatchObject({ success: false, error: { code: 'UNAVAILABLE' } })
  await unharmed(
    { counted: 'upgrade-refused.503', times: 2, event: 'upgrade-refused', reason: 'full' },
    { counted: 'not-admitted.full', times: 3, event: 'upgrade-refused', reason: 'full' },
  )
  expect([ann.socket.readyState, door.readyState]).toEqual([WebSocket.OPEN, WebSocket.OPEN])

  ann.socket.terminate()
  await expect.poll(() => upgradeStatus(`ws://127.0.0.1:${relay.port}/v1/sync`)).toBe(101)
})

test('[WS-13] a refused upgrade is over, also when its client keeps the connection open and goes on writing', async () => {
  const relay = await served({ limits: { connections: 0 } })
  const socket = connect({ port: relay.port, host: '127.0.0.1', allowHalfOpen: true })
  const broken = new Promise(resolve => socket.once('error', resolve))
  socket.resume()
  socket.write(`${HANDSHAKE}\r\n`)
  socket.once('end', () => {
    const more = setInterval(() => socket.write('more'), 5)
    socket.once('close', () => clearInterval(more))
  })
  expect(await broken).toMatchObject({ code: expect.stringMatching(/^(ECONNRESET|EPIPE)$/) as string })
})

test('[WS-13] 20 links of a person, and one more is told 1013 and when to come back', async () => {
  const relay = await served()
  const unharmed = await bystander(relay)
  const devices = []
  for (let i = 0; i < RELAY_LIMITS.linksPerSubject; i++) devices.push(await relay.device('ann', `device${i}`))
  const more = speak(await open(relay.port))
  more.say({ type: 'hello', version: VERSION, device: 'more', token: 'dev:ann' })
  expect(await more.next('bye')).toMatchObject({ code: 'RATE_LIMITED', retryAfter: 30_000 })
  expect((await more.closed()).code).toBe(1013)
  await unharmed({ counted: 'closed.RATE_LIMITED', event: 'closing', reason: 'RATE_LIMITED' })
  for (const one of devices) expect(one.socket.readyState).toBe(WebSocket.OPEN)
})

test('[WS-13] 2,000 sockets of one person at one address at the door, and one more is told 1013; others come in', async () => {
  const at = rig()
  const come = (name: string, from: string) => visitor(at, 'garden/plan', name, from)
  const all = Array.from({ length: RELAY_LIMITS.doorSocketsPerSubject }, () => come('ann', '192.0.2.1'))
  await at.rest()
  const [more, elsewhere, other] = [come('ann', '192.0.2.1'), come('ann', '192.0.2.2'), come('bob', '192.0.2.1')]
  await at.rest()
  expect(more.closed).toEqual([{ code: 1013, reason: 'RATE_LIMITED' }])
  expect([...all, elsewhere, other].flatMap(({ closed }) => closed)).toEqual([])
  all[0]?.breaks()
  const instead = come('ann', '192.0.2.1')
  await at.rest()
  expect(instead.closed).toEqual([])
})

test('[P94] [WS-14] an address that a client makes up for itself counts for nothing, in limits and in the log', async () => {
  const relay = await served({ limits: { doorSocketsPerSubject: 2 } })
  const unharmed = await bystander(relay)
  const come = (address: string): Promise<WebSocket> =>
    open(relay.port, { headers: { 'X-Forwarded-For': address } }, DOOR)
  const sockets = [await come('192.0.2.1'), await come('192.0.2.2')]
  for (const socket of sockets) socket.send(STEP1)
  await expect.poll(() => relay.relay.figures().doorConnections).toBe(3)
  expect((await closeOf(await come('192.0.2.3'))).code).toBe(1013)
  const url = `ws://127.0.0.1:${relay.port}/v1/sync?no=1`
  expect(await upgradeStatus(url, { headers: { 'X-Forwarded-For': '192.0.2.4' } })).toBe(400)
  const line = relay.lines.find(({ event }) => event === 'upgrade-refused')
  expect(line?.fields).toMatchObject({ address: '127.0.0.1' })
  await unharmed({ counted: 'door-closed.RATE_LIMITED', event: 'closing', reason: 'RATE_LIMITED' })
})

test('[WS-14] behind a proxy that the host named it is the client’s, as the proxy saw it', async () => {
  const relay = await served({ limits: { doorSocketsPerSubject: 2 }, trustProxy: ['127.0.0.0/8'] })
  const come = (address: string): Promise<WebSocket> =>
    open(relay.port, { headers: { 'X-Forwarded-For': address } }, DOOR)
  const sockets = [await come('192.0.2.1'), await come('192.0.2.2'), await come('192.0.2.2')]
  for (const socket of sockets) socket.send(STEP1)
  await expect.poll(() => relay.relay.figures().doorConnections).toBe(3)
  expect((await closeOf(await come('192.0.2.9, 192.0.2.2'))).code).toBe(1013)
  const url = `ws://127.0.0.1:${relay.port}/v1/sync?no=1`
  expect(await upgradeStatus(url, { headers: { 'X-Forwarded-For': '192.0.2.4' } })).toBe(400)
  const line = relay.lines.find(({ event }) => event === 'upgrade-refused')
  expect(line?.fields).toMatchObject({ address: '192.0.2.4' })
})

test('[WS-17] 600 upgrades at once come in no quicker than the relay says, whatever the clients do, and all of them do', async () => {
  const clock = virtualClock({ settle: () => new Promise(resolve => setImmediate(resolve)) })
  const { port, relay } = await served({ clock })
  const began = clock.monotonic()
  const sockets = Array.from({ length: 600 }, (_, at) =>
    open(port, {}, at % 2 === 0 ? '/v1/sync' : `/y/garden/d${at}?token=dev:p${at}`),
  )
  let count = 0
  for (const socket of sockets) void socket.then(() => (count += 1))
  const { admissionBurst, admissionsPerSecond } = RELAY_LIMITS
  await expect
    .poll(
      async () => {
        await clock.advance(10)
        const allowed = admissionBurst + ((clock.monotonic() - began) * admissionsPerSecond) / 1_000
        expect(relay.links()).toBeLessThanOrEqual(allowed)
        return count
      },
      { interval: 1, timeout: 20_000 },
    )
    .toBe(600)
  for (const socket of await Promise.all(sockets)) socket.terminate()
})

test('[WS-17] after a restart SDK links and stock clients come back, those too who did not fit into the queue', async () => {
  const first = await served()
  const url = `ws://127.0.0.1:${first.port}`
  const stocks = Array.from({ length: 20 }, (_, at) => stock(url, `garden/d${at}`, { token: `dev:p${at}` }))
  const links = Array.from({ length: 20 }, (_, at) => sdkLink(`${url}/v1/sync`, `q${at}`))
  await Promise.all([...stocks.map(one => one.synced()), ...links.map(link => link.welcomed(1))])
  await first.stop()
  const few: Partial<RelayLimits> = { admissionsPerSecond: 40, admissionBurst: 2, waitingConnections: 8 }
  const again = await served({ port: first.port, limits: few })
  await Promise.all([
    ...stocks.map(one => one.until(() => one.provider.synced)),
    ...links.map(link => link.welcomed(2)),
  ])
  expect(again.counted('upgrade-refused.503')).toBeGreaterThan(0)
  expect(again.counted('not-admitted.queue')).toBeGreaterThan(0)
  const line = again.lines.find(({ event }) => event === 'upgrade-refused')
  expect(line?.fields).toMatchObject({ status: 503, reason: 'full', address: '127.0.0.1' })
})

/** A link as the SDK has it, as far as coming back goes: its machine, and its transports. */
function sdkLink(url: string, name: string): { welcomed(times: number): Promise<void> } {
  const clock = systemClock()
  const transport = webSocketOrHttp({ clock, webSocket: webSocketTransport(), http: httpTransport() })
  const machine = connection({ chance: Math.random })
  let wire: Wire | undefined
  let welcomes = 0
  let look = (): void => undefined
  let stopTimer = (): void => undefined
  const handle = (event: ConnectionEvent): void => {
    for (const effect of machine.handle(event, clock.monotonic())) {
      if (effect.do === 'ask-token') handle({ type: 'token', token: `dev:${name}`, left: undefined })
      if (effect.do === 'connect') link(effect.url)
      if (effect.do === 'greet')
        wire?.send(encodeMessage({ type: 'hello', version: VERSION, device: 'phone', token: effect.token }))
      if (effect.do === 'close') wire?.close(1000, '')
    }
    stopTimer()
    const wakeAt = machine.wakeAt()
    if (wakeAt !== undefined)
      stopTimer = clock.after(Math.max(0, wakeAt - clock.monotonic()), () => handle({ type: 'tick' }))
  }
  const link = (address: string): void => {
    const mine = transport.connect(address, {
      opened: () => mine === wire && handle({ type: 'opened' }),
      frame(bytes) {
        const message = decodeMessage(bytes) as RelayMessage
        if (mine === wire) handle({ type: 'heard', message })
        if (message.type === 'welcome') welcomes += 1
        look()
      },
      closed: ({ code }) => mine === wire && handle({ type: 'closed', code }),
    })
    wire = mine
  }
  handle({ type: 'start', url })
  onTestFinished(() => {
    const last = wire
    wire = undefined
    stopTimer()
    last?.close(1000, '')
  })
  return {
    welcomed: times =>
      new Promise(resolve => {
        look = () => void (welcomes >= times && resolve())
        look()
      }),
  }
}

test('[DU-13] whoever waits to come in when the relay stops is told 503 and when to come back', async () => {
  const relay = await served({ limits: { admissionsPerSecond: 0.001, admissionBurst: 1 } })
  await dial(relay.port, 'ann', 'phone')
  const waiting = new Promise<{ status: number; retry: string | undefined }>(resolve => {
    const upgrade = { 'Connection': 'Upgrade', 'Upgrade': 'websocket', 'Sec-WebSocket-Version': '13' }
    const headers = { ...upgrade, 'Sec-WebSocket-Key': 'AAAAAAAAAAAAAAAAAAAAAA==' }
    get({ host: '127.0.0.1', port: relay.port, path: '/v1/sync', headers }, response =>
      resolve({ status: response.statusCode ?? 0, retry: response.headers['retry-after'] }),
    )
  })
  const polling = poll(relay.port)
  // Both have come in by the time that a later request is answered.
  await expect.poll(async () => (await fetch(`http://127.0.0.1:${relay.port}/healthz`)).status).toBe(200)
  await relay.stop()
  expect(await waiting).toEqual({ status: 503, retry: expect.stringMatching(/^[1-5]$/) as string })
  expect((await polling).status).toBe(503)
})
