/**
 * Into a store that no relay has open, through the relay's own gate and committer. Law: what is imported is judged as what a device gives
 * back after a loss (R4): by whoever it was written, and bound to nobody.
 */
import { hex, type Clock, type Random, type Store } from '@joinery/core'
import { createCommitter } from '../committer.ts'
import { createDevices } from '../devices.ts'
import type { EngineGate } from '../gate/gate.ts'
import { createHeads } from '../heads.ts'
import { isContent } from '../history/kept-entries.ts'
import type { Answer } from '../job.ts'
import { RELAY_LIMITS } from '../limits.ts'
import type { Counters, Log } from '../log.ts'
import type { ImportTarget } from './target.ts'

const DEVICE_BYTES = 12

export interface StoreTargetOptions {
  readonly store: Store
  readonly space: string
  /** Whose entries they are, as lists and the audit show it. */
  readonly subject: string
  readonly clock: Clock
  readonly random: Random
  readonly gate: EngineGate
  readonly turn: () => Promise<void>
  readonly log: Log
  readonly counters: Counters
}

export function storeTarget(options: StoreTargetOptions): ImportTarget {
  const { store, space, subject, clock, gate } = options
  const device = `import-${hex(options.random.bytes(DEVICE_BYTES))}`
  const refusers = new Set<(error: unknown) => void>()
  const committer = createCommitter({
    ...options,
    heads: createHeads(store, RELAY_LIMITS.cachedAuthors),
    devices: createDevices(store),
    gates: new Map([[gate.engine, gate]]),
    // Nobody else waits for this thread.
    scanLarge: async (_engine, bytes) => gate.scan(bytes),
    // Whoever may write the file may write what is in it.
    roleOf: () => 'owner',
    limits: RELAY_LIMITS,
    settled: () => undefined,
    published: () => 0,
    unsure: () => undefined,
    onFatal(error) {
      for (const refuse of refusers) refuse(error)
    },
  })
  let n = 0

  return {
    async held(document) {
      const head = await store.document(space, document)
      if (head === undefined) return undefined
      const { kind, engine, state } = head
      const isGone = state === 'gone'
      const entries = isGone ? [] : await store.body(space, document)
      return { kind, engine, isGone, updates: entries.filter(isContent).map(({ bytes }) => bytes) }
    },
    give: (document, kind, bytes) =>
      new Promise<Answer>((resolve, reject) => {
        refusers.add(reject)
        const at = Math.floor(clock.now())
        committer.take({
          space,
          device,
          subject,
          granted: true,
          entry: { n: ++n, type: 'update', resupply: true, document, kind, engine: 'yjs', at, bytes },
          answer(answer) {
            refusers.delete(reject)
            resolve(answer)
          },
        })
      }),
    async close() {
      await committer.idle()
    },
  }
}
