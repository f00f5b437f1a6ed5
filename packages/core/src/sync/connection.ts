/**
 * The client's one link to a relay, as a state machine. Laws:
 * - Pure: time and chance come in with the events and the options; what is to be done comes out as effects; nothing is done here.
 * - `hello` and every `watch` go out in one flight, so an unchanged reconnect is one round trip (R3).
 * - Deadlines are monotonic: a wall clock that jumps makes no storm and hides no silence (WS-18, WS-20).
 * - A permanent answer stops the link until the app or the person does something; everything else comes back by itself, with full jitter.
 */
import type { Code } from '../errors.ts'
import { CODES } from '../errors.ts'
import { CLOSE, finalClose } from '../protocol/close.ts'
import type { ClientMessage, RelayMessage, Welcome } from '../protocol/index.ts'
import { backoff } from './backoff.ts'

const WELCOME_MS = 5_000
const HEARTBEAT_MS = 30_000
const SILENCE_MS = 60_000
/** A link that held this long was a good one: the next failure starts from the shortest wait. */
const STEADY_MS = 10_000
/** Another link of this device took over; coming back at once would only take it back. */
const REPLACED_MS = 30_000
/** Replaced twice within this time, by somebody who came back as this device did: there are two of it. */
const CLONE_MS = 5 * 60_000
/** A new token is asked for this long before the old one ends. */
const REFRESH_MS = 60_000

export type ConnectionState =
  | { readonly at: 'stopped'; readonly code: Code | undefined }
  | { readonly at: 'offline' }
  | { readonly at: 'asking-token' }
  | { readonly at: 'connecting'; readonly until: number }
  | { readonly at: 'greeting'; readonly until: number }
  | { readonly at: 'live'; readonly since: number; readonly session: string }
  | { readonly at: 'waiting'; readonly until: number; readonly code: Code | undefined }

export type ConnectionEvent =
  | { readonly type: 'start'; readonly url: string; readonly insecure: boolean }
  | { readonly type: 'stop' }
  | { readonly type: 'network'; readonly online: boolean }
  /** The page or the machine woke up, or the person asked to sync now. */
  | { readonly type: 'wake' }
  /** `left`: milliseconds until it ends, undefined when it does not tell. */
  | { readonly type: 'token'; readonly token: string; readonly left: number | undefined }
  /** `final`: there is nobody signed in; otherwise it is tried again. */
  | { readonly type: 'no-token'; readonly final: boolean }
  | { readonly type: 'opened' }
  | { readonly type: 'closed'; readonly code: number }
  | { readonly type: 'heard'; readonly message: RelayMessage }
  /** Something on this link is not as it must be: drop it and come back. */
  | { readonly type: 'distrust' }
  /** Final: nothing on this link can be right (another account, R6). */
  | { readonly type: 'give-up'; readonly code: Code }
  | { readonly type: 'tick' }

export type ConnectionEffect =
  | { readonly do: 'ask-token' }
  | { readonly do: 'connect'; readonly url: string }
  /** Send `hello` with this token and one `watch` for each space. */
  | { readonly do: 'greet'; readonly token: string }
  | { readonly do: 'send'; readonly message: ClientMessage }
  | { readonly do: 'close'; readonly code: number; readonly reason: string }
  | { readonly do: 'up'; readonly welcome: Welcome }
  | { readonly do: 'down' }
  /** Another device goes by this one's name: they take the link from each other. */
  | { readonly do: 'cloned' }
  /** The relay's wall clock, and how long the question was on its way. */
  | { readonly do: 'relay-time'; readonly wall: number; readonly rtt: number }

export interface Connection {
  handle(event: ConnectionEvent, now: number): ConnectionEffect[]
  state(): ConnectionState
  /** When the next `tick` is due, by the same clock as `now`; undefined for never. */
  wakeAt(): number | undefined
}

/**
 * A link that is stopped until it is started. `chance` gives numbers in [0, 1).
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { connection } from '@joinery/core/sync'
 *
 * const link = connection({ chance: () => 0.5 })
 * assert.deepEqual(link.handle({ type: 'start', url: 'wss://relay.example/v1/link', insecure: false }, 0), [{ do: 'ask-token' }])
 * assert.equal(link.state().at, 'asking-token')
 * ```
 */
export function connection(options: { chance: () => number }): Connection {
  let state: ConnectionState = { at: 'stopped', code: undefined }
  let url = ''
  let online = true
  let failures = 0
  let token = ''
  let refreshAt = Infinity
  let refreshing = false
  /** Whether the relay refused the token that this attempt brought: a second time in a row is final. */
  let refusedToken = false
  let heardAt = 0
  let askedAt = 0
  let probeUntil = Infinity
  let timeId = 0
  let replacedAt = -Infinity

  /** Ends the attempt or the link, if there is one, and says so to whoever relied on it. */
  const hangUp = (reason: string): ConnectionEffect[] => {
    const effects: ConnectionEffect[] = []
    if (state.at === 'connecting' || state.at === 'greeting' || state.at === 'live') effects.push({ do: 'close', code: 1000, reason })
    if (state.at === 'live') effects.push({ do: 'down' })
    return effects
  }

  const stop = (code: Code | undefined): ConnectionEffect[] => {
    const effects = hangUp(code ?? 'closed')
    state = { at: 'stopped', code }
    return effects
  }

  const askToken = (): ConnectionEffect[] => {
    if (!online) {
      state = { at: 'offline' }
      return []
    }
    state = { at: 'asking-token' }
    return [{ do: 'ask-token' }]
  }

  const retry = (now: number, code: Code | undefined, atLeast = 0): ConnectionEffect[] => {
    const effects = hangUp(code ?? 'retry')
    if (state.at === 'live' && now - state.since >= STEADY_MS) failures = 0
    if (!online) {
      state = { at: 'offline' }
      return effects
    }
    state = { at: 'waiting', until: now + atLeast + backoff(failures, options.chance()), code }
    failures += 1
    return effects
  }

  const askTime = (now: number): ConnectionEffect => {
    askedAt = now
    timeId += 1
    return { do: 'send', message: { type: 'time', id: timeId } }
  }

  const replaced = (now: number): ConnectionEffect[] => {
    const cloned = now - replacedAt < CLONE_MS
    replacedAt = cloned ? -Infinity : now
    return [...retry(now, 'REPLACED', cloned ? 0 : REPLACED_MS), ...(cloned ? [{ do: 'cloned' } as const] : [])]
  }

  const refusedAs = (code: Code, now: number, retryAfter: number): ConnectionEffect[] => {
    if (code === 'REPLACED') return replaced(now)
    if (code === 'UNAUTHENTICATED') {
      if (refusedToken) return stop(code)
      refusedToken = true
      const effects = hangUp(code)
      return [...effects, ...askToken()]
    }
    return CODES[code].then === 'stop' ? stop(code) : retry(now, code, retryAfter)
  }

  const hear = (message: RelayMessage, now: number): ConnectionEffect[] => {
    heardAt = now
    probeUntil = Infinity
    if (message.type === 'bye') return refusedAs(message.code, now, message.retryAfter)
    if (message.type === 'welcome' && state.at === 'greeting') {
      state = { at: 'live', since: now, session: message.session }
      refusedToken = false
      const rtt = now - askedAt
      askedAt = now
      return [
        { do: 'relay-time', wall: message.wall, rtt },
        { do: 'up', welcome: message },
      ]
    }
    if (message.type === 'clock' && message.id === timeId) return [{ do: 'relay-time', wall: message.wall, rtt: now - askedAt }]
    return []
  }

  const closed = (code: number, now: number): ConnectionEffect[] => {
    if (state.at !== 'connecting' && state.at !== 'greeting' && state.at !== 'live') return []
    const wasLive = state.at === 'live'
    const down: ConnectionEffect[] = wasLive ? [{ do: 'down' }] : []
    const steady = state.at === 'live' && now - state.since >= STEADY_MS
    // It is closed already: nothing left to hang up.
    state = { at: 'waiting', until: now, code: undefined }
    if (steady) failures = 0
    const final = finalClose(code)
    if (final !== undefined) return [...down, ...refusedAs(final, now, 0)]
    return [...down, ...(code === CLOSE.REPLACED ? replaced(now) : retry(now, undefined))]
  }

  const tick = (now: number): ConnectionEffect[] => {
    switch (state.at) {
      case 'connecting':
      case 'greeting':
        return now >= state.until ? retry(now, undefined) : []
      case 'waiting':
        return now >= state.until ? askToken() : []
      case 'live': {
        if (now - heardAt >= SILENCE_MS || now >= probeUntil) return retry(now, undefined)
        const effects: ConnectionEffect[] = []
        if (now - askedAt >= HEARTBEAT_MS) effects.push(askTime(now))
        if (now >= refreshAt && !refreshing) {
          refreshing = true
          effects.push({ do: 'ask-token' })
        }
        return effects
      }
      default:
        return []
    }
  }

  return {
    state: () => state,

    wakeAt() {
      switch (state.at) {
        case 'connecting':
        case 'greeting':
        case 'waiting':
          return state.until
        case 'live':
          return Math.min(askedAt + HEARTBEAT_MS, heardAt + SILENCE_MS, probeUntil, refreshing ? Infinity : refreshAt)
        default:
          return undefined
      }
    },

    handle(event, now) {
      switch (event.type) {
        case 'start': {
          const effects = stop(undefined)
          url = event.url
          failures = 0
          refusedToken = false
          refreshing = false
          if (!event.insecure && !isSafe(url)) return [...effects, ...stop('INSECURE_URL')]
          return [...effects, ...askToken()]
        }
        case 'stop':
          return stop(undefined)
        case 'give-up':
          return stop(event.code)
        case 'distrust':
          return state.at === 'live' || state.at === 'greeting' ? retry(now, undefined) : []
        case 'network': {
          if (online === event.online) return []
          online = event.online
          if (online) return state.at === 'offline' ? askToken() : []
          if (state.at === 'stopped') return []
          const effects = hangUp('offline')
          state = { at: 'offline' }
          return effects
        }
        case 'wake':
          if (state.at === 'waiting') return askToken()
          // After a sleep a link may look alive and be dead: it has the time of a greeting to answer.
          if (state.at !== 'live' || probeUntil !== Infinity) return []
          probeUntil = now + WELCOME_MS
          return [askTime(now)]
        case 'token':
          token = event.token
          refreshAt = event.left === undefined ? Infinity : now + Math.max(event.left - REFRESH_MS, event.left / 2)
          if (state.at === 'live' && refreshing) {
            refreshing = false
            return [{ do: 'send', message: { type: 'auth', token } }]
          }
          if (state.at !== 'asking-token') return []
          state = { at: 'connecting', until: now + WELCOME_MS }
          return [{ do: 'connect', url }]
        case 'no-token':
          refreshing = false
          if (state.at !== 'asking-token') {
            refreshAt = now + HEARTBEAT_MS
            return []
          }
          return event.final ? stop('UNAUTHENTICATED') : retry(now, 'UNAUTHENTICATED')
        case 'opened':
          if (state.at !== 'connecting') return []
          state = { at: 'greeting', until: now + WELCOME_MS }
          askedAt = now
          heardAt = now
          probeUntil = Infinity
          return [{ do: 'greet', token }]
        case 'closed':
          return closed(event.code, now)
        case 'heard':
          return state.at === 'greeting' || state.at === 'live' ? hear(event.message, now) : []
        case 'tick':
          return tick(now)
      }
    },
  }
}

/** Whether edits may travel to this address: in clear only when it never leaves the machine (WS-19). */
function isSafe(url: string): boolean {
  const plain = /^(?:ws|http):\/\/([^/?#]*)/i.exec(url)
  if (plain === null) return true
  // No user part: `ws://localhost@elsewhere` goes elsewhere.
  return /^(?:localhost|[\w-]+\.localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/i.test(plain[1] ?? '')
}
