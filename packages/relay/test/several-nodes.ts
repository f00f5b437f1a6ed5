/** Several relays on one store and one bus, on virtual time; the bus can be cut for everybody. */
import { memoryHub } from '@joinery/adapters/bus/memory'
import type { Bus, Store } from '@joinery/core'
import { memoryStore, seededRandom } from '@joinery/core/testing'
import type { RelayOptions } from '../src/index.ts'
import { rig, type Rig } from './rig.ts'

export interface Nodes {
  readonly nodes: readonly [Rig, Rig]
  readonly store: Store
  /** What was published, by topic, whoever heard it. */
  readonly published: { readonly topic: string; readonly payload: Uint8Array }[]
  /** Topics that somebody listens to. */
  readonly heard: ReadonlySet<string>
  /** Lets time pass everywhere, in small steps. */
  rest(ms?: number): Promise<void>
  /** From now on every hint is lost. */
  cut(): void
  /** The bus is back, and says so. */
  mend(): void
}

const STEP_MS = 25

export function nodes(options: Partial<RelayOptions> = {}): Nodes {
  const hub = memoryHub()
  const store = options.store ?? memoryStore()
  const published: { topic: string; payload: Uint8Array }[] = []
  const heard = new Set<string>()
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
        heard.add(topic)
        if (missed !== undefined) missing.add(missed)
        const leave = own.subscribe(topic, listener)
        return () => {
          heard.delete(topic)
          if (missed !== undefined) missing.delete(missed)
          leave()
        }
      },
    }
  }
  const both = [1, 2].map(seed => rig({ ...options, store, bus: bus(), random: seededRandom(seed) })) as [Rig, Rig]
  return {
    nodes: both,
    store,
    published,
    heard,
    async rest(ms = STEP_MS) {
      for (let left = ms; left > 0; left -= STEP_MS) for (const node of both) await node.rest(STEP_MS)
    },
    cut: () => void (isCut = true),
    mend() {
      isCut = false
      for (const missed of missing) missed()
    },
  }
}
