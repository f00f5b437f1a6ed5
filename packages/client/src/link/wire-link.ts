/**
 * The one connection to a relay, at work: feeds the connection machine what happens and performs what it says. Laws: the machine decides,
 * this does; nothing that a relay sends throws past here.
 */
import type { Cancel, Transport, Wire } from '@joinery/core'
import {
  decodeMessage,
  encodeMessage,
  joinParts,
  splitFrame,
  VERSION,
  type ClientMessage,
  type Message,
  type Pieces,
  type RelayMessage,
  type Welcome,
} from '@joinery/core/protocol'
import { connection, type ConnectionEffect, type ConnectionEvent, type ConnectionState } from '@joinery/core/sync'
import type { TokenSource } from '../options.ts'
import type { Replica } from '../replica/replica.ts'
import { millisecondsLeft } from './token-life.ts'

/** Until the relay has said what it takes. */
const FRAME_BYTES = 64 * 1024
/** Beside a document, what a message holds. */
const SLACK_BYTES = 1024 * 1024
const DOCUMENT_BYTES = 64 * 1024 * 1024

export interface WireLink {
  start(url: string, token: TokenSource): void
  handle(event: ConnectionEvent): void
  send(message: ClientMessage): void
  state(): ConnectionState
  /** How large a frame the relay takes. */
  frameBytes(): number
}

export interface WireLinkEvents {
  /** The first words of a link, after `hello`. */
  greet(): readonly ClientMessage[]
  up(welcome: Welcome): void
  down(): void
  /** Another device goes by this one's name. */
  cloned(): void
  heard(message: RelayMessage): void
  relayTime(wall: number, rtt: number): void
  /** The state is another one. */
  changed(): void
}

export function wireLink(replica: Replica, transport: Transport, on: WireLinkEvents): WireLink {
  const { clock } = replica
  const machine = connection({ chance: () => replica.random.number() })
  let source: TokenSource = () => undefined
  let wire: Wire | undefined
  let timer: Cancel | undefined
  let pieces: Pieces = []
  let frameBytes = FRAME_BYTES
  let documentBytes = DOCUMENT_BYTES

  const handle = (event: ConnectionEvent): void => {
    const before = machine.state()
    for (const effect of machine.handle(event, clock.monotonic())) {
      const row: (effect: never) => void = perform[effect.do]
      row(effect as never)
    }
    timer?.()
    const at = machine.wakeAt()
    timer =
      at === undefined ? undefined : clock.after(Math.max(0, at - clock.monotonic()), () => handle({ type: 'tick' }))
    if (machine.state() !== before) on.changed()
  }

  const send = (message: ClientMessage): void => {
    for (const frame of splitFrame(encodeMessage(message), frameBytes)) wire?.send(frame)
  }

  const askToken = async (): Promise<void> => {
    try {
      const token = await source()
      if (token === undefined) handle({ type: 'no-token', final: true })
      else handle({ type: 'token', token, left: millisecondsLeft(token, clock.now()) })
    } catch {
      handle({ type: 'no-token', final: false })
    }
  }

  const read = (bytes: Uint8Array): Message | undefined => {
    const message = decodeMessage(bytes)
    if (message?.type !== 'part') return message
    const joined = joinParts(pieces, message, documentBytes + SLACK_BYTES)
    pieces = joined.pieces
    return joined.frame && decodeMessage(joined.frame)
  }

  const frame = (bytes: Uint8Array): void => {
    try {
      // A peer that speaks as a client is no relay: the machines take no notice of what they do not know.
      const message = read(bytes) as RelayMessage | undefined
      if (message === undefined) return
      handle({ type: 'heard', message })
      if (machine.state().at === 'live') on.heard(message)
    } catch {
      // Bytes that mean nothing: this link cannot be trusted to say the rest.
      handle({ type: 'distrust' })
    }
  }

  const connect = (url: string): void => {
    pieces = []
    // What an old link still says is not taken for the new one's.
    const mine: { wire?: Wire } = {}
    const current = (then: () => void): void => {
      if (mine.wire === undefined || mine.wire === wire) then()
    }
    mine.wire = wire = transport.connect(url, {
      opened: () => current(() => handle({ type: 'opened' })),
      frame: bytes => current(() => frame(bytes)),
      closed: ({ code }) => current(() => handle({ type: 'closed', code })),
    })
  }

  const perform: { readonly [D in ConnectionEffect['do']]: (effect: Extract<ConnectionEffect, { do: D }>) => void } = {
    'ask-token': () => void askToken(),
    'connect': ({ url }) => connect(url),
    'greet': ({ token }) => {
      send({ type: 'hello', version: VERSION, device: replica.device(), token })
      for (const message of on.greet()) send(message)
    },
    'send': ({ message }) => send(message),
    'close': () => {
      wire?.close(1000, '')
      wire = undefined
    },
    'up': ({ welcome }) => {
      ;({ frameBytes, documentBytes } = welcome)
      on.up(welcome)
    },
    'down': on.down,
    'cloned': on.cloned,
    'relay-time': ({ wall, rtt }) => on.relayTime(wall, rtt),
  }

  return {
    start(url, token) {
      source = token
      handle({ type: 'start', url })
    },
    handle,
    send,
    state: machine.state,
    frameBytes: () => frameBytes,
  }
}
