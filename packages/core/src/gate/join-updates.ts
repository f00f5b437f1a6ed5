/** Many updates as one, by their bytes: linear, where Yjs' own merge is quadratic. */
import { heldUpdates } from './held-updates.ts'

/**
 * One legal V1 update that does what these do one after the other. For updates that have passed the gate; one that cannot be read makes
 * it give up: undefined.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { joinUpdates } from '@joinery/core/gate'
 *
 * const first = new Uint8Array([1, 1, 7, 0, 4, 1, 1, 0x74, 1, 0x68, 0])
 * const second = new Uint8Array([1, 1, 7, 1, 0x84, 7, 0, 1, 0x69, 0])
 * const both = new Uint8Array([1, 2, 7, 0, 4, 1, 1, 0x74, 1, 0x68, 0x84, 7, 0, 1, 0x69, 0])
 * assert.deepEqual(joinUpdates([first, second]), both)
 * ```
 */
export function joinUpdates(updates: readonly Uint8Array[]): Uint8Array | undefined {
  const [only] = updates
  if (only !== undefined && updates.length === 1) return only
  const held = heldUpdates()
  for (const update of updates) if (!held.add(update)) return undefined
  return held.encode()
}
