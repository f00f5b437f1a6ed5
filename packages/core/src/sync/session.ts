/**
 * One connection as the relay sees it, as a state machine. Laws:
 * - Pure: time comes in with the events, what is to be done comes out as effects, nothing is done here.
 * - `hello` is first, small and in time; before the token is verified and a space's access is known, nothing of it is acted on (AU-11).
 * - What arrives meanwhile waits, in order and bounded; whoever feeds this reads no further while it is `waiting` (T3).
 * - A session's subject never changes (AU-09). After its token has ended nothing is written (AU-07).
 * - A space that is forbidden looks exactly like one that is absent (A4).
 */
import { JoineryError, type Code } from '../errors.ts'
import type { Cursor } from '../entry.ts'
import type { Role } from '../ports/store.ts'
import { CLOSE } from '../protocol/close.ts'
import { HELLO_BYTES } from '../protocol/limits.ts'
import {
  decodeMessage,
  OLDEST_VERSION,
  VERSION,
  type ClientMessage,
  type Message,
  type RelayMessage,
} from '../protocol/message.ts'
import { joinParts, type Pieces } from '../protocol/parts.ts'
import type { HeldDocument } from '../protocol/have.ts'
import type { PushedEntry } from '../protocol/push.ts'
import { CROWD, isCrowded } from './crowded.ts'

/** From opening to welcome. */
const HELLO_MS = 5_000
/** A token may be this late before its session ends (AU-07). */
const TOKEN_GRACE_MS = 30_000
const SPACES = 1_024
/** When to try again in a version that is spoken here no more: there is a newer app by then, or an older relay. */
const OTHER_VERSION_MS = 5 * 60_000

export type SessionState =
  | { readonly at: 'greeting'; readonly until: number }
  | { readonly at: 'verifying'; readonly until: number; readonly device: string; readonly version: number }
  | { readonly at: 'ready'; readonly device: string; readonly subject: string; readonly endsAt: number }
  | { readonly at: 'closing' }

/** What a subject may do in a space, under the id that is stored. */
export interface Access {
  readonly space: string
  readonly role: Role
}

export type SessionEvent =
  | { readonly type: 'frame'; readonly bytes: Uint8Array }
  | ({ readonly type: 'verified' } & Verified)
  /** UNAUTHENTICATED, or UNAVAILABLE when nobody could tell. */
  | { readonly type: 'unverified'; readonly code: Code }
  /** The answer to `admit`, or news about a space that is in use. */
  | { readonly type: 'access'; readonly name: string; readonly access: Access | Code }
  /** The relay ends this connection. */
  | { readonly type: 'end'; readonly code: Code; readonly close: number; readonly retryAfter: number }
  | { readonly type: 'tick' }

export interface Verified {
  readonly subject: string
  /** Milliseconds until the token ends, Infinity for never. */
  readonly left: number
  /** The relay's name for this connection. */
  readonly session: string
  readonly personal: string
  readonly wall: number
}

export type SessionEffect =
  | { readonly do: 'verify'; readonly token: string }
  /** The session is whose it says: an older one of this device ends. */
  | { readonly do: 'greet'; readonly subject: string; readonly device: string; readonly version: number }
  | { readonly do: 'send'; readonly message: RelayMessage }
  | { readonly do: 'close'; readonly code: number; readonly reason: string }
  | { readonly do: 'admit'; readonly name: string }
  | { readonly do: 'watch'; readonly space: string; readonly cursor: Cursor | undefined }
  | { readonly do: 'leave'; readonly space: string }
  | { readonly do: 'push'; readonly space: string; readonly entries: readonly PushedEntry[] }
  | { readonly do: 'fetch'; readonly space: string; readonly document: string | undefined; readonly before: number }
  | { readonly do: 'have'; readonly space: string; readonly documents: readonly HeldDocument[] }
  | {
      readonly do: 'presence'
      readonly space: string
      readonly document: string
      readonly clock: number
      readonly state: string | undefined
    }
  | { readonly do: 'tell-time'; readonly id: number }

export interface Session {
  handle(event: SessionEvent, now: number): SessionEffect[]
  state(): SessionState
  /** Whether an answer is awaited before more is read. */
  waiting(): boolean
  /** When the next `tick` is due, by the same clock as `now`; undefined for never. */
  wakeAt(): number | undefined
}

export interface SessionLimits {
  readonly frameBytes: number
  /** A message in parts, joined. */
  readonly messageBytes: number
  readonly documentBytes: number
}

/** What a message that names a space needs of its sender's access. */
type Spaced = Extract<ClientMessage, { readonly space: string }>

/**
 * The session of a connection that has just opened. `now` is monotonic milliseconds.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { encodeMessage, VERSION } from '@joinery/core/protocol'
 * import { session } from '@joinery/core/sync'
 *
 * const one = session({ frameBytes: 65_536, messageBytes: 65_536, documentBytes: 65_536 }, 0)
 * const hello = encodeMessage({ type: 'hello', version: VERSION, device: 'phone', token: 'dev:ada' })
 * assert.deepEqual(one.handle({ type: 'frame', bytes: hello }, 1), [{ do: 'verify', token: 'dev:ada' }])
 * assert.equal(one.state().at, 'verifying')
 * ```
 */
export function session(limits: SessionLimits, now: number): Session {
  let state: SessionState = { at: 'greeting', until: now + HELLO_MS }
  let asking: string | undefined
  let reverifying = false
  let pieces: Pieces = []
  let queue: ClientMessage[] = []
  let queuedBytes = 0
  const accessByName = new Map<string, Access>()

  const isWaiting = (): boolean => state.at === 'verifying' || asking !== undefined

  const end = (code: Code, close: number, retryAfter = 0): SessionEffect[] => {
    if (state.at === 'closing') return []
    state = { at: 'closing' }
    queue = []
    pieces = []
    return [
      { do: 'send', message: { type: 'bye', code, retryAfter } },
      { do: 'close', code: close, reason: code },
    ]
  }
  const badFrame = (): SessionEffect[] => end('BAD_FRAME', CLOSE.BAD_FRAME)

  /** A message of this frame, or of the parts that it ends; undefined when there is nothing to act on (yet). */
  const read = (bytes: Uint8Array): Message | undefined => {
    if (bytes.length > limits.frameBytes) throw new JoineryError('BAD_FRAME', { bytes: bytes.length })
    const message = decoded(bytes)
    if (message?.type !== 'part' || state.at === 'greeting') return message
    const joined = joinParts(pieces, message, limits.messageBytes)
    pieces = joined.pieces
    return joined.frame && decoded(joined.frame)
  }

  const frame = (bytes: Uint8Array, now: number): SessionEffect[] => {
    if (state.at === 'closing') return []
    if (state.at === 'greeting' && bytes.length > HELLO_BYTES) return badFrame()
    let message: Message | undefined
    try {
      message = read(bytes)
    } catch (error) {
      if (error instanceof JoineryError) return badFrame()
      throw error
    }
    if (message === undefined) return []
    if (state.at === 'greeting') return message.type === 'hello' ? greeted(message) : badFrame()
    if (!isClientMessage(message)) return badFrame()
    // Time is told before other work, and a new token must not wait behind what needs it.
    if (isWaiting() && !(state.at === 'ready' && (message.type === 'time' || message.type === 'auth'))) {
      queuedBytes += bytes.length
      if (queuedBytes > limits.messageBytes + limits.frameBytes) return end('RATE_LIMITED', CLOSE.TRY_LATER, 1_000)
      queue.push(message)
      return []
    }
    return act(message, now)
  }

  const greeted = (message: Extract<Message, { type: 'hello' }>): SessionEffect[] => {
    const version = Math.min(message.version, VERSION)
    if (version < OLDEST_VERSION) return end('VERSION', CLOSE.VERSION, OTHER_VERSION_MS)
    if (state.at !== 'greeting') return badFrame()
    state = { at: 'verifying', until: state.until, device: message.device, version }
    return [{ do: 'verify', token: message.token }]
  }

  const act = (message: ClientMessage, now: number): SessionEffect[] => {
    const row: (message: never, now: number) => SessionEffect[] = receive[message.type]
    return row(message as never, now)
  }

  /** With the access to a message's space, now or once it is told. */
  const within = <M extends Spaced>(message: M, then: (access: Access) => SessionEffect[]): SessionEffect[] => {
    const access = accessByName.get(message.space)
    if (access !== undefined) return then(access)
    if (accessByName.size >= SPACES) return refuse(message, 'RATE_LIMITED', 1_000)
    asking = message.space
    queue.unshift(message)
    return [{ do: 'admit', name: message.space }]
  }

  const receive: { readonly [T in ClientMessage['type']]: Receive<T> } = {
    hello: badFrame,
    part: badFrame,
    auth: ({ token }) => {
      reverifying = true
      return [{ do: 'verify', token }]
    },
    time: ({ id }) => [{ do: 'tell-time', id }],
    watch: message => within(message, ({ space }) => [{ do: 'watch', space, cursor: message.cursor }]),
    push: (message, now) => {
      if (state.at === 'ready' && now >= state.endsAt) return end('UNAUTHENTICATED', CLOSE.TRY_LATER)
      return within(message, ({ space, role }) =>
        role === 'viewer' ? refuse(message, 'FORBIDDEN') : [{ do: 'push', space, entries: message.entries }],
      )
    },
    fetch: message =>
      within(message, ({ space }) => [{ do: 'fetch', space, document: message.document, before: message.before }]),
    have: message =>
      within(message, ({ space, role }) =>
        // Nothing is wanted of whoever may not write.
        role === 'viewer'
          ? [{ do: 'send', message: { type: 'want', space, documents: [] } }]
          : [{ do: 'have', space, documents: message.documents }],
      ),
    presence: message =>
      within(message, ({ space, role }) => {
        if (role === 'viewer') return refuse(message, 'FORBIDDEN')
        const { document, clock } = message
        return [{ do: 'presence', space, document, clock, state: message.state }]
      }),
  }

  /** No, in the terms of what was asked: the entries, the document or the space. */
  const refuse = (message: Spaced, code: Code, retryAfter = 0): SessionEffect[] => {
    const space = accessByName.get(message.space)?.space ?? message.space
    const said = (document: string | undefined, n: number | undefined): SessionEffect => ({
      do: 'send',
      message: { type: 'refused', space, document, n, code, retryAfter },
    })
    switch (message.type) {
      case 'push':
        return message.entries.map(entry => said(entry.document, entry.n))
      case 'fetch':
      case 'presence':
        return [said(message.document, undefined)]
      case 'watch':
      case 'have':
        return [said(undefined, undefined)]
    }
  }

  /** Acts on what waited, until something has to be awaited again. */
  const resume = (now: number): SessionEffect[] => {
    const effects: SessionEffect[] = []
    while (!isWaiting() && state.at === 'ready') {
      const message = queue.shift()
      if (message === undefined) break
      effects.push(...act(message, now))
    }
    if (queue.length === 0) queuedBytes = 0
    return effects
  }

  const verified = (event: Verified, now: number): SessionEffect[] => {
    const { subject, session, personal, wall } = event
    const endsAt = now + event.left
    if (state.at === 'ready' && reverifying) {
      reverifying = false
      if (state.subject !== subject) return end('WRONG_SUBJECT', CLOSE.WRONG_SUBJECT)
      state = { ...state, endsAt }
      return []
    }
    if (state.at !== 'verifying') return []
    const { device, version } = state
    state = { at: 'ready', device, subject, endsAt }
    const { frameBytes, documentBytes } = limits
    return [
      { do: 'greet', subject, device, version },
      {
        do: 'send',
        message: { type: 'welcome', version, session, subject, personal, wall, frameBytes, documentBytes },
      },
      ...resume(now),
    ]
  }

  const access = (name: string, answer: Access | Code, now: number): SessionEffect[] => {
    if (state.at !== 'ready') return []
    const before = accessByName.get(name)
    const asked = asking === name
    if (typeof answer !== 'string') {
      accessByName.set(name, answer)
      if (asked) asking = undefined
      return asked ? resume(now) : []
    }
    accessByName.delete(name)
    const left: SessionEffect[] =
      before === undefined
        ? []
        : [
            { do: 'leave', space: before.space },
            { do: 'send', message: { ...nothingThere, space: before.space, code: answer } },
          ]
    if (!asked) return left
    asking = undefined
    const message = queue.shift()
    const no = message !== undefined && 'space' in message ? refuse(message, answer, retryAfterOf(answer)) : []
    return [...left, ...no, ...resume(now)]
  }

  const tick = (now: number): SessionEffect[] => {
    if ((state.at === 'greeting' || state.at === 'verifying') && now >= state.until)
      return end('UNAVAILABLE', state.at === 'greeting' ? CLOSE.NO_HELLO : CLOSE.TRY_LATER)
    if (state.at === 'ready' && now >= state.endsAt + TOKEN_GRACE_MS) return end('UNAUTHENTICATED', CLOSE.TRY_LATER)
    return []
  }

  return {
    state: () => state,
    waiting: isWaiting,
    wakeAt() {
      if (state.at === 'greeting' || state.at === 'verifying') return state.until
      if (state.at === 'ready' && state.endsAt !== Infinity) return state.endsAt + TOKEN_GRACE_MS
      return undefined
    },
    handle(event, now) {
      switch (event.type) {
        case 'frame':
          return frame(event.bytes, now)
        case 'verified':
          return verified(event, now)
        case 'unverified': {
          reverifying = false
          const close = event.code === 'UNAUTHENTICATED' ? CLOSE.UNAUTHENTICATED : CLOSE.TRY_LATER
          return end(event.code, close, retryAfterOf(event.code))
        }
        case 'access':
          return access(event.name, event.access, now)
        case 'end':
          return end(event.code, event.close, event.retryAfter)
        case 'tick':
          return tick(now)
      }
    },
  }
}

type Receive<T> = (message: Extract<ClientMessage, { readonly type: T }>, now: number) => SessionEffect[]

const nothingThere = { type: 'refused', document: undefined, n: undefined, retryAfter: 0 } as const

/** Total, so that a new message says which side sends it. */
const CLIENT_SENDS: { readonly [T in Message['type']]: boolean } = {
  hello: true,
  watch: true,
  push: true,
  fetch: true,
  have: true,
  presence: true,
  time: true,
  auth: true,
  part: true,
  welcome: false,
  changes: false,
  bodies: false,
  ack: false,
  refused: false,
  want: false,
  clock: false,
  bye: false,
}

function isClientMessage(message: Message): message is ClientMessage {
  return CLIENT_SENDS[message.type]
}

/** Weather passes; a no stays. */
function retryAfterOf(code: Code): number {
  return code === 'UNAVAILABLE' ? 1_000 : 0
}

function decoded(frame: Uint8Array): Message | undefined {
  if (isCrowded(frame)) throw new JoineryError('BAD_FRAME', { bytes: frame.length, items: CROWD })
  return decodeMessage(frame)
}
