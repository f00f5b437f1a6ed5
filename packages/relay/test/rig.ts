/** A relay on virtual time over a store in memory, and devices that speak the protocol to it by hand. */
import type { Store } from '@joinery/core'
import { decodeMessage, encodeMessage, joinParts, VERSION } from '@joinery/core/protocol'
import type { ClientMessage, Pieces, PushedEntry, RelayMessage } from '@joinery/core/protocol'
import { memoryStore, seededRandom, virtualClock, type VirtualClock } from '@joinery/core/testing'
import { memoryBus } from '@joinery/adapters/bus/memory'
import * as Y from 'yjs'
import { createRelay, verifyDevToken, yjsGate } from '../src/index.ts'
import type { Log, LogFields, Relay, RelayOptions } from '../src/index.ts'

export interface Device {
  /** Everything the relay said, oldest first. */
  readonly heard: RelayMessage[]
  readonly closed: { code: number; reason: string }[]
  say(message: ClientMessage): void
  frame(bytes: Uint8Array): void
  /** Of what was heard since the last call of `take`, those of one type. */
  of<T extends RelayMessage['type']>(type: T): Extract<RelayMessage, { type: T }>[]
  forget(): void
  /** The network takes nothing any more; with `true` everything again. */
  reads(isReading: boolean): void
  held(): boolean
  /** Bytes that the relay sent and the network did not take. */
  buffered(): number
  /** The connection breaks. */
  breaks(): void
}

export interface Rig {
  readonly clock: VirtualClock
  readonly store: Store
  readonly relay: Relay
  readonly fatal: unknown[]
  readonly lines: { event: string; fields: LogFields }[]
  /** A connection that has said nothing. */
  connect(): Device
  /** A connection that was welcomed. */
  device(name: string, device: string): Promise<Device>
  /** Lets what is under way come to rest. */
  rest(ms?: number): Promise<void>
}

export function rig(options: Partial<RelayOptions> = {}): Rig {
  const clock = virtualClock({ settle: () => new Promise(resolve => setImmediate(resolve)) })
  const store = options.store ?? memoryStore()
  const fatal: unknown[] = []
  const lines: Rig['lines'] = []
  const note = (event: string, fields: LogFields = {}): void => void lines.push({ event, fields })
  const log: Log = { info: note, warn: note, error: note }
  const relay = createRelay({
    store,
    bus: memoryBus(),
    clock,
    random: seededRandom(7),
    verify: verifyDevToken,
    gates: [yjsGate()],
    openToAll: true,
    log,
    onFatal: error => fatal.push(error),
    ...options,
    // Whoever waits for time to pass says so.
    limits: { commitDistanceMs: 0, ...options.limits },
  })

  const connect = (): Device => {
    const heard: RelayMessage[] = []
    const closed: { code: number; reason: string }[] = []
    let from = 0
    let pieces: Pieces = []
    let buffered = 0
    let isReading = true
    let isHeld = false
    const take = (bytes: Uint8Array): void => {
      const message = decodeMessage(bytes)
      if (message?.type === 'part') {
        const joined = joinParts(pieces, message, 100_000_000)
        pieces = joined.pieces
        if (joined.frame !== undefined) take(joined.frame)
      } else if (message !== undefined) heard.push(message as RelayMessage)
    }
    const events = relay.accept({
      send(bytes) {
        if (closed.length > 0) throw new Error('sent after the end')
        if (isReading) take(bytes)
        else buffered += bytes.length
      },
      close: (code, reason) => void closed.push({ code, reason }),
      buffered: () => buffered,
      hold: held => void (isHeld = held),
    })
    return {
      heard,
      closed,
      say: message => events.frame(encodeMessage(message)),
      frame: bytes => events.frame(bytes),
      of: <T extends RelayMessage['type']>(type: T) =>
        heard.slice(from).filter((message): message is Extract<RelayMessage, { type: T }> => message.type === type),
      forget: () => void (from = heard.length),
      reads(reading) {
        isReading = reading
        if (reading) buffered = 0
      },
      held: () => isHeld,
      buffered: () => buffered,
      breaks: () => events.closed(),
    }
  }

  const rest = (ms = 0): Promise<void> => clock.advance(ms)

  return {
    clock,
    store,
    relay,
    fatal,
    lines,
    connect,
    rest,
    async device(name, device) {
      const made = connect()
      made.say({ type: 'hello', version: VERSION, device, token: `dev:${name}` })
      await rest()
      return made
    },
  }
}

/** Someone who writes Yjs documents by hand: one client id, one document. */
export interface Writer {
  readonly doc: Y.Doc
  /** The update that an edit makes. */
  edit(change: (doc: Y.Doc) => void): Uint8Array
}

export function writer(author: number): Writer {
  const doc = new Y.Doc()
  doc.clientID = author
  return {
    doc,
    edit(change) {
      const before = Y.encodeStateVector(doc)
      doc.transact(() => change(doc))
      return Y.encodeStateAsUpdate(doc, before)
    },
  }
}

export function type(text: string): (doc: Y.Doc) => void {
  return doc => {
    const body = doc.getText('body')
    body.insert(body.length, text)
  }
}

export function update(n: number, document: string, bytes: Uint8Array, more: Partial<PushedEntry> = {}): PushedEntry {
  return {
    n,
    type: 'update',
    resupply: false,
    document,
    kind: 'note',
    engine: 'yjs',
    at: 1_700_000_000_000,
    bytes,
    ...more,
  }
}
