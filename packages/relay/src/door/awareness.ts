/**
 * Who is where in one document, as y-websocket tells it: shown, never stored. Laws (CR-21):
 * - A client id is its subject's who brought it first; what others say of it, as stock clients do of everything they hear, is dropped.
 * - A state is one that is newer than what is known; at most a few per connection, each small, each JSON.
 * - What changed within a tick goes out once, as its last state, encoded once for everybody. That somebody is still where he was can wait:
 *   stock clients say it every 15 s, and take who did not for 30 s to be gone.
 * - Who left is gone, one clock later; who comes back with an older clock is told so, and his client says again where it is.
 * - Who is there by a link has the relay's own clock, which no restart sets back. Who is at the door of another node has his client's.
 */
import type { Clock } from '@joinery/core'
import { PRESENCE_CLOCK } from '@joinery/core/protocol'
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
  /** Whether a client id is, or was lately, one that another subject goes by. */
  isOthers(subject: string, client: number): boolean
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
  /** His client's clock, of who is at the door of another node. */
  readonly clock?: number
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
/** A mark of byte order is none of JSON. */
const STRICT = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const NOBODY: Uint8Array = encodeUtf8('null')

interface State {
  readonly client: number
  readonly subject: string
  connection: object | undefined
  isNear: boolean
  /** The clock is his client's, who says himself that he is still there. */
  isClocked: boolean
  clock: number
  /** By the monotonic clock. */
  saidAt: number
  /** Undefined while it is gone. */
  json: Uint8Array | undefined
  /** What a link said last, to see whether it says it again. */
  version: string
  /** It is told with the next news. */
  isChanged: boolean
  /** It has not moved, and somebody said so. */
  isRenewed: boolean
}

export function createAwareness(clock: Pick<Clock, 'now' | 'monotonic'>): Awareness {
  return new States(clock)
}

/**
 * A class, since there is one for each document that somebody is in. Whoever is looked for by his connection is looked for among all, which
 * is seldom: a thousand documents with one client each are many.
 */
class States implements Awareness {
  readonly #clock: Pick<Clock, 'now' | 'monotonic'>
  readonly #stateByClient = new Map<number, State>()
  #changed: State[] = []
  #renewals = 0
  #goneIds = 0
  #weight = 0
  /** Of the message that is read: what was no state. */
  #broken = 0
  /** Ids that its connection speaks for; undefined until somebody asks. */
  #spoken: number | undefined

  constructor(clock: Pick<Clock, 'now' | 'monotonic'>) {
    this.#clock = clock
  }

  heard(connection: object, subject: string, states: Uint8Array): boolean {
    this.#broken = 0
    this.#spoken = undefined
    const isRead = readStates(states, (client, at, json) => this.#hear(connection, subject, client, at, json))
    this.#forgetOldest()
    return isRead
  }

  near(link: object, subject: string, states: readonly NearState[]): void {
    const before = this.#statesOf(link)
    const left = new Set(before)
    let count = before.length
    for (const { client, version, clock, json } of states) {
      const known = this.#stateByClient.get(client)
      const isMoving = known?.connection !== link
      if (clock !== undefined && known !== undefined && clock <= known.clock) {
        left.delete(known)
        continue
      }
      if ((known !== undefined && known.subject !== subject) || json.length > AWARENESS_BYTES) continue
      if ((isMoving && count >= IDS_PER_LINK) || !this.#hasRoom(known, json)) continue
      if (isMoving) count += 1
      const state = known ?? this.#stateOf(client, subject)
      left.delete(state)
      if (!isMoving && state.version === version) continue
      state.isNear = true
      state.isClocked = clock !== undefined
      state.version = version
      state.connection = link
      this.#become(state, clock ?? this.#nextClock(state), json)
    }
    for (const state of left) this.#leave(state)
    this.#forgetOldest()
  }

  speaksFor(connection: object, client: number): boolean {
    return this.#stateByClient.get(client)?.connection === connection
  }

  isOthers(subject: string, client: number): boolean {
    const known = this.#stateByClient.get(client)
    return known !== undefined && known.subject !== subject
  }

  left(connection: object): void {
    for (const state of this.#statesOf(connection)) this.#leave(state)
    this.#forgetOldest()
  }

  take(): AwarenessNews | undefined {
    if (this.#changed.length === 0 && this.#renewals === 0) return undefined
    for (const state of this.#stateByClient.values()) {
      if (this.#renewals === 0) break
      if (!state.isRenewed) continue
      state.isRenewed = false
      this.#renewals -= 1
      this.#changes(state)
    }
    const news = this.#changed
    this.#changed = []
    for (const state of news) state.isChanged = false
    return { states: writeStates(news), visitors: news.filter(({ isNear }) => !isNear) }
  }

  due(): 'soon' | 'late' | undefined {
    return this.#changed.length > 0 ? 'soon' : this.#renewals > 0 ? 'late' : undefined
  }

  everybody(): Uint8Array | undefined {
    const here = [...this.#stateByClient.values()].filter(({ json }) => json !== undefined)
    return here.length === 0 ? undefined : writeStates(here)
  }

  visitors(): AwarenessState[] {
    return [...this.#stateByClient.values()].filter(({ json, isNear }) => json !== undefined && !isNear)
  }

  renew(before: number): void {
    for (const state of this.#stateByClient.values()) {
      if (!state.isNear || state.isClocked || state.json === undefined || state.saidAt > before) continue
      this.#become(state, this.#nextClock(state), state.json)
    }
  }

  #hear(connection: object, subject: string, client: number, at: number, json: Uint8Array): void {
    const isNobody = isEqual(json, NOBODY)
    const known = this.#stateByClient.get(client)
    if (at > PRESENCE_CLOCK || (known !== undefined && known.subject !== subject)) return
    if (known !== undefined && at <= known.clock) {
      // Said again that it is gone, the client that is not raises its clock over it.
      if (known.json === undefined && !isNobody) this.#changes(known)
      return
    }
    if (isNobody) {
      if (known?.json !== undefined) this.#become(known, at, undefined)
      return
    }
    const isMoving = known?.connection !== connection
    if (isMoving && (this.#spoken ??= this.#statesOf(connection).length) >= IDS_PER_CONNECTION) return
    if (!this.#hasRoom(known, json)) return
    // To find out that something is none takes as long as to read it, and thousands fit into a message.
    if (this.#broken >= IDS_PER_CONNECTION || !isState(json)) {
      this.#broken += 1
      return
    }
    if (isMoving) this.#spoken = (this.#spoken ?? 0) + 1
    const state = known ?? this.#stateOf(client, subject)
    state.isNear = false
    state.isClocked = false
    state.connection = connection
    this.#become(state, at, json)
  }

  /** Without json it is gone. */
  #become(state: State, at: number, json: Uint8Array | undefined): void {
    const isSame = json !== undefined && state.json !== undefined && isEqual(state.json, json)
    state.clock = at
    state.saidAt = this.#clock.monotonic()
    // His node has waited with it already.
    if (isSame && !state.isClocked) {
      this.#renewed(state)
      return
    }
    this.#goneIds += (json === undefined ? 1 : 0) - (state.json === undefined ? 1 : 0)
    this.#weight += weightOf(json) - weightOf(state.json)
    state.json = json?.slice()
    this.#changes(state)
  }

  #changes(state: State): void {
    if (state.isChanged) return
    state.isChanged = true
    this.#changed.push(state)
  }

  #renewed(state: State): void {
    if (state.isRenewed || state.isChanged) return
    state.isRenewed = true
    this.#renewals += 1
  }

  #leave(state: State): void {
    state.connection = undefined
    state.version = ''
    if (state.json !== undefined) this.#become(state, state.clock + 1, undefined)
  }

  #stateOf(client: number, subject: string): State {
    const known = this.#stateByClient.get(client)
    if (known !== undefined) return known
    const state: State = {
      client,
      subject,
      connection: undefined,
      isNear: false,
      isClocked: false,
      clock: 0,
      saidAt: 0,
      json: undefined,
      version: '',
      isChanged: false,
      isRenewed: false,
    }
    this.#stateByClient.set(client, state)
    this.#goneIds += 1
    return state
  }

  #statesOf(connection: object): State[] {
    return [...this.#stateByClient.values()].filter(state => state.connection === connection)
  }

  #forgetOldest(): void {
    if (this.#goneIds <= GONE_IDS) return
    for (const state of this.#stateByClient.values()) {
      if (state.json !== undefined || state.isChanged) continue
      this.#stateByClient.delete(state.client)
      this.#goneIds -= 1
      if (this.#goneIds <= GONE_IDS) return
    }
  }

  #hasRoom(known: State | undefined, json: Uint8Array): boolean {
    return this.#weight + weightOf(json) - weightOf(known?.json) <= DOCUMENT_BYTES
  }

  /** No restart of the relay sets it back. */
  #nextClock(state: State): number {
    return Math.max(state.clock + 1, Math.floor(this.#clock.now()))
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
