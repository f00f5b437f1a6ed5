/** A document built for a moment. Law D2: bytes that the engine refuses or breaks on are left out; the rest is the document. */
import type { Engine, EngineDocument, Random } from '@joinery/core'

export interface Scratch {
  readonly doc: EngineDocument
  /** Whether every update is in it. */
  readonly whole: boolean
}

export function scratch(engine: Engine, random: Random, updates: readonly Uint8Array[]): Scratch {
  let good: readonly Uint8Array[] = []
  /** A document of what is good and these. If that fails, what of these is good joins it, by halves: a log may be long. */
  const open = (more: readonly Uint8Array[]): EngineDocument | undefined => {
    // After a failure a document is not to be used any more.
    const doc = engine.open(engine.newAuthor(random))
    const both = [...good, ...more]
    try {
      doc.applyAll(both)
      good = both
      return doc
    } catch {
      const half = more.length >> 1
      if (half < 1) return undefined
      open(more.slice(0, half))
      return open(more.slice(half))
    }
  }
  // Nothing breaks an empty one.
  return { doc: (open(updates) ?? open([])) as EngineDocument, whole: good.length === updates.length }
}
