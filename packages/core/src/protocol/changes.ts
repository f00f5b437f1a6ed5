/**
 * Relay: entries after the reader's cursor, in order, and the cursor after them. `live`: nothing more was there when this was sent.
 * `reset`: the cursor did not fit this log (R4): take the new one, tell what you `have`, fill in with `fetch`; wipe nothing.
 */
import type { Cursor, Entry } from '../entry.ts'
import { message } from './codec.ts'
import { entry } from './entry.ts'
import { cursor, flag, id, list } from './primitives.ts'

export interface Changes {
  readonly type: 'changes'
  readonly space: string
  readonly cursor: Cursor
  readonly live: boolean
  readonly reset: boolean
  readonly entries: readonly Entry[]
}

export const changes = message<Changes>('changes', 33, {
  space: id,
  cursor,
  live: flag,
  reset: flag,
  entries: list(entry),
})
