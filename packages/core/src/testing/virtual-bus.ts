/**
 * Hints between nodes on virtual time: late, in any order, twice, or never. Laws: those of the Bus port; whoever drives it can take the
 * whole of it away for a while: what is published meanwhile is lost, and who listens is told when it is back.
 */
import { BUS_PAYLOAD_BYTES, type Bus } from '../ports/bus.ts'
import type { Clock } from '../ports/clock.ts'

export interface VirtualBusOptions {
  /** Asked for each hint and each listener: after how many ms it arrives, and once more for each further one. Nothing: it is lost. */
  readonly arrivals?: () => readonly number[]
}

export interface VirtualBus {
  /** One more node's bus, which hears the others by this clock. */
  node(clock: Pick<Clock, 'after'>): Bus
  /** Whether anything is passed on. With `silently` nobody is told that something was lost, as when what lost it does not know. */
  pass(on: boolean, silently?: boolean): void
}

interface Listener {
  readonly topic: string
  readonly clock: Pick<Clock, 'after'>
  readonly listener: (payload: Uint8Array) => void
  readonly missed: (() => void) | undefined
}

/**
 * A bus without nodes.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { virtualBus, virtualClock } from '@joinery/core/testing'
 *
 * const clock = virtualClock()
 * const bus = virtualBus({ arrivals: () => [20, 5] })
 * const heard: number[] = []
 * bus.node(clock).subscribe('garden', () => heard.push(clock.monotonic()))
 * bus.node(clock).publish('garden', new Uint8Array([7]))
 * await clock.advance(100)
 * assert.deepEqual(heard, [5, 20])
 * ```
 */
export function virtualBus({ arrivals = () => [1] }: VirtualBusOptions = {}): VirtualBus {
  const listeners = new Set<Listener>()
  let passing = true
  return {
    pass(on, silently = false) {
      const isBack = on && !passing
      passing = on
      if (!isBack || silently) return
      for (const one of listeners) {
        one.clock.after(0, () => {
          if (listeners.has(one)) one.missed?.()
        })
      }
    },
    node(clock) {
      const own = new Set<Listener>()
      let closed = false
      return {
        carriesPresence: true,
        payloadBytes: BUS_PAYLOAD_BYTES,
        publish(topic, payload) {
          if (closed || !passing || payload.length > BUS_PAYLOAD_BYTES) return
          const sent = payload.slice()
          for (const one of listeners) {
            if (one.topic !== topic) continue
            for (const ms of arrivals()) {
              one.clock.after(ms, () => {
                if (listeners.has(one)) one.listener(sent.slice())
              })
            }
          }
        },
        subscribe(topic, listener, missed) {
          if (closed) return () => undefined
          const one = { topic, clock, listener, missed }
          listeners.add(one)
          own.add(one)
          return () => {
            listeners.delete(one)
            own.delete(one)
          }
        },
        isUp: () => passing && !closed,
        async close() {
          closed = true
          for (const one of own) listeners.delete(one)
        },
      }
    },
  }
}
