/**
 * Who is where in one document, as y-websocket tells it: shown, never stored. Laws (CR-21):
 * - A client id is its subject's who brought it first; what others say of it, as stock clients do of everything they hear, is dropped.
 * - A state is one that is newer than what is known; at most a few per connection, each small, each JSON.
 * - What changed within a tick goes out once, as its last state, encoded once for everybody. That somebody is still where he was can wait:
 *   stock clients say it every 15 s, and take who did not for 30 s to be gone.
 * - Who left is gone, one clock later; who comes back with an older clock is told so, and his client says again where it is.
 * - Who is there by a link has the relay's own clock, which no restart sets back.
 */
import type { Clock } from '@joinery/core'
import { createDecoder, hasContent, readVarUint, readVarUint8Array } from 'lib0/decoding'
import { createEncoder, toUint8Array, writeVarUint, writeVarUint8Array } from 'lib0/encoding'
import { encodeUtf8 } from 'lib0/string'

export interface Awareness {
  /** What a connection says of itself and others. False when it cannot be read. */
  heard(connection: object, subject: string, states: Uint8Array): boolean
  /** All that somebody shows who is there by a link; whom he showed before and does not show now is gone. */
  near(link: object, subject: string, states: readonly NearState[]): void
  /** Whether a client id is one that the connection goes by. */
  speaksFor(connection: object, client: number): boolean
  /** It ended. */
  left(connection: object): void
  /** What changed since the last call, undefined for nothing. */
  take(): AwarenessNews | undefined
  /** When somebody has to hear of it: soon of who moved, late of who is still where he was. */
  due(): 'soon' | 'late' | undefined
  /** Everybody who is here; undefined for nobody. */
  everybody(): Uint8Array | undefined
  /** Those of them who are here by a connection. */
  visitors(): AwarenessState[]
  /** Says again that those are there who are by a link, and of whom nothing was said since `before`, by the monotonic clock. */
  renew(before: number): void
}

export interface AwarenessNews {
  /** For everybody who is here by a connection. */
  readonly states: Uint8Array
  /** Those of connections. */
  readonly visitors: readonly AwarenessState[]
}

export interface AwarenessState {
  readonly client: number
  readonly subject: string
  readonly clock: number
  /** Its JSON; undefined when it is gone. */
  readonly json: Uint8Array | undefined
}

/** What a tab of somebody shows who is there by a link. */
export interface NearState {
  readonly client: number
  /** Another when it is to be told again. */
  readonly version: string
  readonly json: Uint8Array
}

/** A state, as JSON. */
export const AWARENESS_BYTES = 4_096
/** What all states of a document may weigh: one person with very many connections must not make a joining frame of any size. */
const DOCUMENT_BYTES = 1_048_576
/** What a state weighs besides its JSON. */
const WEIGHT = 64
const IDS_PER_CONNECTION = 4
/** A device speaks for all its tabs. */
const IDS_PER_LINK = 16
/** Client ids of whoever left, remembered so that an old state does not bring them back. */
const GONE_IDS = 256
const STATES_PER_MESSAGE = 4_096
const MAX_CLOCK = 2 ** 48
/** A mark of byte order is none of JSON. */
const STRICT = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const NOBODY: Uint8Array = encodeUtf8('null')

interface State {
  readonly client: number
  readonly subject: string
  connection: object | undefined
  isNear: boolean
  clock: number
  /** By the monotonic clock. */
  saidAt: number
  /** Undefined while it is gone. */
  json: Uint8Array | undefined
  /** What a link said last, to see whether it says it again. */
  version: string
  /** It has not moved, and somebody said so. */
  isRenewed: boolean
}

/** Whoever is looked for by his connection is looked for among all, which is seldom: a thousand documents with one client each are many. */
export function createAwareness(clock: Pick<Clock, 'now' | 'monotonic'>): Awareness {
  const stateByClient = new Map<number, State>()
  const changed = new Set<State>()
  let renewals = 0
  let goneIds = 0
  let weight = 0
  /** Of the message that is read: what was no state. */
  let broken = 0
  /** Ids that its connection speaks for; undefined until somebody asks. */
  let spoken: number | undefined

  const statesOf = (connection: object): State[] =>
    [...stateByClient.values()].filter(state => state.connection === connection)

  /** Without json it is gone. */
  const become = (state: State, at: number, json: Uint8Array | undefined): void => {
    const isSame = json !== undefined && state.json !== undefined && isEqual(state.json, json)
    state.clock = at
    state.saidAt = clock.monotonic()
    if (isSame) {
      renewed(state)
      return
    }
    goneIds += (json === undefined ? 1 : 0) - (state.json === undefined ? 1 : 0)
    weight += weightOf(json) - weightOf(state.json)
    state.json = json?.slice()
    changed.add(state)
  }

  const renewed = (state: State): void => {
    if (state.isRenewed || changed.has(state)) return
    state.isRenewed = true
    renewals += 1
  }

  const leave = (state: State): void => {
    state.connection = undefined
    state.version = ''
    if (state.json !== undefined) become(state, state.clock + 1, undefined)
  }

  const stateOf = (client: number, subject: string): State => {
    const known = stateByClient.get(client)
    if (known !== undefined) return known
    const state: State = {
      client,
      subject,
      connection: undefined,
      isNear: false,
      clock: 0,
      saidAt: 0,
      json: undefined,
      version: '',
      isRenewed: false,
    }
    stateByClient.set(client, state)
    goneIds += 1
    return state
  }

  const forgetOldest = (): void => {
    if (goneIds <= GONE_IDS) return
    for (const state of stateByClient.values()) {
      if (state.json !== undefined || changed.has(state)) continue
      stateByClient.delete(state.client)
      goneIds -= 1
      if (goneIds <= GONE_IDS) return
    }
  }

  const hasRoom = (known: State | undefined, json: Uint8Array): boolean =>
    weight + weightOf(json) - weightOf(known?.json) <= DOCUMENT_BYTES

  /** No restart of the relay sets it back. */
  const nextClock = (state: State): number => Math.max(state.clock + 1, Math.floor(clock.now()))

  const hear = (connection: object, subject: string, client: number, at: number, json: Uint8Array): void => {
    const isNobody = isEqual(json, NOBODY)
    const known = stateByClient.get(client)
    if (at > MAX_CLOCK || (known !== undefined && known.subject !== subject)) return
    if (known !== undefined && at <= known.clock) {
      // Said again that it is gone, the client that is not raises its clock over it.
      if (known.json === undefined && !isNobody) changed.add(known)
      return
    }
    if (isNobody) {
      if (known?.json !== undefined) become(known, at, undefined)
      return
    }
    const isMoving = known?.connection !== connection
    if (isMoving && (spoken ??= statesOf(connection).length) >= IDS_PER_CONNECTION) return
    if (!hasRoom(known, json)) return
    // To find out that something is none takes as long as to read it, and thousands fit into a message.
    if (broken >= IDS_PER_CONNECTION || !isState(json)) {
      broken += 1
      return
    }
    if (isMoving) spoken = (spoken ?? 0) + 1
    const state = known ?? stateOf(client, subject)
    state.isNear = false
    state.connection = connection
    become(state, at, json)
  }

  return {
    heard(connection, subject, states) {
      broken = 0
      spoken = undefined
      const isRead = readStates(states, (client, at, json) => hear(connection, subject, client, at, json))
      forgetOldest()
      return isRead
    },
    near(link, subject, states) {
      const before = statesOf(link)
      const left = new Set(before)
      let count = before.length
      for (const { client, version, json } of states) {
        const known = stateByClient.get(client)
        const isMoving = known?.connection !== link
        if ((known !== undefined && known.subject !== subject) || json.length > AWARENESS_BYTES) continue
        if ((isMoving && count >= IDS_PER_LINK) || !hasRoom(known, json)) continue
        if (isMoving) count += 1
        const state = known ?? stateOf(client, subject)
        left.delete(state)
        if (!isMoving && state.version === version) continue
        state.isNear = true
        state.version = version
        state.connection = link
        become(state, nextClock(state), json)
      }
      for (const state of left) leave(state)
      forgetOldest()
    },
    speaksFor: (connection, client) => stateByClient.get(client)?.connection === connection,
    left(connection) {
      for (const state of statesOf(connection)) leave(state)
      forgetOldest()
    },
    take() {
      if (changed.size === 0 && renewals === 0) return undefined
      for (const state of stateByClient.values()) {
        if (renewals === 0) break
        if (!state.isRenewed) continue
        state.isRenewed = false
        renewals -= 1
        changed.add(state)
      }
      const news = [...changed]
      changed.clear()
      return { states: writeStates(news), visitors: news.filter(({ isNear }) => !isNear) }
    },
    due: () => (changed.size > 0 ? 'soon' : renewals > 0 ? 'late' : undefined),
    everybody() {
      const here = [...stateByClient.values()].filter(({ json }) => json !== undefined)
      return here.length === 0 ? undefined : writeStates(here)
    },
    visitors: () => [...stateByClient.values()].filter(({ json, isNear }) => json !== undefined && !isNear),
    renew(before) {
      for (const state of stateByClient.values()) {
        if (!state.isNear || state.json === undefined || state.saidAt > before) continue
        become(state, nextClock(state), state.json)
      }
    },
  }
}

function weightOf(json: Uint8Array | undefined): number {
  return json === undefined ? 0 : json.length + WEIGHT
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

function isState(json: Uint8Array): boolean {
  if (json.length > AWARENESS_BYTES) return false
  try {
    const value: unknown = JSON.parse(STRICT.decode(json))
    return typeof value === 'object' && value !== null
  } catch {
    return false
  }
}

/** False when it cannot be read, and then what was read of it was told. */
function readStates(bytes: Uint8Array, told: (client: number, clock: number, json: Uint8Array) => void): boolean {
  try {
    const decoder = createDecoder(bytes)
    const count = readVarUint(decoder)
    // Each takes three bytes at least, so a made-up count loops no further than its bytes.
    if (count > STATES_PER_MESSAGE || count * 3 > bytes.length) return false
    for (let i = 0; i < count; i++) told(readVarUint(decoder), readVarUint(decoder), readVarUint8Array(decoder))
    return !hasContent(decoder)
  } catch {
    return false
  }
}

function writeStates(states: readonly State[]): Uint8Array {
  const encoder = createEncoder()
  writeVarUint(encoder, states.length)
  for (const { client, clock, json } of states) {
    writeVarUint(encoder, client)
    writeVarUint(encoder, clock)
    // A string is its bytes behind their length.
    writeVarUint8Array(encoder, json ?? NOBODY)
  }
  return toUint8Array(encoder)
}
