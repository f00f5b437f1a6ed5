/**
 * Links over HTTP in a fleet: a request may come to any node, and the one that holds its link answers it by way of the bus. Laws:
 * - A key names its node, so it alone is asked. A link that it does not know, or a node that says nothing, is a link that is not there: the
 *   device begins anew.
 * - Whether the link is there is asked before the body is read, so nobody fills the bus with what belongs to no link (WS-06).
 * - The bus may lose what it likes: what does not come in time is weather, and the device brings it again, by the same places (P102).
 * - What has come in part is bounded, in number and in time (T3).
 */
import { hex, JoineryError, type Bus, type Clock, type Random } from '@joinery/core'
import { decodeExchange, encodeExchange, type Exchange } from '@joinery/core/protocol'
import { createDecoder, readTailAsUint8Array, readVarString, readVarUint, type Decoder } from 'lib0/decoding'
import { createEncoder, toUint8Array, writeUint8Array, writeVarString, writeVarUint, type Encoder } from 'lib0/encoding'
import type { HttpLinks } from './http-links.ts'

const NODE_BYTES = 8
const KEY = /^(?<node>[0-9a-f]{16})\.(?<key>[0-9a-f]{48})$/
/** Of a message, beside what is said before it. */
const PART_BYTES = 6_500
/** Parts of one exchange: more than the largest frame. */
const PARTS = 1_024
const LOOK_MS = 600
const LOOKS = 2
/** Beside what an exchange may wait, for its way there and back. */
const WAY_MS = 3_000
/** Exchanges of others that have come in part. */
const OPEN = 64

const LOOK = 0
const SEEN = 1
const ASK = 2
const ANSWER = 3
const ANSWERS = ['', 'NOT_FOUND', 'RATE_LIMITED'] as const

type Answered = Awaited<ReturnType<HttpLinks['exchange']>>

interface Parts {
  readonly parts: (Uint8Array | undefined)[]
  left: number
}

export function createFarLinks(options: {
  /** Those that are held here. */
  readonly near: HttpLinks
  readonly bus: Bus
  readonly clock: Clock
  readonly random: Random
}): HttpLinks & { close(): void } {
  const { near, bus, clock, random } = options
  const node = hex(random.bytes(NODE_BYTES))
  const looks = new Map<number, (seen: number) => void>()
  const asks = new Map<
    number,
    { readonly gathered: Map<0, Parts>; readonly done: (status: number, body: Uint8Array) => void }
  >()
  const asked = new Map<string, Parts>()
  let last = 0

  const say = (to: string, kind: number, write: (out: Encoder) => void): void => {
    const out = createEncoder()
    writeVarUint(out, kind)
    write(out)
    bus.publish(topicOf(to), toUint8Array(out))
  }

  const sayInParts = (to: string, kind: number, body: Uint8Array, write: (out: Encoder) => void): void => {
    const count = Math.max(1, Math.ceil(body.length / PART_BYTES))
    for (let at = 0; at < count; at++) {
      say(to, kind, out => {
        write(out)
        writeVarUint(out, at)
        writeVarUint(out, count)
        writeUint8Array(out, body.subarray(at * PART_BYTES, (at + 1) * PART_BYTES))
      })
    }
  }

  /** The whole, once its last part has come. */
  const gather = <K>(open: Map<K, Parts>, id: K, input: Decoder): Uint8Array | undefined => {
    const [at, count] = [readVarUint(input), readVarUint(input)]
    if (count > PARTS || at >= count) return undefined
    const known = open.get(id) ?? { parts: Array.from<Uint8Array | undefined>({ length: count }), left: count }
    open.set(id, known)
    if (known.parts.length !== count || known.parts[at] !== undefined) return undefined
    known.parts[at] = readTailAsUint8Array(input)
    known.left -= 1
    if (known.left > 0) return undefined
    open.delete(id)
    return Buffer.concat(known.parts.filter(part => part !== undefined))
  }

  const answer = async (from: string, id: number, key: string, wait: number, body: Uint8Array): Promise<void> => {
    const answered = await near.exchange(key, decodeExchange(body), wait)
    const isCode = typeof answered === 'string'
    sayInParts(from, ANSWER, isCode ? new Uint8Array(0) : encodeExchange(answered), out => {
      writeVarUint(out, id)
      writeVarUint(out, isCode ? ANSWERS.indexOf(answered) : 0)
    })
  }

  const hear = (input: Decoder): void => {
    const kind = readVarUint(input)
    if (kind === LOOK) {
      const [from, id, key] = [readVarString(input), readVarUint(input), readVarString(input)]
      const greeted = near.greeted(key)
      say(from, SEEN, out => {
        writeVarUint(out, id)
        writeVarUint(out, greeted === undefined ? 0 : greeted === true ? 2 : 1)
      })
    } else if (kind === SEEN) looks.get(readVarUint(input))?.(readVarUint(input))
    else if (kind === ASK) {
      const [from, id, key, wait] = [readVarString(input), readVarUint(input), readVarString(input), readVarUint(input)]
      const name = `${from} ${id}`
      if (!asked.has(name)) {
        if (asked.size >= OPEN) return
        clock.after(WAY_MS, () => asked.delete(name))
      }
      const body = gather(asked, name, input)
      // What a stranger to the protocol wrote is passed over, as everything on the bus.
      if (body !== undefined) void answer(from, id, key, wait, body).catch(() => undefined)
    } else if (kind === ANSWER) {
      const ask = asks.get(readVarUint(input))
      if (ask === undefined) return
      const status = readVarUint(input)
      const body = gather(ask.gathered, 0, input)
      if (body !== undefined) ask.done(status, body)
    }
  }

  const leave = bus.subscribe(topicOf(node), payload => {
    try {
      hear(createDecoder(payload))
    } catch {
      // Whoever wrote it is no node of ours.
    }
  })

  const look = (to: string, key: string): Promise<number | undefined> =>
    new Promise(resolve => {
      const id = (last += 1)
      const done = (seen?: number): void => {
        stop()
        looks.delete(id)
        resolve(seen)
      }
      const stop = clock.after(LOOK_MS, () => done())
      looks.set(id, done)
      say(to, LOOK, out => {
        writeVarString(out, node)
        writeVarUint(out, id)
        writeVarString(out, key)
      })
    })

  const ask = (to: string, key: string, exchange: Exchange, wait: number): Promise<Answered | undefined> =>
    new Promise(resolve => {
      const id = (last += 1)
      const end = (): void => {
        stop()
        asks.delete(id)
      }
      const stop = clock.after(wait + WAY_MS, () => {
        end()
        resolve(undefined)
      })
      asks.set(id, {
        gathered: new Map(),
        done(status, body) {
          end()
          resolve(ANSWERS[status] || exchangeIn(body))
        },
      })
      sayInParts(to, ASK, encodeExchange(exchange), out => {
        writeVarString(out, node)
        writeVarUint(out, id)
        writeVarString(out, key)
        writeVarUint(out, wait)
      })
    })

  return {
    open: place => `${node}.${near.open(place)}`,
    count: near.count,
    session(key) {
      const place = placeOf(key)
      return place?.node === node ? near.session(place.key) : undefined
    },
    greeted(key) {
      const place = placeOf(key)
      if (place === undefined) return undefined
      return place.node === node ? near.greeted(place.key) : greetedThere(place)
    },
    async exchange(key, exchange, wait) {
      const place = placeOf(key)
      if (place === undefined) return 'NOT_FOUND'
      if (place.node === node) return near.exchange(place.key, exchange, wait)
      const answered = await ask(place.node, place.key, exchange, Math.round(wait))
      if (answered === undefined) throw new JoineryError('UNAVAILABLE')
      return answered
    },
    close: leave,
  }

  async function greetedThere(place: { readonly node: string; readonly key: string }): Promise<boolean | undefined> {
    // It may be there, and nobody can say so now: the device tries again.
    if (!bus.isUp()) throw new JoineryError('UNAVAILABLE')
    for (let looked = 0; looked < LOOKS; looked++) {
      const seen = await look(place.node, place.key)
      if (seen !== undefined) return seen === 0 ? undefined : seen === 2
    }
    return undefined
  }
}

/** Undefined for what no node of ours says. */
function exchangeIn(body: Uint8Array): Exchange | undefined {
  try {
    return decodeExchange(body)
  } catch {
    return undefined
  }
}

function topicOf(node: string): string {
  return `link/${node}`
}

function placeOf(name: string): { readonly node: string; readonly key: string } | undefined {
  const { node, key } = KEY.exec(name)?.groups ?? {}
  return node === undefined || key === undefined ? undefined : { node, key }
}
