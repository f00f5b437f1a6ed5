/**
 * The one connection to a relay, at work: feeds the connection machine what happens and performs what it says. Laws: the machine decides,
 * this does; nothing that a relay sends throws past here.
 */
import type { Cancel, Clock, Random, Transport, Wire } from '@joinery/core'
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
import { millisecondsLeft } from './token-life.ts'

/** Until the relay has said what it takes. */
const FRAME_BYTES = 64 * 1024
/** Beside a document, what a message holds. */
const SLACK_BYTES = 1024 * 1024
const DOCUMENT_BYTES = 64 * 1024 * 1024

export interface WireLink {
  start(url: string, token: TokenSource, insecure: boolean): void
  handle(event: ConnectionEvent): void
  send(message: ClientMessage): void
  state(): ConnectionState
  /** How large a frame the relay takes. */
  frameBytes(): number
}

export interface WireLinkEvents {
  /** The first words of a link, after `hello`. */
  greet(): readonly ClientMessage[]
  device(): string
  up(welcome: Welcome): void
  down(): void
  /** Another device goes by this one's name. */
  cloned(): void
  heard(message: RelayMessage): void
  relayTime(wall: number, rtt: number): void
  /** The state is another one. */
  changed(): void
}

export function wireLink(
  parts: { readonly transport: Transport; readonly clock: Clock; readonly random: Random },
  on: WireLinkEvents,
): WireLink {
  const { transport, clock } = parts
  const machine = connection({ chance: () => parts.random.number() })
  let source: TokenSource = () => undefined
  let wire: Wire | undefined
  let timer: Cancel | undefined
  let pieces: Pieces = []
  let frameBytes = FRAME_BYTES
  let documentBytes = DOCUMENT_BYTES
  /** Counts links, so that what an old one still says is not taken for the new one's. */
  let life = 0

  const handle = (event: ConnectionEvent): void => {
    const before = machine.state()
    for (const effect of machine.handle(event, clock.monotonic())) perform(effect)
    timer?.()
    const at = machine.wakeAt()
    timer = at === undefined ? undefined : clock.after(Math.max(0, at - clock.monotonic()), () => handle({ type: 'tick' }))
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

  const frame = (bytes: Uint8Array): void => {
    let message: Message | undefined
    try {
      message = decodeMessage(bytes)
      if (message?.type === 'part') {
        const joined = joinParts(pieces, message, documentBytes + SLACK_BYTES)
        pieces = joined.pieces
        message = joined.frame && decodeMessage(joined.frame)
      }
    } catch {
      // Bytes that mean nothing: this link cannot be trusted to say the rest.
      handle({ type: 'distrust' })
      return
    }
    if (message === undefined) return
    // A peer that speaks as a client is no relay; the machine takes no notice of what it does not know.
    const told = message as RelayMessage
    handle({ type: 'heard', message: told })
    if (machine.state().at === 'live') on.heard(told)
  }

  const connect = (url: string): void => {
    const mine = ++life
    const current = (): boolean => mine === life
    pieces = []
    wire = transport.connect(url, {
      opened: () => {
        if (current()) handle({ type: 'opened' })
      },
      frame: bytes => {
        if (current()) frame(bytes)
      },
      closed: ({ code }) => {
        if (!current()) return
        wire = undefined
        handle({ type: 'closed', code })
      },
    })
  }

  const perform = (effect: ConnectionEffect): void => {
    switch (effect.do) {
      case 'ask-token':
        return void askToken()
      case 'connect':
        return connect(effect.url)
      case 'greet':
        send({ type: 'hello', version: VERSION, device: on.device(), token: effect.token })
        for (const message of on.greet()) send(message)
        return
      case 'send':
        return send(effect.message)
      case 'close':
        life += 1
        wire?.close(effect.code, effect.reason)
        wire = undefined
        return
      case 'up':
        ;({ frameBytes, documentBytes } = effect.welcome)
        return on.up(effect.welcome)
      case 'down':
        return on.down()
      case 'cloned':
        return on.cloned()
      case 'relay-time':
        return on.relayTime(effect.wall, effect.rtt)
    }
  }

  return {
    start(url, token, insecure) {
      source = token
      handle({ type: 'start', url, insecure })
    },
    handle,
    send,
    state: () => machine.state(),
    frameBytes: () => frameBytes,
  }
}
