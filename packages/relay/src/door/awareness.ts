/**
 * Who is where in one document, as y-websocket tells it: shown, never stored. Laws (CR-21):
 * - A client id is its subject's who brought it first; what others say of it, as stock clients do of everything they hear, is dropped.
 * - A state is one that is newer than what is known; at most a few per connection, each small, each JSON.
 * - What changed within a tick goes out once, as its last state, encoded once for everybody.
 * - Who left is gone, one clock later; who comes back with an older clock is told so, and his client says again where it is.
 */
import { createDecoder, hasContent, readVarUint, readVarUint8Array } from 'lib0/decoding'
import { createEncoder, toUint8Array, writeVarUint, writeVarUint8Array } from 'lib0/encoding'
import { encodeUtf8 } from 'lib0/string'

export interface Awareness {
  /** What a connection says of itself and others. False when it cannot be read. */
  heard(connection: object, subject: string, states: Uint8Array): boolean
  /** Its connection ended. */
  left(connection: object): void
  /** What changed since the last call, undefined for nothing. */
  take(): Uint8Array | undefined
  /** Everybody who is here; undefined for nobody. */
  everybody(): Uint8Array | undefined
}

const STATE_BYTES = 4_096
const IDS_PER_CONNECTION = 4
/** Client ids of whoever left, remembered so that an old state does not bring them back. */
const GONE_IDS = 256
const STATES_PER_MESSAGE = 4_096
const MAX_CLOCK = 2 ** 48
const NOBODY: Uint8Array = encodeUtf8('null')

interface State {
  readonly client: number
  readonly subject: string
  connection: object | undefined
  clock: number
  /** Its JSON; undefined while it is gone. */
  json: Uint8Array | undefined
}

interface Said {
  readonly client: number
  readonly clock: number
  readonly json: Uint8Array
}

export function createAwareness(): Awareness {
  const stateByClient = new Map<number, State>()
  const changed = new Set<State>()
  let goneIds = 0

  const idsOf = (connection: object): number => {
    let count = 0
    for (const state of stateByClient.values()) if (state.connection === connection) count += 1
    return count
  }

  const forgetOldest = (): void => {
    for (const state of stateByClient.values()) {
      if (goneIds <= GONE_IDS) return
      if (state.json !== undefined || changed.has(state)) continue
      stateByClient.delete(state.client)
      goneIds -= 1
    }
  }

  /** `room` is for how many more client ids the connection may speak; gives back how many are left. */
  const hear = (connection: object, subject: string, { client, clock, json }: Said, room: number): number => {
    const isNobody = json.length === NOBODY.length && json.every((byte, at) => byte === NOBODY[at])
    const known = stateByClient.get(client)
    if (known === undefined) {
      if (isNobody || room <= 0 || clock > MAX_CLOCK || !isState(json)) return room
      const state: State = { client, subject, connection, clock, json: json.slice() }
      stateByClient.set(client, state)
      changed.add(state)
      return room - 1
    }
    if (known.subject !== subject || clock > MAX_CLOCK) return room
    if (clock <= known.clock) {
      // Said again that it is gone, the client that is not raises its clock over it.
      if (known.json === undefined && !isNobody) changed.add(known)
      return room
    }
    if (isNobody ? known.json === undefined : !isState(json)) return room
    const isMoving = known.connection !== connection
    if (isMoving && room <= 0) return room
    known.connection = connection
    if (known.json === undefined) goneIds -= 1
    known.clock = clock
    known.json = isNobody ? undefined : json.slice()
    if (isNobody) goneIds += 1
    changed.add(known)
    return isMoving ? room - 1 : room
  }

  return {
    heard(connection, subject, states) {
      const said = readStates(states)
      if (said === undefined) return false
      let room = IDS_PER_CONNECTION - idsOf(connection)
      for (const one of said) room = hear(connection, subject, one, room)
      forgetOldest()
      return true
    },
    left(connection) {
      for (const state of stateByClient.values()) {
        if (state.connection !== connection) continue
        state.connection = undefined
        if (state.json === undefined) continue
        state.clock += 1
        state.json = undefined
        goneIds += 1
        changed.add(state)
      }
      forgetOldest()
    },
    take() {
      if (changed.size === 0) return undefined
      const states = writeStates([...changed])
      changed.clear()
      return states
    },
    everybody() {
      const here = [...stateByClient.values()].filter(({ json }) => json !== undefined)
      return here.length === 0 ? undefined : writeStates(here)
    },
  }
}

function isState(json: Uint8Array): boolean {
  if (json.length > STATE_BYTES) return false
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(json))
    return typeof value === 'object' && value !== null
  } catch {
    return false
  }
}

function readStates(bytes: Uint8Array): Said[] | undefined {
  try {
    const decoder = createDecoder(bytes)
    const count = readVarUint(decoder)
    // Each takes three bytes at least, so a made-up count loops no further than its bytes.
    if (count > STATES_PER_MESSAGE || count * 3 > bytes.length) return undefined
    const said: Said[] = []
    for (let i = 0; i < count; i++) {
      said.push({ client: readVarUint(decoder), clock: readVarUint(decoder), json: readVarUint8Array(decoder) })
    }
    return hasContent(decoder) ? undefined : said
  } catch {
    return undefined
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
