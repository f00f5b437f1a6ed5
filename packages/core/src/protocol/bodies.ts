/** Relay: the answer to `fetch`. Bodies of documents as snapshot and updates; then where the next page begins. */
import type { Entry } from '../entry.ts'
import { message } from './codec.ts'
import { entry } from './entry.ts'
import { id, list, optional, uint } from './primitives.ts'

export interface Bodies {
  readonly type: 'bodies'
  readonly space: string
  /** The document asked for, or undefined for a page. A document that is not there comes with no entries. */
  readonly document: string | undefined
  readonly entries: readonly Entry[]
  /** For a page: the `before` of the next one; 0 when there is none. */
  readonly next: number
}

export const bodies = message<Bodies>('bodies', 34, {
  space: id,
  document: optional(id),
  entries: list(entry),
  next: uint,
})
