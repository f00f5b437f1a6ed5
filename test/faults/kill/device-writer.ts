/**
 * A device that speaks the protocol by hand, over a WebSocket or over HTTP. It watches the space, keeps every entry until it is acked, and
 * after each death of the relay pushes some that were acked, too: the same push again must be the same ack (S4).
 */
import type { Cursor, Transport, Wire } from '@joinery/core'
import {
  decodeMessage,
  encodeMessage,
  VERSION,
  type ClientMessage,
  type PushedEntry,
  type RelayMessage,
} from '@joinery/core/protocol'
import * as Y from 'yjs'
import type { Promises } from './promises.ts'
import { wires } from './wires.ts'
import { wordOf, writeWord } from './words.ts'
import type { Writer } from './writer.ts'

/** Acked entries that are pushed again on the next link. */
const REPEATED = 20
const AGAIN_MS = 300
/** A node keeps for five seconds what it cannot save before it says so, and what was sent behind that lacks it for as long. */
const WEATHER_MS = 15_000
/** Entries of one message. */
const ENTRIES = 500
/** Codes from here to 4499 say that it makes no sense to come back. */
const FINAL = 4_400

export interface DeviceWriter extends Writer {
  /** So many words in each of so many documents of its own, pushed at once. Resolves when they are acked. */
  pour(documents: readonly string[], words: number): Promise<void>
}

export function deviceWriter(options: {
  readonly port: number
  readonly space: string
  readonly document: string
  readonly name: string
  readonly share: number
  readonly transport: Transport
  readonly promises: Promises
  readonly heard: () => void
}): DeviceWriter {
  const { port, space, document, name, share, promises, heard } = options
  const { transport, cut } = wires(options.transport, promises, heard)
  const doc = new Y.Doc()
  const waiting = new Map<number, { readonly entry: PushedEntry; readonly word: string }>()
  const lately: PushedEntry[] = []
  let cursor: Cursor | undefined
  let wire: Wire | undefined
  let isWelcome = false
  let isWanted = false
  /** Something could not be saved lately; and it is sent again. */
  let weatherUntil = 0
  let sending: NodeJS.Timeout | undefined
  let n = 0
  let settlers: (() => void)[] = []

  const say = (message: ClientMessage): void => wire?.send(encodeMessage(message))

  const push = (entries: readonly PushedEntry[]): void => {
    if (!isWelcome) return
    for (let at = 0; at < entries.length; at += ENTRIES)
      say({ type: 'push', space, entries: entries.slice(at, at + ENTRIES) })
  }

  const edit = (of: Y.Doc, where: string): PushedEntry => {
    const word = wordOf(name, (n += 1))
    promises.wrote(word, where)
    const bytes = writeWord(of, word)
    const entry: PushedEntry = {
      n,
      type: 'update',
      resupply: false,
      document: where,
      kind: 'raw',
      engine: 'yjs',
      at: Date.now(),
      bytes,
    }
    waiting.set(n, { entry, word })
    return entry
  }

  const hear = (message: RelayMessage): void => {
    switch (message.type) {
      case 'welcome':
        isWelcome = true
        say({ type: 'watch', space, cursor })
        push([...lately, ...[...waiting.values()].map(({ entry }) => entry)])
        return
      case 'changes':
        for (const entry of message.entries) {
          if (entry.type === 'update') promises.named(entry.device, entry.n, entry.seq)
        }
        cursor = message.cursor
        return
      case 'ack':
        for (const acked of message.entries) {
          promises.named(name, acked.n, acked.seq)
          const known = waiting.get(acked.n)
          if (known === undefined) continue
          waiting.delete(acked.n)
          promises.acked(known.word)
          lately.push(known.entry)
          if (lately.length > REPEATED) lately.shift()
        }
        heard()
        if (waiting.size > 0) return
        for (const settler of settlers) settler()
        settlers = []
        return
      case 'refused':
        // The relay's store is away: what was sent behind something that it could not save lacks that.
        if (message.code === 'UNAVAILABLE' || (message.code === 'GAP' && performance.now() < weatherUntil)) again()
        else promises.trouble(`${name}: refused ${message.code}`)
        return
      case 'bye':
        // A relay that stops says goodbye.
        if (message.code !== 'UNAVAILABLE') promises.trouble(`${name}: bye ${message.code}`)
    }
  }

  /** All of it, in order, a moment later. */
  const again = (): void => {
    weatherUntil = performance.now() + WEATHER_MS
    sending ??= setTimeout(() => {
      sending = undefined
      push([...waiting.values()].map(({ entry }) => entry))
    }, AGAIN_MS)
  }

  const settled = (): Promise<void> =>
    waiting.size === 0 ? Promise.resolve() : new Promise(resolve => settlers.push(resolve))

  return {
    name,
    document,
    share,
    write: () => push([edit(doc, document)]),
    async pour(documents, words) {
      const entries = documents.flatMap(where => {
        const own = new Y.Doc()
        return Array.from({ length: words }, () => edit(own, where))
      })
      push(entries)
      await settled()
    },
    connect: () =>
      new Promise(resolve => {
        // An attempt that leads nowhere is followed by the next.
        const attempt = (): void => {
          let closed = false
          const mine = transport.connect(`ws://127.0.0.1:${port}/v1/sync`, {
            opened: () => say({ type: 'hello', version: VERSION, device: name, token: `dev:${name}` }),
            frame(bytes) {
              const message = decodeMessage(bytes) as RelayMessage | undefined
              if (message === undefined) return
              hear(message)
              if (message.type === 'welcome') resolve()
            },
            closed({ code, reason }) {
              closed = true
              if (code >= FINAL && code < FINAL + 100) promises.trouble(`${name} was closed with ${code} ${reason}`)
              if (wire !== mine) return
              isWelcome = false
              wire = undefined
              setTimeout(() => {
                if (isWanted && wire === undefined) attempt()
              }, 20)
            },
          })
          if (!closed) wire = mine
        }
        isWanted = true
        attempt()
      }),
    async cut() {
      isWanted = false
      cut()
      wire = undefined
      isWelcome = false
    },
    settled,
    async close() {
      isWanted = false
      cut()
    },
  }
}
