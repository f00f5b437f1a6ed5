/** What the bytes of a `void` entry are: the entry that it voids, as it stood. */
import type { Entry } from '../entry.ts'
import { entry } from './entry.ts'
import { readWhole, writing, written } from './frame.ts'

/**
 * The bytes of a `void` entry that voids this one. Throws BAD_INPUT for what is no entry.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { decodeVoided, encodeVoided } from '@joinery/core/protocol'
 *
 * const entry = {
 *   seq: 7, type: 'update', document: 'd', kind: 'note', engine: 'yjs', at: 0,
 *   device: 'phone', n: 3, subject: 'ann', bytes: new Uint8Array([0, 0]),
 * } as const
 * assert.deepEqual(decodeVoided(encodeVoided(entry)), entry)
 * ```
 */
export function encodeVoided(voided: Entry): Uint8Array {
  const out = writing()
  entry.write(out, voided)
  return written(out)
}

/**
 * The entry that a `void` entry voids. Throws BAD_FRAME and nothing else.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { decodeVoided } from '@joinery/core/protocol'
 *
 * assert.throws(() => decodeVoided(new Uint8Array([1])), { code: 'BAD_FRAME' })
 * ```
 */
export function decodeVoided(bytes: Uint8Array): Entry {
  return readWhole(bytes, entry.read)
}
