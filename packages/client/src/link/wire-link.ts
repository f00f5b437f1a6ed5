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
  /** Whether the link is over something that polls. */
  polls(): boolean | undefined
  /** How large a frame the relay takes. */
  frameBytes(): number
}

type Act = { readonly [D in ConnectionEffect['do']]: (effect: Extract<ConnectionEffect, { do: D }>) => void }

/** What is done about a link by whoever holds it. */
export interface WireLinkEvents extends Pick<Act, 'up' | 'down' | 'cloned' | 'relay-time'> {
  /** The first words of a link, after `hello`. */
  greet(): void
  heard(message: RelayMessage): void
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
      const row: (effect: never) => void = act[effect.do]
      row(effect as never)
    }
    timer?.()
    const at = machine.wakeAt()
    timer = at === undefined ? at : clock.after(at - clock.monotonic(), () => handle({ type: 'tick' }))
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
      if (!message) return
      if (message.type === 'welcome') ({ frameBytes, documentBytes } = message)
      handle({ type: 'heard', message })
      if (machine.state().at === 'live') on.heard(message)
    } catch {
      // Bytes that mean nothing: this link cannot be trusted to say the rest.
      handle({ type: 'distrust' })
    }
  }

  const connect = (url: string): void => {
    pieces = []
    const mine = transport.connect(url, {
      opened: () => handle({ type: 'opened' }),
      frame,
      closed({ code }) {
        // An old wire's end is not taken for the new one's.
        if (wire === mine) handle({ type: 'closed', code })
      },
    })
    wire = mine
  }

  const act: Act = {
    ...on,
    'ask-token': () => void askToken(),
    'connect': ({ url }) => connect(url),
    'greet': ({ token }) => {
      send({ type: 'hello', version: VERSION, device: replica.device(), token })
      on.greet()
    },
    'send': ({ message }) => send(message),
    'close': () => {
      wire?.close(1000, '')
      wire = undefined
    },
  }

  return {
    start(url, token) {
      source = token
      handle({ type: 'start', url })
    },
    handle,
    send,
    state: machine.state,
    polls: () => wire?.polls,
    frameBytes: () => frameBytes,
  }
}
