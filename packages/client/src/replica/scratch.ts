/** A document built for a moment. Law D2: bytes that the engine refuses or breaks on are left out; the rest is the document. */
import type { Engine, EngineDocument, Random } from '@joinery/core'

export interface Scratch {
  readonly doc: EngineDocument
  /** Whether every update is in it. */
  readonly whole: boolean
}

export function scratch(engine: Engine, random: Random, updates: readonly Uint8Array[]): Scratch {
  const open = (good: readonly Uint8Array[]): EngineDocument => {
    const doc = engine.open(engine.newAuthor(random))
    doc.applyAll(good)
    return doc
  }
  try {
    return { doc: open(updates), whole: true }
  } catch {
    // Which one it was shows one at a time; after a failure the document is not to be used any more.
    const good: Uint8Array[] = []
    for (const update of updates) {
      try {
        open([...good, update]).close()
        good.push(update)
      } catch {
        continue
      }
    }
    return { doc: open(good), whole: false }
  }
}
