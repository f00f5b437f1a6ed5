/** Links over HTTP against a real relay: what holds over a WebSocket holds here. */
import { httpTransport } from '@joinery/adapters/transport/http'
import {
  decodeExchange,
  decodeMessage,
  encodeExchange,
  encodeMessage,
  VERSION,
  type ClientMessage,
  type Exchange,
  type PushedEntry,
  type RelayMessage,
} from '@joinery/core/protocol'
import { expect, onTestFinished, test, vi } from 'vitest'
import { Doc, encodeStateAsUpdate } from 'yjs'
import { served } from '../served.ts'

const hello = (name: string, device: string): Uint8Array =>
  encodeMessage({ type: 'hello', version: VERSION, device, token: `dev:${name}` })
const POLL: Exchange = { sent: 0, got: 0, close: 0, reason: '', frames: [] }

/** One request, by hand. */
function ask(
  port: number,
  exchange: Partial<Exchange> | Uint8Array,
  headers: Record<string, string> = {},
  path = '/v1/sync',
): Promise<Response> {
  const body = exchange instanceof Uint8Array ? exchange : encodeExchange({ ...POLL, ...exchange })
  return fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', headers, body: body as Uint8Array<ArrayBuffer> })
}

async function read(response: Response): Promise<{ exchange: Exchange; messages: RelayMessage[] }> {
  const exchange = decodeExchange(new Uint8Array(await response.arrayBuffer()))
  return { exchange, messages: exchange.frames.map(frame => decodeMessage(frame) as RelayMessage) }
}

interface Polling {
  readonly heard: RelayMessage[]
  readonly closes: number[]
  say(message: ClientMessage): void
  next<T extends RelayMessage['type']>(
    type: T,
    fits?: (message: Extract<RelayMessage, { type: T }>) => boolean,
  ): Promise<Extract<RelayMessage, { type: T }>>
  close(): void
}

/** A device that was welcomed over HTTP. */
async function polling(port: number, name: string, device: string): Promise<Polling> {
  const heard: RelayMessage[] = []
  const closes: number[] = []
  const wire = httpTransport().connect(`ws://127.0.0.1:${port}/v1/sync`, {
    opened: () => wire.send(hello(name, device)),
    frame: bytes => void heard.push(decodeMessage(bytes) as RelayMessage),
    closed: ({ code }) => void closes.push(code),
  })
  onTestFinished(() => wire.close(1000, ''))
  const one: Polling = {
    heard,
    closes,
    say: message => wire.send(encodeMessage(message)),
    next: (type, fits = () => true) =>
      vi.waitFor(
        () => {
          const message = heard.find(
            (said): said is Extract<RelayMessage, { type: typeof type }> =>
              said.type === type && fits(said as Extract<RelayMessage, { type: typeof type }>),
          )
          if (message === undefined) throw new Error(`no ${type} among ${heard.map(said => said.type).join()}`)
          return message
        },
        { timeout: 10_000, interval: 2 },
      ),
    close: () => wire.close(1000, ''),
  }
  await one.next('welcome')
  return one
}

function edit(n: number, text: string): PushedEntry {
  const doc = new Doc()
  doc.getText('body').insert(0, text)
  const bytes = encodeStateAsUpdate(doc)
  return { n, type: 'update', resupply: false, document: 'd', kind: 'note', engine: 'yjs', at: 1, bytes }
}

test('[S2] two devices agree over HTTP, and with one on a WebSocket; acks, presence and time are as there', async () => {
  const { port, device } = await served()
  const [desk, phone] = [await polling(port, 'ada', 'desk'), await polling(port, 'ada', 'phone')]
  const socket = await device('ada', 'tablet')
  for (const one of [desk, phone, socket]) one.say({ type: 'watch', space: 'room', cursor: undefined })
  await Promise.all([desk, phone, socket].map(one => one.next('changes')))
  desk.say({ type: 'push', space: 'room', entries: [edit(1, 'written at the desk')] })
  expect(await desk.next('ack')).toMatchObject({ entries: [{ n: 1, seq: 1 }] })
  for (const one of [phone, socket]) {
    const { entries } = await one.next('changes', ({ entries }) => entries.length > 0)
    expect(entries).toMatchObject([{ seq: 1, document: 'd', device: 'desk' }])
  }
  socket.push('room', edit(1, 'written on the tablet'))
  await phone.next('changes', ({ cursor }) => cursor.seq === 2)
  phone.say({ type: 'presence', space: 'room', document: 'd', session: '', subject: '', clock: 1, state: '{"at":3}' })
  expect(await socket.next('presence')).toMatchObject({ subject: 'ada', state: '{"at":3}' })
  expect(await desk.next('presence')).toMatchObject({ subject: 'ada', state: '{"at":3}' })
  phone.say({ type: 'time', id: 9 })
  expect(await phone.next('clock')).toMatchObject({ id: 9 })
  phone.close()
  expect(await socket.next('presence', ({ state }) => state === undefined)).toMatchObject({ subject: 'ada' })
})

test('[P84] one live link per device, whatever carries it: the newer wins and the older is told', async () => {
  const { port, device } = await served()
  const older = await polling(port, 'ada', 'phone')
  await device('ada', 'phone')
  expect(await older.next('bye')).toMatchObject({ code: 'REPLACED' })
  await vi.waitFor(() => expect(older.closes).toEqual([4409]))
})

test('[P101] a final no is told as over a WebSocket: the message, then the close code', async () => {
  const { port } = await served()
  const opened = await ask(port, {})
  const session = opened.headers.get('Joinery-Session') ?? ''
  const wait = { 'Joinery-Session': session, 'Joinery-Wait': '5' }
  const token = encodeMessage({ type: 'hello', version: VERSION, device: 'phone', token: 'nobody' })
  const { exchange, messages } = await read(await ask(port, { frames: [token] }, wait))
  expect(messages).toMatchObject([{ type: 'bye', code: 'UNAUTHENTICATED' }])
  expect(exchange).toMatchObject({ got: 1, close: 4401, reason: 'UNAUTHENTICATED' })
  // Lost on its way, it can be asked for again.
  expect(await read(await ask(port, { frames: [token] }, wait))).toEqual({ exchange, messages })
})

test('[P102] the same request twice is taken once and answered with the same', async () => {
  const { port, store } = await served()
  const session = (await ask(port, {})).headers.get('Joinery-Session') ?? ''
  const headers = { 'Joinery-Session': session, 'Joinery-Wait': '5' }
  const first = await read(await ask(port, { frames: [hello('ada', 'phone')] }, headers))
  expect(first.messages).toMatchObject([{ type: 'welcome' }])
  const push = encodeMessage({ type: 'push', space: 'room', entries: [edit(1, 'once')] })
  const request = { sent: 1, got: 1, frames: [push] }
  const answers = [await read(await ask(port, request, headers)), await read(await ask(port, request, headers))]
  expect(answers[0]?.messages).toMatchObject([{ type: 'ack' }])
  expect(answers[1]).toEqual(answers[0])
  expect((await store.head('room'))?.seq).toBe(1)
})

test('[P103] a newer request ends the waiting of an older one, and takes what there is', async () => {
  const { port } = await served()
  const session = (await ask(port, {})).headers.get('Joinery-Session') ?? ''
  const headers = { 'Joinery-Session': session, 'Joinery-Wait': '25' }
  await read(await ask(port, { frames: [hello('ada', 'phone')] }, headers))
  const waiting = ask(port, { sent: 1, got: 1 }, headers)
  const time = encodeMessage({ type: 'time', id: 1 })
  const answered = await read(await ask(port, { sent: 1, got: 1, frames: [time] }, headers))
  const old = await read(await waiting)
  expect([...old.messages, ...answered.messages]).toMatchObject([{ type: 'clock', id: 1 }])
})

test('[WS-01] [WS-02] a page of another origin is refused before anything of it is read', async () => {
  const { port } = await served({ loopbackOnly: false, origins: ['https://app.example.com'] })
  for (const origin of ['https://evil.example', 'https://app.example.com.evil.io', 'null', 'https://APP.example.com']) {
    const response = await ask(port, new Uint8Array(9), { Origin: origin })
    expect(response.status, origin).toBe(403)
    expect(response.headers.get('Access-Control-Allow-Origin')).toBeNull()
    expect(await response.json()).toMatchObject({ success: false, error: { code: 'FORBIDDEN' } })
  }
})

test('[P104] a page of a listed origin may ask, also before it does; what it may read is said', async () => {
  const { port } = await served({ loopbackOnly: false, origins: ['https://app.example.com'] })
  const preflight = (origin: string): Promise<Response> =>
    fetch(`http://127.0.0.1:${port}/v1/sync`, {
      method: 'OPTIONS',
      headers: { 'Origin': origin, 'Access-Control-Request-Method': 'POST' },
    })
  const allowed = await preflight('https://app.example.com')
  expect(allowed.status).toBe(204)
  expect(allowed.headers.get('Access-Control-Allow-Origin')).toBe('https://app.example.com')
  expect(allowed.headers.get('Access-Control-Allow-Headers')).toContain('Joinery-Session')
  expect((await preflight('https://evil.example')).status).toBe(403)
  const { headers } = await ask(port, {}, { Origin: 'https://app.example.com' })
  expect(headers.get('Access-Control-Expose-Headers')).toBe('Joinery-Session')
  expect(headers.get('Access-Control-Allow-Credentials')).toBeNull()
  expect(headers.get('Vary')).toContain('Origin')
  expect(headers.get('Cache-Control')).toBe('no-store')
  expect(headers.get('X-Content-Type-Options')).toBe('nosniff')
})

test('[P104] what a page of another origin may ask is said to listed ones, for this address and nothing else', async () => {
  const { port } = await served({ loopbackOnly: false, origins: ['https://app.example.com'] })
  const Origin = 'https://app.example.com'
  const ask = { 'Access-Control-Request-Method': 'POST', 'Access-Control-Request-Headers': 'joinery-session' }
  const preflight = (path: string, headers: Record<string, string>): Promise<Response> =>
    fetch(`http://127.0.0.1:${port}${path}`, { method: 'OPTIONS', headers })
  const allowed = await preflight('/v1/sync', { Origin, ...ask })
  const said = Object.fromEntries([...allowed.headers].filter(([name]) => name.startsWith('access-control-')))
  expect(said).toEqual({
    'access-control-allow-origin': Origin,
    'access-control-allow-methods': 'POST',
    'access-control-allow-headers': 'Content-Type,Joinery-Session,Joinery-Wait',
    'access-control-expose-headers': 'Joinery-Session',
    'access-control-max-age': '3600',
  })
  expect(allowed.headers.get('Vary')).toContain('Origin')
  for (const bad of ['https://evil.example', 'null', 'https://app.example.com.evil.io', 'https://APP.example.com']) {
    const { status, headers } = await preflight('/v1/sync', { Origin: bad, ...ask })
    expect([status, headers.get('Access-Control-Allow-Origin')], bad).toEqual([403, null])
  }
  for (const path of ['/healthz', '/readyz', '/v1/other']) {
    const { headers } = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { Origin } })
    expect(headers.get('Access-Control-Allow-Origin'), path).toBeNull()
  }
})

test('[AU-10] a token stands in no address, and a wrong key is the same as none', async () => {
  const { port } = await served()
  expect((await ask(port, {}, {}, '/v1/sync?token=dev:ada')).status).toBe(400)
  const response = await ask(port, {}, { 'Joinery-Session': '0'.repeat(48) })
  expect(response.status).toBe(404)
  expect(await response.json()).toMatchObject({ success: false, error: { code: 'NOT_FOUND' } })
})

test('[WS-06] how much is read of a body is bounded, and almost nothing before a welcome', async () => {
  const { port } = await served()
  expect((await ask(port, new Uint8Array(100_000))).status).toBe(413)
  const endless = new ReadableStream<Uint8Array>({ pull: stream => stream.enqueue(new Uint8Array(65_536)) })
  const sent = fetch(`http://127.0.0.1:${port}/v1/sync`, {
    method: 'POST',
    body: endless,
    ...{ duplex: 'half' },
  })
  expect((await sent).status).toBe(413)
  const bad = await ask(port, Uint8Array.of(255, 255))
  expect(bad.status).toBe(400)
  expect(await bad.json()).toMatchObject({ error: { code: 'BAD_FRAME' } })
})

test('[DU-13] a relay that stops says so to whoever waits', async () => {
  const one = await served()
  const session = (await ask(one.port, {})).headers.get('Joinery-Session') ?? ''
  const headers = { 'Joinery-Session': session, 'Joinery-Wait': '25' }
  await read(await ask(one.port, { frames: [hello('ada', 'phone')] }, headers))
  const waiting = ask(one.port, { sent: 1, got: 1 }, headers)
  // By the time another device is welcomed the request has come in.
  await one.device('ada', 'desk')
  const [answered] = await Promise.all([waiting, one.stop()])
  const { exchange, messages } = await read(answered)
  expect(messages).toMatchObject([{ type: 'bye', code: 'UNAVAILABLE' }])
  expect(exchange.close).toBe(1012)
})
