/**
 * A document built for a moment, from what is stored. Law D2: bytes that the engine refuses or breaks on are left out, and told; the rest
 * is the document.
 */
import type { Engine, EngineDocument, Random } from '@joinery/core'

export interface Scratch {
  readonly doc: EngineDocument
  /** Whether every update is in it. */
  readonly whole: boolean
}

export function scratch(engine: Engine, random: Random, updates: readonly Uint8Array[]): Scratch {
  const open = (): EngineDocument => engine.open(engine.newAuthor(random))
  let doc = open()
  try {
    doc.applyAll(updates)
    return { doc, whole: true }
  } catch {
    // Which one it was shows one at a time; after a failure the document is started again without it.
    doc.close()
  }
  doc = open()
  const good: Uint8Array[] = []
  for (const update of updates) {
    try {
      if (engine.check(update) !== undefined) continue
      doc.apply(update)
      good.push(update)
    } catch {
      doc.close()
      doc = open()
      doc.applyAll(good)
    }
  }
  return { doc, whole: good.length === updates.length }
}
