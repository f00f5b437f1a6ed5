/** Client: follow a space from a cursor. Without one the replica is new: it goes live at the head and fills in backwards with `fetch` (R2). */
import type { Cursor } from '../entry.ts'
import { message } from './codec.ts'
import { cursor, id, optional } from './primitives.ts'

export interface Watch {
  readonly type: 'watch'
  readonly space: string
  readonly cursor: Cursor | undefined
}

export const watch = message<Watch>('watch', 2, { space: id, cursor: optional(cursor) })
