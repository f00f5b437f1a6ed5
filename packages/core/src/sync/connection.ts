/**
 * The client's one link to a relay, as a state machine. Laws:
 * - Pure: time and chance come in with the events and the options; what is to be done comes out as effects; nothing is done here.
 * - `hello` and every `watch` go out in one flight, so an unchanged reconnect is one round trip (R3).
 * - Deadlines are monotonic: a wall clock that jumps makes no storm and hides no silence (WS-18, WS-20).
 * - A permanent answer stops the link until the app or the person does something; everything else comes back by itself, with full jitter.
 */
import type { Code } from '../errors.ts'
import { CODES } from '../errors.ts'
import { codeOfClose } from '../protocol/close-code.ts'
import type { ClientMessage, RelayMessage, Welcome } from '../protocol/index.ts'
import { OLDEST_VERSION, VERSION } from '../protocol/message.ts'
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
  | { readonly type: 'start'; readonly url: string }
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
  | { readonly do: 'close' }
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
 * assert.deepEqual(link.handle({ type: 'start', url: 'wss://relay.example/v1/sync' }, 0), [{ do: 'ask-token' }])
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
  /** Whether the relay refused the token that this attempt brought: a second time in a row is final. */
  let refusedToken = false
  let heardAt = 0
  let askedAt = 0
  let probeUntil = Infinity
  let timeId = 0
  let replacedAt = -Infinity
  let now = 0
  let effects: ConnectionEffect[] = []

  /** Whether there is an open wire. */
  const isOpen = (): boolean => state.at === 'greeting' || state.at === 'live'
  /** Whether there is one, open or to be opened. */
  const wired = (): boolean => state.at === 'connecting' || isOpen()

  /** Ends the attempt or the link, if there is one, and says so to whoever relied on it. */
  const leave = (next: ConnectionState, isClosed = false): void => {
    if (wired() && !isClosed) effects.push({ do: 'close' })
    if (state.at === 'live') {
      effects.push({ do: 'down' })
      if (now - state.since >= STEADY_MS) failures = 0
    }
    state = next
  }

  const stop = (code?: Code, isClosed?: boolean): void => leave({ at: 'stopped', code }, isClosed)

  const askToken = (isClosed?: boolean): void => {
    leave({ at: online ? 'asking-token' : 'offline' }, isClosed)
    if (online) effects.push({ do: 'ask-token' })
  }

  const retry = (code?: Code, atLeast = 0, isClosed?: boolean): void => {
    leave({ at: 'offline' }, isClosed)
    if (!online) return
    state = { at: 'waiting', until: now + atLeast + backoff(failures, options.chance()), code }
    failures += 1
  }

  const askTime = (): void => {
    askedAt = now
    timeId += 1
    effects.push({ do: 'send', message: { type: 'time', id: timeId } })
  }

  const refused = (code: Code | undefined, retryAfter: number, isClosed?: boolean): void => {
    if (code === 'REPLACED') {
      const isCloned = now - replacedAt < CLONE_MS
      replacedAt = isCloned ? -Infinity : now
      retry(code, isCloned ? 0 : REPLACED_MS, isClosed)
      if (isCloned) effects.push({ do: 'cloned' })
    } else if (code === 'UNAUTHENTICATED' && !refusedToken) {
      refusedToken = true
      askToken(isClosed)
    } else if (code && CODES[code] === 'stop') stop(code, isClosed)
    else retry(code, retryAfter, isClosed)
  }

  const relayTime = (wall: number): void => void effects.push({ do: 'relay-time', wall, rtt: now - askedAt })

  const hear = (message: RelayMessage): void => {
    heardAt = now
    probeUntil = Infinity
    if (message.type === 'bye') refused(message.code, message.retryAfter)
    if (message.type === 'clock' && message.id === timeId) relayTime(message.wall)
    if (message.type === 'welcome' && state.at === 'greeting') {
      if (message.version < OLDEST_VERSION || message.version > VERSION) return retry('RELAY_VERSION')
      state = { at: 'live', since: now, session: message.session }
      refusedToken = false
      relayTime(message.wall)
      askedAt = now
      effects.push({ do: 'up', welcome: message })
    }
  }

  const tick = (): void => {
    if (state.at === 'waiting') {
      if (now >= state.until) askToken()
    } else if (state.at === 'live') {
      if (now >= Math.min(heardAt + SILENCE_MS, probeUntil)) return retry()
      if (now >= askedAt + HEARTBEAT_MS) askTime()
      if (now < refreshAt) return
      refreshAt = Infinity
      effects.push({ do: 'ask-token' })
    } else if ('until' in state && now >= state.until) retry()
  }

  const act: { readonly [T in ConnectionEvent['type']]: (event: Extract<ConnectionEvent, { type: T }>) => void } = {
    'start': event => {
      stop()
      url = event.url
      failures = 0
      refusedToken = false
      askToken()
    },
    'stop': () => stop(),
    'give-up': ({ code }) => stop(code),
    'distrust': () => {
      if (isOpen()) retry()
    },
    'network': event => {
      if (online === event.online) return
      online = event.online
      if (online ? state.at === 'offline' : state.at !== 'stopped') askToken()
    },
    'wake': () => {
      if (state.at === 'waiting') askToken()
      // After a sleep a link may look alive and be dead: it has the time of a greeting to answer.
      if (state.at !== 'live' || probeUntil !== Infinity) return
      probeUntil = now + WELCOME_MS
      askTime()
    },
    'token': ({ token: next, left = Infinity }) => {
      token = next
      // However soon it seems to end: by a wall clock that is wrong, every token does (WS-18).
      refreshAt = now + Math.max(left - REFRESH_MS, left / 2, HEARTBEAT_MS)
      if (state.at === 'live') effects.push({ do: 'send', message: { type: 'auth', token } })
      if (state.at !== 'asking-token') return
      state = { at: 'connecting', until: now + WELCOME_MS }
      effects.push({ do: 'connect', url })
    },
    'no-token': ({ final }) => {
      refreshAt = now + HEARTBEAT_MS
      if (state.at !== 'asking-token') return
      if (final) stop('UNAUTHENTICATED')
      else retry('UNAUTHENTICATED')
    },
    'opened': () => {
      if (state.at !== 'connecting') return
      state = { at: 'greeting', until: now + WELCOME_MS }
      askedAt = heardAt = now
      probeUntil = Infinity
      effects.push({ do: 'greet', token })
    },
    'closed': ({ code }) => {
      if (wired()) refused(codeOfClose(code), 0, true)
    },
    'heard': ({ message }) => {
      if (isOpen()) hear(message)
    },
    'tick': tick,
  }

  return {
    state: () => state,
    wakeAt() {
      if (state.at === 'live') return Math.min(askedAt + HEARTBEAT_MS, heardAt + SILENCE_MS, probeUntil, refreshAt)
      return 'until' in state ? state.until : undefined
    },
    handle(event, at) {
      now = at
      effects = []
      const row: (event: never) => void = act[event.type]
      row(event as never)
      return effects
    },
  }
}
