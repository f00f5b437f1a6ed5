/**
 * Who is in one space by other nodes, and, told to them, who is here: over the bus alone, never stored. Laws:
 * - A node tells what its own people show, and never what another told it: nothing goes around.
 * - Who begins to watch asks, and is answered. What is shown is said again every few seconds, and who is not heard of for three times as long
 *   is gone: a node that dies takes its people along.
 * - Somebody is where his client said the newest: a node that he moved away from may notice it late. A name is his who brought it first.
 * - No message is larger than a hint, and what others tell weighs no more than so much (T3). A message of another kind is passed over, so
 *   nodes of two versions get along.
 */
import { BUS_PAYLOAD_BYTES, type Bus, type Clock } from '@joinery/core'
import { decodeMessage, encodeMessage, PRESENCE_CLOCK, type Presence } from '@joinery/core/protocol'
import { createDecoder, hasContent, readVarString, readVarUint, readVarUint8Array, type Decoder } from 'lib0/decoding'
import { createEncoder, length, toUint8Array, writeVarString, writeVarUint, writeVarUint8Array } from 'lib0/encoding'
import type { RelayLimits } from './limits.ts'
import type { ToldPresence } from './presences.ts'

export interface Elsewhere {
  /** What somebody shows here, or does not any more. */
  tell(told: readonly ToldPresence[]): void
  /** What those show who are elsewhere. */
  present(): Iterable<Presence>
  close(): void
}

export interface ElsewhereOptions {
  readonly bus: Bus
  readonly clock: Clock
  readonly limits: Pick<RelayLimits, 'presenceTickMs' | 'presenceRenewMs'>
  /** Names this node, as long as it lives. */
  readonly node: string
  readonly space: string
  /** What somebody elsewhere shows, or does not any more. */
  readonly told: (told: readonly ToldPresence[]) => void
}

/** What a message is. */
const SHOWN = 0
const ASKED = 1

/** Renewals that may be lost. */
const MISSED = 3
/** What others show in one space, as it travels. */
const FAR_BYTES = 4_194_304
/** What a frame weighs in a message beside its bytes. */
const LENGTH_BYTES = 3

interface Far {
  readonly presence: Presence
  readonly bytes: number
  node: string
  /** By the monotonic clock. */
  until: number
}

export function createElsewhere({ bus, clock, limits, node, space, told }: ElsewhereOptions): Elsewhere {
  const topic = `here/${space}`
  const farByKey = new Map<string, Far>()
  const hereByKey = new Map<string, ToldPresence>()
  let farBytes = 0
  let isClosed = false
  let isAnswering = false
  let stopRenewing: (() => void) | undefined

  const say = (kind: number, frames: readonly Uint8Array[] = []): void => {
    let encoder = messageOf(kind)
    const empty = length(encoder)
    for (const frame of frames) {
      const bytes = frame.length + LENGTH_BYTES
      if (length(encoder) > empty && length(encoder) + bytes > BUS_PAYLOAD_BYTES) {
        bus.publish(topic, toUint8Array(encoder))
        encoder = messageOf(kind)
      }
      writeVarUint8Array(encoder, frame)
    }
    bus.publish(topic, toUint8Array(encoder))
  }
  const messageOf = (kind: number): ReturnType<typeof createEncoder> => {
    const encoder = createEncoder()
    writeVarString(encoder, node)
    writeVarUint(encoder, kind)
    return encoder
  }

  const sayAll = (): void => {
    if (hereByKey.size > 0)
      say(
        SHOWN,
        [...hereByKey.values()].map(({ frame }) => frame),
      )
  }

  /** However many ask. */
  const answer = (): void => {
    if (isAnswering || hereByKey.size === 0) return
    isAnswering = true
    clock.after(limits.presenceTickMs, () => {
      isAnswering = false
      if (!isClosed) sayAll()
    })
  }

  /** While there is anybody, here or elsewhere. */
  const renewLater = (): void => {
    if (stopRenewing !== undefined || isClosed || hereByKey.size + farByKey.size === 0) return
    stopRenewing = clock.after(limits.presenceRenewMs, () => {
      stopRenewing = undefined
      sayAll()
      told(expired(clock.monotonic()))
      renewLater()
    })
  }

  const forget = (key: string): Far | undefined => {
    const far = farByKey.get(key)
    if (far !== undefined) farBytes -= far.bytes
    farByKey.delete(key)
    return far
  }

  const expired = (now: number): ToldPresence[] =>
    [...farByKey].flatMap(([key, far]) => {
      if (far.until > now) return []
      forget(key)
      return withFrame({ ...far.presence, clock: far.presence.clock + 1, state: undefined })
    })

  const hear = (from: string, frame: Uint8Array): ToldPresence[] => {
    const presence = decodeMessage(frame)
    if (presence?.type !== 'presence' || presence.space !== space) return []
    const key = keyOf(presence)
    const known = farByKey.get(key)
    if (presence.state === undefined) {
      // Of where he was before, after he has moved on, it is no news.
      if (known?.node !== from) return []
      forget(key)
      return [{ presence, frame }]
    }
    const before = known?.presence ?? hereByKey.get(key)?.presence
    if (presence.clock > PRESENCE_CLOCK) return []
    if (before !== undefined && (before.subject !== presence.subject || presence.clock < before.clock)) return []
    if (known === undefined && before?.clock === presence.clock) return []
    if (known === undefined && farBytes + frame.length > FAR_BYTES) return []
    const until = clock.monotonic() + MISSED * limits.presenceRenewMs
    if (known !== undefined && presence.clock === known.presence.clock) {
      known.node = from
      known.until = until
      return []
    }
    forget(key)
    hereByKey.delete(key)
    farByKey.set(key, { presence, bytes: frame.length, node: from, until })
    farBytes += frame.length
    return [{ presence, frame }]
  }

  const read = (decoder: Decoder): void => {
    const from = readVarString(decoder)
    if (from === node) return
    const kind = readVarUint(decoder)
    if (kind === ASKED) answer()
    else if (kind === SHOWN) {
      const news: ToldPresence[] = []
      while (hasContent(decoder)) news.push(...hear(from, readVarUint8Array(decoder)))
      if (news.length > 0) told(news)
      renewLater()
    }
  }

  const leave = bus.subscribe(
    topic,
    payload => {
      try {
        read(createDecoder(payload))
      } catch {
        // Whoever wrote it is no node of ours.
      }
    },
    // The others may have missed what was said meanwhile as well.
    () => {
      say(ASKED)
      sayAll()
    },
  )
  say(ASKED)

  return {
    tell(news) {
      if (isClosed || news.length === 0) return
      for (const one of news) {
        const key = keyOf(one.presence)
        forget(key)
        if (one.presence.state === undefined) hereByKey.delete(key)
        else hereByKey.set(key, one)
      }
      say(
        SHOWN,
        news.map(({ frame }) => frame),
      )
      renewLater()
    },
    *present() {
      for (const { presence } of farByKey.values()) yield presence
    },
    close() {
      if (isClosed) return
      isClosed = true
      leave()
      stopRenewing?.()
    },
  }
}

function keyOf({ session, document }: Presence): string {
  return `${session} ${document}`
}

function withFrame(presence: Presence): ToldPresence[] {
  return [{ presence, frame: encodeMessage(presence) }]
}
