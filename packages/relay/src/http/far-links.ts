/**
 * Links over HTTP in a fleet: a request may come to any node, and the one that holds its link answers it by way of the bus. Laws:
 * - A key names its node, so it alone is asked. A link that it does not know, or a node that says nothing, is a link that is not there: the
 *   device begins anew.
 * - A node that said nothing is not asked for some seconds, but for links that were found there, unless it is heard of meanwhile: whoever
 *   makes its keys up holds no place of those that look for theirs (T4).
 * - Whether the link is there is asked before the body is read, so nobody fills the bus with what belongs to no link (WS-06); and how often
 *   that is asked is bounded for whoever makes keys up (`look-budget.ts`).
 * - The bus may lose what it likes: what does not come in time is weather, and the device brings it again, by the same places (P102).
 * - What is larger than a message of the bus goes in parts (`bus-parts.ts`); a body or an answer that is larger than a node holds is TOO_LARGE
 *   at once, and the link keeps what is in it.
 */
import { hex, JoineryError, type Bus, type Clock, type Random } from '@joinery/core'
import { decodeExchange, encodeExchange, type Exchange } from '@joinery/core/protocol'
import { createDecoder, readTailAsUint8Array, readVarString, readVarUint, type Decoder } from 'lib0/decoding'
import { createEncoder, toUint8Array, writeUint8Array, writeVarString, writeVarUint, type Encoder } from 'lib0/encoding'
import { boundedMap } from '../bounded-map.ts'
import type { RelayLimits } from '../limits.ts'
import { createGathering, partsOf } from './bus-parts.ts'
import type { HttpLinks } from './http-links.ts'
import { createLookBudget } from './look-budget.ts'

const NODE_BYTES = 8
const KEY = /^(?<node>[0-9a-f]{16})\.(?<key>[0-9a-f]{48})$/
const LOOK_MS = 600
const LOOKS = 2
/** A node that said nothing is taken to be gone for so long. */
const SILENT_MS = 3_000
const SILENT = 4_096
/** Beside what an exchange may wait, for its way there and back. */
const WAY_MS = 3_000
/** One exchange, and all that have come in part: far more than the largest frame. */
const WHOLE_BYTES = 64 * 1_024 * 1_024

const LOOK = 0
const SEEN = 1
const ASK = 2
const ANSWER = 3
const ANSWERS = ['', 'NOT_FOUND', 'RATE_LIMITED', 'TOO_LARGE'] as const

const NOTHING = new Uint8Array(0)

type Answered = Awaited<ReturnType<HttpLinks['exchange']>>

interface Asking {
  readonly done: (status: number, body: Uint8Array) => void
  readonly end: () => void
}

export function createFarLinks(options: {
  /** Those that are held here. */
  readonly near: HttpLinks
  readonly bus: Bus
  readonly clock: Clock
  readonly random: Random
  readonly limits: Pick<RelayLimits, 'requestsPerSecond' | 'burstRequests'>
  /** The largest exchange that goes by way of the bus. */
  readonly wholeBytes?: number
}): HttpLinks & { close(): void } {
  const { near, bus, clock, random, wholeBytes = WHOLE_BYTES } = options
  const node = hex(random.bytes(NODE_BYTES))
  const budget = createLookBudget(clock, options.limits)
  const looks = new Map<number, (seen?: number) => void>()
  /** Until when each is taken to be gone. */
  const silentNodes = boundedMap<number>(SILENT)
  /** Who was asked in vain, by the look: its answer may only be late. */
  const nodesByVainLook = boundedMap<string>(SILENT)
  const asks = new Map<number, Asking>()
  const bodies = createGathering(clock, wholeBytes, WAY_MS)
  const answers = createGathering(clock, wholeBytes, WAY_MS)
  let isOpen = true
  let last = 0

  const say = (to: string, kind: number, write: (out: Encoder) => void): void => {
    const out = createEncoder()
    writeVarUint(out, kind)
    write(out)
    bus.publish(topicOf(to), toUint8Array(out))
  }

  const sayInParts = (to: string, kind: number, body: Uint8Array, write: (out: Encoder) => void): void => {
    const parts = partsOf(body, bus)
    for (const [at, part] of parts.entries()) {
      say(to, kind, out => {
        write(out)
        writeVarUint(out, at)
        writeVarUint(out, parts.length)
        writeUint8Array(out, part)
      })
    }
  }

  const answer = async (from: string, id: number, key: string, wait: number, body: Uint8Array): Promise<void> => {
    const answered = await near.exchange(key, decodeExchange(body), wait)
    const said = typeof answered === 'string' ? NOTHING : encodeExchange(answered)
    const code = said.length > wholeBytes ? 'TOO_LARGE' : typeof answered === 'string' ? answered : ''
    sayInParts(from, ANSWER, code === '' ? said : NOTHING, out => {
      writeVarUint(out, id)
      writeVarUint(out, ANSWERS.indexOf(code))
    })
  }

  const hear = (input: Decoder): void => {
    const kind = readVarUint(input)
    if (kind === LOOK) {
      const [from, id, key] = [readVarString(input), readVarUint(input), readVarString(input)]
      silentNodes.delete(from)
      const greeted = near.greeted(key, from)
      say(from, SEEN, out => {
        writeVarUint(out, id)
        writeVarUint(out, greeted === undefined ? 0 : greeted === true ? 2 : 1)
      })
    } else if (kind === SEEN) {
      const id = readVarUint(input)
      const late = nodesByVainLook.get(String(id))
      if (late !== undefined) silentNodes.delete(late)
      looks.get(id)?.(readVarUint(input))
    } else if (kind === ASK) {
      const [from, id, key, wait] = [readVarString(input), readVarUint(input), readVarString(input), readVarUint(input)]
      const body = bodies.add(`${from} ${id}`, readVarUint(input), readVarUint(input), readTailAsUint8Array(input))
      // What a stranger to the protocol wrote is passed over, as everything on the bus.
      if (body !== undefined) void answer(from, id, key, wait, body).catch(() => undefined)
    } else if (kind === ANSWER) {
      const [id, status] = [readVarUint(input), readVarUint(input)]
      const ask = asks.get(id)
      if (ask === undefined) return
      const body = answers.add(String(id), readVarUint(input), readVarUint(input), readTailAsUint8Array(input))
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
      const stop = clock.after(LOOK_MS, () => {
        nodesByVainLook.set(String(id), to)
        done()
      })
      looks.set(id, done)
      say(to, LOOK, out => {
        writeVarString(out, node)
        writeVarUint(out, id)
        writeVarString(out, key)
      })
    })

  const ask = (to: string, key: string, exchange: Exchange, wait: number): Promise<Answered | undefined> =>
    new Promise(resolve => {
      const body = encodeExchange(exchange)
      if (body.length > wholeBytes) {
        resolve('TOO_LARGE')
        return
      }
      const id = (last += 1)
      const end = (answered?: Answered): void => {
        stop()
        asks.delete(id)
        resolve(answered)
      }
      const stop = clock.after(wait + WAY_MS, () => end())
      asks.set(id, { end, done: (status, said) => end(ANSWERS[status] || exchangeIn(said)) })
      sayInParts(to, ASK, body, out => {
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
    greeted(key, from) {
      const place = placeOf(key)
      if (place === undefined) return undefined
      if (place.node === node) return near.greeted(place.key, from)
      // It may be there, and nobody can say so now: the device tries again.
      if (!bus.isUp()) throw new JoineryError('UNAVAILABLE')
      if (isSilent(place.node) && !budget.isFound(key)) return undefined
      return budget.look(key, from, () => greetedThere(place))
    },
    async exchange(key, exchange, wait) {
      const place = placeOf(key)
      if (place === undefined) return 'NOT_FOUND'
      if (place.node === node) return near.exchange(place.key, exchange, wait)
      const answered = await ask(place.node, place.key, exchange, Math.round(wait))
      if (answered === undefined) throw new JoineryError('UNAVAILABLE')
      return answered
    },
    close() {
      isOpen = false
      leave()
      for (const seen of looks.values()) seen()
      for (const { end } of asks.values()) end()
      bodies.close()
      answers.close()
    },
  }

  async function greetedThere(place: { readonly node: string; readonly key: string }): Promise<boolean | undefined> {
    for (let looked = 0; looked < LOOKS && isOpen; looked++) {
      const seen = await look(place.node, place.key)
      if (seen === undefined) continue
      silentNodes.delete(place.node)
      return seen === 0 ? undefined : seen === 2
    }
    // Nothing was heard of it, for nothing is heard of anybody.
    if (!isOpen || !bus.isUp()) throw new JoineryError('UNAVAILABLE')
    silentNodes.set(place.node, clock.monotonic() + SILENT_MS)
    return undefined
  }

  function isSilent(to: string): boolean {
    return (silentNodes.get(to) ?? -Infinity) > clock.monotonic()
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
