/**
 * Makes the snapshot of a document, for a worker. Law (DU-11): what it gives was read back into a fresh document that shows the same and
 * holds the same; a document that still waits for something is not folded, since a snapshot would leave out what waits.
 */
import { sameBytes, type Engine, type Random } from '@joinery/core'

/**
 * The snapshot of these updates, which are in the order of their log. Throws when the engine does, when something is missing, and when
 * the snapshot reads back as something else.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { yjs } from '@joinery/adapters/engines/yjs'
 * import { cryptoRandom } from '@joinery/adapters/random/crypto'
 * import { foldWith } from '@joinery/relay'
 *
 * const doc = yjs.open('1')
 * const updates: Uint8Array[] = []
 * doc.onUpdate(update => updates.push(update))
 * for (const word of ['one', 'two']) doc.text('body').insert(0, word)
 * assert.equal(updates.length, 2)
 * const again = yjs.open('2')
 * again.apply(foldWith(yjs, cryptoRandom(), updates))
 * assert.equal(again.digest(), doc.digest())
 * ```
 */
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
