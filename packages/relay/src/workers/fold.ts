/**
 * Makes the snapshot of a document, for a worker. Law (DU-11): what it gives was read back into a fresh document that shows the same and
 * holds the same, or was found to hold the same bytes; a document that still waits for something is not folded, since a snapshot would
 * leave out what waits.
 */
import { JoineryError, readRegister, sameBytes, type Engine, type Random } from '@joinery/core'
import { heldUpdates, joinUpdates } from '@joinery/core/gate'

/**
 * The snapshot of these updates, which are in the order of their log. Throws when the engine does and when the snapshot reads back as
 * something else; with GAP when something is missing.
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
    if (whole.waiting()) throw new JoineryError('GAP', { what: 'the log' })
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

/**
 * One Yjs update that holds what these hold, by their bytes: linear, and no document is built, so nothing is collected and it is larger
 * than a snapshot. Throws when one cannot be read, and when it does not hold the same.
 */
export function foldByBytes(updates: readonly Uint8Array[]): Uint8Array {
  const joined = joinUpdates(updates)
  const before = heldUpdates()
  const after = heldUpdates()
  const isRead = joined !== undefined && after.add(joined) && updates.every(update => before.add(update))
  if (!isRead) throw new Error('an update that cannot be read')
  const isSame = before.lacking(joined) === undefined && updates.every(update => after.lacking(update) === undefined)
  if (!isSame) throw new Error('joined, they are something else')
  return joined
}

/**
 * The command of these that stands, for a register: the one with the greatest turn. Undefined when two have it, since which of them stands
 * is their kind's to say. Throws when one cannot be read.
 */
export function foldRegister(updates: readonly Uint8Array[]): Uint8Array | undefined {
  let latest: Uint8Array | undefined
  let greatest = -1
  let isTied = false
  for (const update of updates) {
    const { turn } = readRegister(update)
    if (turn < greatest) continue
    isTied = turn === greatest && latest !== undefined && !sameBytes(update, latest)
    latest = update
    greatest = turn
  }
  return isTied ? undefined : latest?.slice()
}
