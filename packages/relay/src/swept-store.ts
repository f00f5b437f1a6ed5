/**
 * A store whose reads leave little behind. Law: after so many bytes of entries were read from it, what is garbage of them is swept once,
 * between two turns. With V8 a buffer weighs a few bytes, so that hundreds of documents would lie before it swept by itself (decisions/0012).
 */
import type { Entry, Store } from '@joinery/core'

const EVERY_BYTES = 4_194_304

export interface SweptOptions {
  readonly turn: () => Promise<void>
  /** Frees what is young and used no more. */
  readonly sweep: () => void
}

export function sweptStore(store: Store, { turn, sweep }: SweptOptions): Store {
  let bytes = 0
  const count = (entries: readonly Entry[]): void => {
    const isDue = bytes >= EVERY_BYTES
    for (const entry of entries) bytes += entry.bytes.length
    if (isDue || bytes < EVERY_BYTES) return
    void turn().then(() => {
      bytes = 0
      sweep()
    })
  }
  return {
    ...store,
    async read(...asked) {
      const page = await store.read(...asked)
      count(page.entries)
      return page
    },
    async body(...asked) {
      const entries = await store.body(...asked)
      count(entries)
      return entries
    },
  }
}
