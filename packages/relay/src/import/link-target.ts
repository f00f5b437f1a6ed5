/**
 * Through a relay that runs, as a device of a member. Laws:
 * - It tells what it has and brings what it is asked for, as a device does after a loss: what others wrote is taken so, and binds nobody (R4).
 * - One question at a time; a link that breaks ends the import, which goes on where it was when it is run again.
 */
import { hex, isCode, JoineryError, type Clock, type Code, type Random, type Transport, type Wire } from '@joinery/core'
import {
  codeOfClose,
  decodeMessage,
  encodeMessage,
  joinParts,
  splitFrame,
  VERSION,
  type ClientMessage,
  type Pieces,
  type RelayMessage,
} from '@joinery/core/protocol'
import { isContent } from '../history/kept-entries.ts'
import { acked, refused, type Answer } from '../job.ts'
import type { HeldHere, ImportTarget } from './target.ts'

const DEVICE_BYTES = 12
const PATH = '/v1/sync'
/** Of an answer that is put together from parts. */
const ANSWER_BYTES = 128 * 1_024 * 1_024
/** For each answer. */
const PATIENCE_MS = 60_000
const WEATHER_MS = 1_000
const TRIES = 30

export interface LinkTargetOptions {
  readonly url: string
  readonly token: string
  readonly space: string
  readonly transport: Transport
  readonly clock: Clock
  readonly random: Random
}

/** Rejects with what the relay says no with, or UNAVAILABLE when there is none. */
export async function linkTarget(options: LinkTargetOptions): Promise<ImportTarget> {
  const { space, clock, random } = options
  const link = connect(options)
  const device = `import-${hex(random.bytes(DEVICE_BYTES))}`
  await link.opened
  link.say({ type: 'hello', version: VERSION, device, token: options.token })
  const { frameBytes } = await link.answer(message => (message.type === 'welcome' ? message : undefined))
  let n = 0

  const pause = (ms: number): Promise<void> => new Promise(resolve => void clock.after(ms, resolve))

  const held = async (document: string): Promise<HeldHere | undefined> => {
    link.say({ type: 'fetch', space, document, before: 0 })
    const entries = await link.answer(message => {
      if (message.type === 'refused' && message.document === document && message.n === undefined) return message.code
      return message.type === 'bodies' && message.document === document ? message.entries : undefined
    })
    if (entries === 'GONE') return { kind: '', engine: '', isGone: true, updates: [] }
    if (typeof entries === 'string') throw new JoineryError(entries, { document })
    const [first] = entries
    if (first === undefined) return undefined
    const isGone = entries.some(({ type }) => type === 'tombstone')
    return {
      kind: first.kind,
      engine: first.engine,
      isGone,
      updates: entries.filter(isContent).map(({ bytes }) => bytes),
    }
  }

  /** The relay is to ask for it; what it asks for is known already. */
  const offer = async (document: string): Promise<Answer | undefined> => {
    link.say({ type: 'have', space, documents: [{ document, engine: 'yjs', version: new Uint8Array() }] })
    return link.answer<Answer | undefined>(message => {
      if (message.type === 'refused' && message.n === undefined) return refused(message.code, '', message.retryAfter)
      return message.type === 'want' ? acked(0) : undefined
    })
  }

  const give = async (document: string, kind: string, bytes: Uint8Array): Promise<Answer> => {
    n += 1
    for (let tries = 1; ; tries++) {
      const offered = await offer(document)
      if (offered?.answer === 'refused' && !WEATHER.includes(offered.code)) return offered
      const at = Math.floor(clock.now())
      const entry = { n, type: 'update', resupply: true, document, kind, engine: 'yjs', at, bytes } as const
      link.say({ type: 'push', space, entries: [entry] }, frameBytes)
      const answer = await link.answer<Answer>(message => {
        if (message.type === 'refused' && message.n === n) return refused(message.code, '', message.retryAfter)
        const own = message.type === 'ack' ? message.entries.find(one => one.n === n) : undefined
        return own && acked(own.seq)
      })
      const isWeather = answer.answer === 'refused' && WEATHER.includes(answer.code)
      if (!isWeather || tries >= TRIES) return answer
      await pause(Math.max(WEATHER_MS, answer.retryAfter))
    }
  }

  return {
    held,
    give,
    async close() {
      link.close()
    },
  }
}

const WEATHER: readonly Code[] = ['UNAVAILABLE', 'QUOTA', 'RATE_LIMITED', 'GAP']

interface Asking {
  readonly opened: Promise<void>
  say(message: ClientMessage, frameBytes?: number): void
  /** The first message that this makes something of. */
  answer<T>(take: (message: RelayMessage) => T | undefined): Promise<T>
  close(): void
}

function connect({ url, transport, clock }: LinkTargetOptions): Asking {
  let pieces: Pieces = []
  let heard: RelayMessage[] = []
  let ended: JoineryError | undefined
  let look = (): void => undefined
  let open = (): void => undefined
  let fail = (_error: JoineryError): void => undefined
  const opened = new Promise<void>((resolve, reject) => {
    open = resolve
    fail = reject
  })
  // Whoever asks finds out by `ended`.
  opened.catch(() => undefined)

  const end = (error: JoineryError): void => {
    ended ??= error
    fail(ended)
    look()
  }

  const take = (bytes: Uint8Array): void => {
    const message = decodeMessage(bytes)
    if (message?.type === 'part') {
      const joined = joinParts(pieces, message, ANSWER_BYTES)
      pieces = joined.pieces
      if (joined.frame !== undefined) take(joined.frame)
      return
    }
    if (message === undefined) return
    if (message.type === 'bye') end(new JoineryError(isCode(message.code) ? message.code : 'UNAVAILABLE', { url }))
    heard.push(message as RelayMessage)
    look()
  }

  const wire: Wire = transport.connect(new URL(PATH, url.replace(/^http/, 'ws')).href, {
    opened: () => open(),
    frame(bytes) {
      try {
        take(bytes)
      } catch {
        end(new JoineryError('BAD_FRAME', { url }))
      }
    },
    closed: ({ code }) => end(new JoineryError(codeOfClose(code) ?? 'UNAVAILABLE', { url })),
  })

  return {
    opened,
    say(message, frameBytes = Number.MAX_SAFE_INTEGER) {
      for (const frame of splitFrame(encodeMessage(message), frameBytes)) wire.send(frame)
    },
    answer: taken =>
      new Promise((resolve, reject) => {
        const giveUp = clock.after(PATIENCE_MS, () => end(new JoineryError('UNAVAILABLE', { url, why: 'no answer' })))
        const done = (settle: () => void): void => {
          giveUp()
          look = () => undefined
          heard = []
          settle()
        }
        look = () => {
          try {
            for (const message of heard.splice(0)) {
              const found = taken(message)
              if (found !== undefined) return done(() => resolve(found))
            }
          } catch (error) {
            return done(() => reject(error))
          }
          if (ended !== undefined) done(() => reject(ended))
        }
        look()
      }),
    close() {
      wire.close(1000, '')
    },
  }
}
