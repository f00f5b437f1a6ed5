/** What a document shows, as JSON, for a worker. Bytes in it are written in base64. */
import { readRegister, type Engine, type Random } from '@joinery/core'
import { foldRegister } from './fold.ts'

/** Throws when the engine does. What waits for something that is not there is not shown. */
export function shownWith(engine: Engine, random: Random, updates: readonly Uint8Array[]): string {
  const doc = engine.open(engine.newAuthor(random))
  try {
    doc.applyAll(updates)
    return json(doc.content())
  } finally {
    doc.close()
  }
}

/** Undefined while two commands have one turn, which their kind decides. */
export function shownOfRegister(updates: readonly Uint8Array[]): string | undefined {
  const latest = foldRegister(updates)
  return latest && json(readRegister(latest).value)
}

function json(content: unknown): string {
  return JSON.stringify(content, (_key, value: unknown) =>
    value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value,
  )
}
