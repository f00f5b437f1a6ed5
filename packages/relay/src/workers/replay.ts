/**
 * What updates come to when their engine replays them, for a worker. Law: what waits for something that is not among them is left out, and
 * said; everything else is in the snapshot.
 */
import type { Engine, Random } from '@joinery/core'

export interface Replayed {
  /** One update with everything that the document shows. */
  readonly snapshot: Uint8Array
  /** A name for the content. */
  readonly digest: string
  readonly waiting: boolean
}

/** Throws when the engine does. */
export function replayWith(engine: Engine, random: Random, updates: readonly Uint8Array[]): Replayed {
  const doc = engine.open(engine.newAuthor(random))
  try {
    doc.applyAll(updates)
    return { snapshot: doc.encode(), digest: doc.digest(), waiting: doc.waiting() }
  } finally {
    doc.close()
  }
}
