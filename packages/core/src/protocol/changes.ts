/**
 * Relay: entries after the reader's cursor, in order, and the cursor after them. `live`: nothing more was there when this was sent.
 * `reset`: the cursor did not fit this log (R4): take the new one, tell what you `have`, fill in with `fetch`; wipe nothing.
 */
import type { Cursor, Entry } from '../entry.ts'
import type { Codec } from './codec.ts'
import { readEntry, writeEntry } from './entries.ts'
import { readCursor, readFlag, readId, readList, writeCursor, writeFlag, writeId, writeList } from './primitives.ts'

export interface Changes {
  readonly type: 'changes'
  readonly space: string
  readonly cursor: Cursor
  readonly live: boolean
  readonly reset: boolean
  readonly entries: readonly Entry[]
}

export const changes: Codec<Changes> = {
  write(encoder, message) {
    writeId(encoder, message.space)
    writeCursor(encoder, message.cursor)
    writeFlag(encoder, message.live)
    writeFlag(encoder, message.reset)
    writeList(encoder, message.entries, writeEntry)
  },
  read(decoder) {
    return {
      type: 'changes',
      space: readId(decoder),
      cursor: readCursor(decoder),
      live: readFlag(decoder),
      reset: readFlag(decoder),
      entries: readList(decoder, readEntry),
    }
  },
}
