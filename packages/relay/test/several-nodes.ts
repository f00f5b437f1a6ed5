/** Several relays on one store and one bus, on virtual time; the bus can be cut for everybody. */
import { memoryHub } from '@joinery/adapters/bus/memory'
import type { Bus, Store } from '@joinery/core'
import { memoryStore, seededRandom } from '@joinery/core/testing'
import type { RelayOptions } from '../src/index.ts'
import { rig, type Rig } from './rig.ts'

export interface Nodes {
  readonly nodes: readonly [Rig, Rig, Rig]
  readonly store: Store
  /** What was published, by topic, whoever heard it. */
  readonly published: { readonly topic: string; readonly payload: Uint8Array }[]
  /** Topics that are listened to, of each node. */
  readonly heard: readonly string[]
  /** Lets time pass everywhere, in small steps. */
  rest(ms?: number): Promise<void>
  /** From now on every hint is lost. */
  cut(): void
  /** The bus is back, and says so. */
  mend(isTold?: boolean): void
  /** Somebody else writes to the bus. */
  inject(topic: string, payload: Uint8Array): void
}

const STEP_MS = 25

export function nodes(options: Partial<RelayOptions> = {}): Nodes {
  const hub = memoryHub()
  const store = options.store ?? memoryStore()
  const stranger = hub.bus()
  const published: { topic: string; payload: Uint8Array }[] = []
  const heard: string[] = []
  const missing = new Set<() => void>()
  let isCut = false
  const bus = (): Bus => {
    const own = hub.bus()
    return {
      ...own,
      publish(topic, payload) {
        if (isCut) return
        published.push({ topic, payload: payload.slice() })
        own.publish(topic, payload)
      },
      subscribe(topic, listener, missed) {
        heard.push(topic)
        if (missed !== undefined) missing.add(missed)
        const leave = own.subscribe(topic, listener)
        return () => {
          heard.splice(heard.indexOf(topic), 1)
          if (missed !== undefined) missing.delete(missed)
          leave()
        }
      },
    }
  }
  const all = [1, 2, 3].map(seed => rig({ ...options, store, bus: bus(), random: seededRandom(seed) })) as [
    Rig,
    Rig,
    Rig,
  ]
  return {
    nodes: all,
    store,
    published,
    heard,
    async rest(ms = STEP_MS) {
      for (let left = ms; left > 0; left -= STEP_MS) for (const node of all) await node.rest(STEP_MS)
    },
    cut: () => void (isCut = true),
    mend(isTold = true) {
      isCut = false
      if (isTold) for (const missed of missing) missed()
    },
    inject: (topic, payload) => stranger.publish(topic, payload),
  }
}
