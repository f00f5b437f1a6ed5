/** Secrets and somebody's words go in by every way there is, good and hostile; they come out nowhere that others read. */
import { encodeExchange, encodeMessage, VERSION } from '@joinery/core/protocol'
import { createEncoder, toUint8Array, writeVarString, writeVarUint, writeVarUint8Array } from 'lib0/encoding'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { closeOf, open, speak } from '../dial.ts'
import { scrape } from '../metrics/scrape.ts'
import { type as typing, update, writer } from '../rig.ts'
import { runJoinery, spawnRelay } from '../spawned.ts'

const SECRET = 'k3Vt9sQz7LmXw2Rb8NcY5dHf1GjP6aEu'
const METRICS = 'q8Zr3vKx7NwT1bLm5YcPd9HsJf2GeU4a'
const WORDS = 'canary-words-of-a-document'
const SHOWN = 'canary-shown-state'
const HOSTILE = 'canary-hostile-bytes'
const HEADER = 'canary-header-value'

interface Answered {
  readonly status: number
  readonly text: string
}

test('[OP-01] [AU-10] a token, a secret and a document’s words are in no log line, metric, HTTP answer or reason of a close', async () => {
  const data = mkdtempSync(join(tmpdir(), 'joinery-canary-'))
  onTestFinished(() => rmSync(data, { recursive: true, force: true }))
  const environment = { JOINERY_SECRET: SECRET, JOINERY_METRICS_TOKEN: METRICS }
  const token = (await runJoinery(['token', 'ann'], environment)).out.trim()
  const relay = await spawnRelay(data, environment, ['--metrics-port', '0'])
  const metricsPort = Number((await relay.logged(({ event }) => event === 'metrics'))['port'])
  const at = `http://127.0.0.1:${relay.port}`
  const answers: Answered[] = []
  const reasons: string[] = []
  const ask = async (path: string, init: RequestInit = {}): Promise<void> => {
    const response = await fetch(at + path, init)
    const headers = [...response.headers].flat().join('\n')
    answers.push({ status: response.status, text: `${headers}\n${await response.text()}` })
  }
  const ended = async (socket: WebSocket): Promise<void> => {
    reasons.push((await closeOf(socket)).reason)
  }

  // By a link: an edit that is taken, presence, edits that are refused, a frame that is none, and a text.
  const device = speak(await open(relay.port))
  device.say({ type: 'hello', version: VERSION, device: 'phone', token })
  await device.next('welcome')
  device.say({ type: 'watch', space: 'me', cursor: undefined })
  await device.next('changes')
  device.push('me', update(1, 'd', writer(1).edit(typing(WORDS))))
  expect(await device.answer(1)).toBe(1)
  device.say({ type: 'presence', space: 'me', document: 'd', session: '', subject: '', clock: 1, state: SHOWN })
  device.push('me', update(2, 'd', bytesOf(HOSTILE)))
  expect(await device.answer(2)).toBe('BAD_UPDATE')
  device.push('me', update(3, 'r', bytesOf(`{"${HOSTILE}": ${HOSTILE}}`), { engine: 'register' }))
  expect(await device.answer(3)).toBe('BAD_UPDATE')
  device.push('me', update(4, 'a', bytesOf(HOSTILE), { engine: 'automerge' }))
  expect(await device.answer(4)).toBe('BAD_UPDATE')
  device.socket.send(bytesOf(HOSTILE))
  reasons.push((await device.closed()).reason)
  const chatty = await open(relay.port)
  chatty.send(HOSTILE)
  await ended(chatty)
  for (const bad of [`${token}x`, 'dev:canary-nobody', HOSTILE]) {
    const stranger = speak(await open(relay.port))
    stranger.say({ type: 'hello', version: VERSION, device: 'phone', token: bad })
    reasons.push((await stranger.closed()).reason)
  }

  // At the door: an edit, awareness, and what is neither; then with a token that is none, and to where nobody may.
  const doorAt = (space: string, document: string, with_: string): WebSocket =>
    new WebSocket(`ws://127.0.0.1:${relay.port}/y/${space}/${document}?token=${with_}`)
  const door = doorAt('me', 'e', token)
  await once(door, 'open')
  door.send(frame(0, 2, writer(7).edit(typing(WORDS))))
  door.send(awareness(JSON.stringify({ user: SHOWN })))
  door.send(awareness(`{"${HOSTILE}`))
  door.send(frame(0, 2, bytesOf(HOSTILE)))
  await ended(door)
  const odd = doorAt('me', 'e', token)
  await once(odd, 'open')
  odd.send(bytesOf(HOSTILE))
  await ended(odd)
  await ended(doorAt('me', 'd', `${token}x`))
  await ended(doorAt('nobodys', 'd', token))

  // Over HTTP: in addresses, headers and bodies, where they belong and where not.
  const hello = encodeMessage({ type: 'hello', version: VERSION, device: 'tablet', token })
  await ask('/v1/sync', { method: 'POST', body: exchange(hello), headers: { 'X-Odd': HEADER } })
  await ask(`/v1/sync?token=${token}`, { method: 'POST', body: exchange(hello) })
  await ask('/v1/sync', { method: 'POST', body: HOSTILE })
  await ask('/v1/sync', { method: 'POST', body: HOSTILE, headers: { 'Joinery-Session': HEADER } })
  await ask(`/v1/${HOSTILE}?token=${token}`, { headers: { Authorization: `Bearer ${token}` } })
  await ask(`/healthz?token=${token}`, { headers: { Cookie: HEADER } })
  await ask('/metrics', { headers: { Authorization: `Bearer ${token}` } })
  await ask(`/y/me/d?token=${token}`, { headers: { Origin: `https://${HEADER}.example` } })
  for (const path of [`/v1/sync?token=${token}`, `/${HOSTILE}?token=${token}`]) {
    const refused = new WebSocket(`ws://127.0.0.1:${relay.port}${path}`, { headers: { 'X-Odd': HEADER } })
    await closeOf(refused)
  }
  // What is hardly HTTP.
  for (const text of [
    `GET /${HOSTILE}?token=${token}`,
    `${HOSTILE} ${token}\r\n\r\n`,
    `GET / HTTP/1.1\r\n${HEADER}\r\n\r\n`,
  ]) {
    const raw = connect(relay.port, '127.0.0.1')
    let answer = ''
    raw.on('data', chunk => void (answer += String(chunk)))
    raw.on('error', () => undefined)
    raw.end(text)
    await once(raw, 'close')
    answers.push({ status: 0, text: answer })
  }
  const scraped = await scrape(metricsPort, { Authorization: `Bearer ${METRICS}` })
  expect(scraped.status).toBe(200)

  relay.signal('SIGTERM')
  expect(await relay.ended()).toBe(0)
  const log = relay.log()
  const lines = log
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line) as { event: string; session?: string; requestId?: string })

  // It all happened, and was told of.
  const events = new Set(lines.map(({ event }) => event))
  for (const event of [
    'linked',
    'entered',
    'refused',
    'closing',
    'unverified',
    'not-admitted',
    'upgrade-refused',
    'request-refused',
  ])
    expect([event, events.has(event)]).toEqual([event, true])
  expect(answers.map(({ status }) => status)).toEqual([200, 400, 400, 404, 404, 200, 401, 404, 0, 0, 0])
  expect(scraped.value('joinery_tokens_refused_total', { code: 'UNAUTHENTICATED' })).toBe(3)

  const canaries = [SECRET, METRICS, WORDS, SHOWN, HOSTILE, HEADER, 'canary', token, ...token.split('.')]
  const everything = [log, relay.line, scraped.text, ...answers.map(({ text }) => text), ...reasons]
  for (const text of everything) {
    for (const canary of canaries) for (const form of formsOf(canary)) expect(text).not.toContain(form)
  }
})

test('[OP-03] an error over HTTP is a code, a sentence and an id, and by the id its line is found', async () => {
  const data = mkdtempSync(join(tmpdir(), 'joinery-canary-'))
  onTestFinished(() => rmSync(data, { recursive: true, force: true }))
  const relay = await spawnRelay(data)
  const response = await fetch(`http://127.0.0.1:${relay.port}/v1/nothing?x=1`)
  const { error, success } = (await response.json()) as { success: boolean; error: Record<string, unknown> }
  expect([success, Object.keys(error).toSorted()]).toEqual([false, ['code', 'details', 'message', 'requestId']])
  expect([error['code'], error['details']]).toEqual(['NOT_FOUND', {}])
  expect(response.headers.get('X-Request-Id')).toBe(error['requestId'])
  const line = await relay.logged(({ requestId }) => requestId === error['requestId'])
  expect(line).toMatchObject({ event: 'request-refused', status: 404, address: '127.0.0.1' })
})

test('[OP-03] an upgrade that is refused has an id too', async () => {
  const data = mkdtempSync(join(tmpdir(), 'joinery-canary-'))
  onTestFinished(() => rmSync(data, { recursive: true, force: true }))
  const relay = await spawnRelay(data)
  const socket = new WebSocket(`ws://127.0.0.1:${relay.port}/nowhere`)
  socket.on('error', () => undefined)
  const [, response] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage]
  const id = response.headers['x-request-id']
  expect(await relay.logged(({ requestId }) => requestId === id)).toMatchObject({
    event: 'upgrade-refused',
    status: 404,
  })
  socket.terminate()
})

test('everything that one connection causes is found by its id, which its client knows', async () => {
  const data = mkdtempSync(join(tmpdir(), 'joinery-canary-'))
  onTestFinished(() => rmSync(data, { recursive: true, force: true }))
  const relay = await spawnRelay(data)
  const device = speak(await open(relay.port))
  device.say({ type: 'hello', version: VERSION, device: 'phone', token: 'dev:ann' })
  const { session } = await device.next('welcome')
  device.say({ type: 'watch', space: 'me', cursor: undefined })
  device.push('me', update(1, 'd', new Uint8Array([9, 9, 9])))
  expect(await device.answer(1)).toBe('BAD_UPDATE')
  device.socket.send('text')
  await device.closed()
  await relay.logged(line => line['event'] === 'closing')
  const mine = relay
    .log()
    .split('\n')
    .filter(line => line.includes(`"session":"${session}"`))
    .map(line => JSON.parse(line) as Record<string, unknown>)
  expect(mine).toMatchObject([
    { event: 'linked', subject: 'ann', device: 'phone' },
    { event: 'refused', code: 'BAD_UPDATE', document: 'd' },
    { event: 'closing', reason: 'TEXT_FRAME', address: '127.0.0.1' },
  ])
})

/** As it is, and as it may have been written on the way. */
function formsOf(text: string): string[] {
  const bytes = Buffer.from(text)
  return [text, bytes.toString('base64').replaceAll('=', ''), bytes.toString('hex'), [...bytes].join(',')]
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

/** A message of y-websocket. */
function frame(type: number, kind: number, bytes: Uint8Array): Uint8Array {
  const encoder = createEncoder()
  writeVarUint(encoder, type)
  writeVarUint(encoder, kind)
  writeVarUint8Array(encoder, bytes)
  return toUint8Array(encoder)
}

function awareness(json: string): Uint8Array {
  const states = createEncoder()
  writeVarUint(states, 1)
  writeVarUint(states, 7)
  writeVarUint(states, 1)
  writeVarString(states, json)
  const encoder = createEncoder()
  writeVarUint(encoder, 1)
  writeVarUint8Array(encoder, toUint8Array(states))
  return toUint8Array(encoder)
}

/** The body of a request of a link over HTTP that brings one frame. */
function exchange(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return encodeExchange({ sent: 0, got: 0, close: 0, reason: '', frames: [bytes] }) as Uint8Array<ArrayBuffer>
}
