/** Client: follow a space from a cursor. Without one the replica is new: it goes live at the head and fills in backwards with `fetch` (R2). */
import type { Cursor } from '../entry.ts'
import type { Codec } from './codec.ts'
import { readCursor, readId, readOptional, writeCursor, writeId, writeOptional } from './primitives.ts'

export interface Watch {
  readonly type: 'watch'
  readonly space: string
  readonly cursor: Cursor | undefined
}

export const watch: Codec<Watch> = {
  write(encoder, message) {
    writeId(encoder, message.space)
    writeOptional(encoder, message.cursor, writeCursor)
  },
  read(decoder) {
    return { type: 'watch', space: readId(decoder), cursor: readOptional(decoder, readCursor) }
  },
}
