/** Hints inside one process: between the parts of one relay, or between several relays in a test. Loses nothing, but nobody may rely on it. */
import type { Bus } from '@joinery/core'

const PAYLOAD_BYTES = 131_072

/** Where buses of one process meet. */
export interface MemoryHub {
  /** One more node's bus. */
  bus(): Bus
}

interface Subscription {
  readonly listener: (payload: Uint8Array) => void
  live: boolean
}

/**
 * A bus that only its own subscribers hear: all that a relay of one node needs.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { memoryBus } from '@joinery/adapters/bus/memory'
 *
 * const bus = memoryBus()
 * const heard = new Promise(resolve => bus.subscribe('space:me', resolve))
 * bus.publish('space:me', new Uint8Array([7]))
 * assert.deepEqual(await heard, new Uint8Array([7]))
 * await bus.close()
 * ```
 */
export function memoryBus(): Bus {
  return { ...memoryHub().bus(), carriesPresence: false }
}

/**
 * A hub whose buses hear each other.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { memoryHub } from '@joinery/adapters/bus/memory'
 *
 * const hub = memoryHub()
 * const [a, b] = [hub.bus(), hub.bus()]
 * const heard = new Promise(resolve => b.subscribe('space:me', resolve))
 * a.publish('space:me', new Uint8Array([7]))
 * assert.deepEqual(await heard, new Uint8Array([7]))
 * ```
 */
export function memoryHub(): MemoryHub {
  const subscriptionsByTopic = new Map<string, Set<Subscription>>()

  const remove = (topic: string, subscription: Subscription): void => {
    subscription.live = false
    const subscriptions = subscriptionsByTopic.get(topic)
    subscriptions?.delete(subscription)
    if (subscriptions?.size === 0) subscriptionsByTopic.delete(topic)
  }

  return {
    bus() {
      const leaves = new Set<() => void>()
      let closed = false
      return {
        carriesPresence: true,
        payloadBytes: PAYLOAD_BYTES,
        publish(topic, payload) {
          if (closed || payload.length > PAYLOAD_BYTES) return
          for (const subscription of subscriptionsByTopic.get(topic) ?? []) {
            const copy = payload.slice()
            queueMicrotask(() => {
              if (subscription.live) subscription.listener(copy)
            })
          }
        },
        subscribe(topic, listener) {
          if (closed) return () => {}
          const subscription = { listener, live: true }
          const subscriptions = subscriptionsByTopic.get(topic) ?? new Set()
          subscriptionsByTopic.set(topic, subscriptions.add(subscription))
          const leave = (): void => {
            remove(topic, subscription)
            leaves.delete(leave)
          }
          leaves.add(leave)
          return leave
        },
        isUp: () => !closed,
        async close() {
          closed = true
          for (const leave of leaves) leave()
        },
      }
    },
  }
}
