/** What a store rejects with when it cannot know what is on its disk. */
import { JoineryError } from '../errors.ts'

/**
 * The error of a disk that cannot be trusted any more (EIO, a failed fsync): for `step` to throw (S5).
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { diskBroke, memoryStore, storeDisk } from '@joinery/core/testing'
 *
 * const store = memoryStore({ disk: storeDisk({ step: () => { throw diskBroke() } }) })
 * await assert.rejects(store.head('s'), { code: 'UNAVAILABLE', details: { fatal: true } })
 * ```
 */
export function diskBroke(): JoineryError {
  return new JoineryError('UNAVAILABLE', { fatal: true })
}
