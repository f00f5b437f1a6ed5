/** A real relay on the virtual network, over a store that outlives it. */
import type { Store } from '@joinery/core'
import { memoryBus } from '@joinery/adapters/bus/memory'
import { memoryStore, seededRandom } from '@joinery/core/testing'
import { createRelay, verifyDevToken, yjsGate, type Relay, type RelayOptions } from '@joinery/relay'
import type { World } from './kit.ts'

const URL = 'wss://relay/v1/link'

export interface TestRelay {
  readonly store: Store
  relay(): Relay
  /** kill -9: nothing is said, nothing more is written. */
  crash(): void
  /** Starts again, on the store given or the one it had. */
  start(store?: Store): void
}

export function relayIn(world: World, options: Partial<RelayOptions> = {}): TestRelay {
  let store = options.store ?? memoryStore()
  let running: Relay | undefined
  let starts = 0
  const start = (): void => {
    const relay = createRelay({
      bus: memoryBus(),
      clock: world.clock,
      random: seededRandom(7 + starts++),
      verify: verifyDevToken,
      gates: [yjsGate()],
      openToAll: true,
      onFatal(error) {
        throw error
      },
      ...options,
      store,
    })
    running = relay
    world.network.accept('relay', socket => {
      const events = relay.accept(socket)
      socket.on({ frame: events.frame, closed: events.closed })
    })
  }
  start()
  return {
    get store() {
      return store
    },
    relay: () => running as Relay,
    crash() {
      world.network.crash('relay')
      running?.close()
    },
    start(next) {
      if (next !== undefined) store = next
      start()
    },
  }
}

/** Options that link a device to it, as this person. */
export function as(name: string): { url: string; token: () => string } {
  return { url: URL, token: () => `dev:${name}` }
}
