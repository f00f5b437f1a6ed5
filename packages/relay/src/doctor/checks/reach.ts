/** The relay as its clients find it, through whatever stands before it. */
import { CLOSE, decodeExchange, encodeExchange } from '@joinery/core/protocol'
import { LOOPBACK } from '../../commands/settings.ts'
import { ask, at, upgrade } from '../asking.ts'
import { found, type Check, type Finding, type Patient } from '../check.ts'

const SLOW_MS = 1_000
const APART_MS = 5_000
const NOTHING = { sent: 0, got: 0, close: 0, reason: '', frames: [] }
const SESSION = 'joinery-session'
/** As a client ends its link. */
const DONE = 1000

/** Only of a relay whose address was said, and that answers there. */
function inReach(check: (url: URL, patient: Patient) => Promise<readonly Finding[]>): Check {
  return async patient => {
    const { url } = patient
    return url === undefined || (await ask(at(url, '/healthz'))) === undefined ? [] : check(url, patient)
  }
}

export const checkHealth: Check = async ({ url, clock }) => {
  if (url === undefined) return []
  const health = at(url, '/healthz')
  const from = clock.monotonic()
  const answer = await ask(health)
  const ms = Math.round(clock.monotonic() - from)
  if (answer === undefined) return found('UNREACHABLE', `Nobody answers at ${health.href}.`)
  if (answer.status !== 200) return found('HEALTH_WRONG', `${health.href} answers ${answer.status}.`)
  return ms > SLOW_MS
    ? found('HEALTH_SLOW', `${health.href} took ${ms} ms to answer.`)
    : found('HEALTH_OK', `${health.href} answers in ${ms} ms.`)
}

export const checkReady = inReach(async url => {
  const answer = await ask(at(url, '/readyz'))
  return answer?.status === 200
    ? found('READY_OK', 'It is ready: its store takes commits.')
    : found('READY_NOT', `It is alive and not ready: /readyz answers ${answer?.status ?? 'nothing'}.`)
})

export const checkTls: Check = async ({ url }) => {
  if (url === undefined) return []
  const isHere = LOOPBACK.includes(url.hostname.replace(/^\[|\]$/g, ''))
  if (url.protocol === 'https:') return found('TLS_OK', 'It is reached over TLS: clients use wss://.')
  return isHere
    ? found('TLS_OK', 'It is on this machine, where TLS is not needed.')
    : found('TLS_MISSING', `${url.hostname} is reached without TLS: tokens and documents can be read on their way.`)
}

export const checkWebSocket = inReach(async url => {
  const socket = at(url, '/v1/sync', 'ws')
  const outcome = await upgrade(socket, { untilClosed: false })
  if (outcome.upgrade === 'open') return found('WEBSOCKET_OK', `${socket.href} opens.`)
  const how = outcome.upgrade === 'refused' ? `is answered ${outcome.status}` : 'does not open'
  return found('WEBSOCKET_BLOCKED', `${socket.href} ${how}, though the relay is there: clients go on over HTTP.`)
})

/** Nobody signs in: the door itself says so, and by that it is known that it was the door. */
export const checkDoor = inReach(async url => {
  const door = at(url, '/y/doctor/doctor?token=none', 'ws')
  const outcome = await upgrade(door, { untilClosed: true })
  if (outcome.upgrade === 'open' && outcome.closed === CLOSE.UNAUTHENTICATED) {
    return found('DOOR_OK', 'The y-websocket door opens, and lets in nobody without a token.')
  }
  const how =
    outcome.upgrade === 'open'
      ? `closes with ${outcome.closed}`
      : outcome.upgrade === 'refused'
        ? `is answered ${outcome.status}`
        : 'does not open'
  return found('DOOR_BLOCKED', `The y-websocket door ${how}.`)
})

/** A link over HTTP, begun and ended. */
export const checkSync = inReach(async url => {
  const sync = at(url, '/v1/sync')
  const headers = { 'Content-Type': 'application/octet-stream' }
  const answer = await ask(sync, { method: 'POST', headers, body: encodeExchange(NOTHING) })
  const key = answer?.headers[SESSION]
  if (answer?.status !== 200 || typeof key !== 'string' || !isExchange(answer.body)) {
    return found('SYNC_BLOCKED', `POST ${sync.href} is answered ${answer?.status ?? 'by nobody'}, and not by a relay.`)
  }
  const body = encodeExchange({ ...NOTHING, close: DONE })
  await ask(sync, { method: 'POST', headers: { ...headers, [SESSION]: key }, body })
  return found('SYNC_OK', `POST ${sync.href} answers: clients go on where WebSockets are blocked.`)
})

export const checkMetrics = inReach(async url => {
  const answer = await ask(at(url, '/metrics'))
  return answer?.status === 200 && answer.body.includes('joinery_')
    ? found('METRICS_OPEN', `Whoever reaches ${url.host} reads its metrics.`)
    : found('METRICS_HIDDEN', `Metrics are not shown at ${url.host} to whoever asks.`)
})

export const checkTime = inReach(async (url, { clock }) => {
  const answer = await ask(at(url, '/healthz'))
  const there = Date.parse(answer?.headers.date ?? '')
  if (Number.isNaN(there)) return []
  // The header has whole seconds.
  const apart = Math.abs(clock.now() - there - 500)
  return apart > APART_MS
    ? found('TIME_APART', `Its clock and this one are ${Math.round(apart / 1_000)} s apart.`)
    : found('TIME_OK', 'Its clock says what this one says.')
})

function isExchange(body: Uint8Array): boolean {
  try {
    decodeExchange(body)
    return true
  } catch {
    return false
  }
}
