/**
 * What is larger than a message of the bus, cut into parts and put together again. Laws:
 * - A part is as large as the bus takes it, beside what is said before it.
 * - What has come in part is bounded, in bytes, in number and in time (T3): whatever is one too many is passed over whole, as if it had been
 *   lost, and leaves nothing behind.
 * - A whole is given once: a bus may bring the same part again.
 */
import type { Bus, Clock } from '@joinery/core'
import { boundedMap } from '../bounded-map.ts'

/** What is said before a part. */
const HEAD_BYTES = 256
/** Wholes that are begun. */
const OPEN = 1_024
/** Names of those that were given. */
const GIVEN = 16_384

export interface Gathering {
  /** The whole, once its last part has come. */
  add(name: string, at: number, count: number, part: Uint8Array): Uint8Array | undefined
  close(): void
}

interface Begun {
  readonly parts: Map<number, Uint8Array>
  bytes: number
  stop: () => void
}

/** One at least, also of nothing. */
export function partsOf(whole: Uint8Array, bus: Pick<Bus, 'payloadBytes'>): Uint8Array[] {
  const bytes = bus.payloadBytes - HEAD_BYTES
  const count = Math.max(1, Math.ceil(whole.length / bytes))
  return Array.from({ length: count }, (_, at) => whole.subarray(at * bytes, (at + 1) * bytes))
}

/** `most`: bytes of all that are begun. `forMs`: how long one waits for its last part. */
export function createGathering(clock: Clock, most: number, forMs: number): Gathering {
  const begun = new Map<string, Begun>()
  const given = boundedMap<true>(GIVEN)
  let held = 0

  const end = (name: string): void => {
    const one = begun.get(name)
    if (one === undefined) return
    one.stop()
    held -= one.bytes
    begun.delete(name)
  }

  const begin = (name: string): Begun => {
    const one = { parts: new Map(), bytes: 0, stop: clock.after(forMs, () => end(name)) }
    begun.set(name, one)
    return one
  }

  return {
    add(name, at, count, part) {
      if (at >= count || given.get(name) === true) return undefined
      if (count === 1) {
        given.set(name, true)
        return part
      }
      const isOver = held + part.length > most || (begun.size >= OPEN && !begun.has(name))
      if (isOver) {
        end(name)
        given.set(name, true)
        return undefined
      }
      const one = begun.get(name) ?? begin(name)
      if (one.parts.has(at)) return undefined
      one.parts.set(at, part)
      one.bytes += part.length
      held += part.length
      if (one.parts.size < count) return undefined
      end(name)
      given.set(name, true)
      return Buffer.concat([...one.parts].sort(([a], [b]) => a - b).map(([, bytes]) => bytes))
    },
    close() {
      for (const name of begun.keys()) end(name)
    },
  }
}
