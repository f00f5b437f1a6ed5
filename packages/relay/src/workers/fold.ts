/**
 * Makes the snapshot of a document, for a worker. Law (DU-11): what it gives was read back into a fresh document that shows the same and
 * holds the same; a document that still waits for something is not folded, since a snapshot of it would pin the gap.
 */
import { sameBytes, type Engine, type Random } from '@joinery/core'

export function foldWith(engine: Engine, random: Random, updates: readonly Uint8Array[]): Uint8Array {
  const whole = engine.open(engine.newAuthor(random))
  const again = engine.open(engine.newAuthor(random))
  try {
    whole.applyAll(updates)
    if (whole.waiting()) throw new Error('something is missing from its log')
    const snapshot = whole.encode()
    again.apply(snapshot)
    if (again.waiting() || again.digest() !== whole.digest() || !sameBytes(again.version(), whole.version())) {
      throw new Error('its snapshot reads back as something else')
    }
    return snapshot
  } finally {
    whole.close()
    again.close()
  }
}
