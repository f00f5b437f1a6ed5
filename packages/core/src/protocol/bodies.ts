/** Relay: the answer to `fetch`. Bodies of documents as snapshot and updates; then where the next page begins. */
import type { Entry } from '../entry.ts'
import type { Codec } from './codec.ts'
import { readEntry, writeEntry } from './entries.ts'
import { readId, readList, readOptional, readUint, writeId, writeList, writeOptional, writeUint } from './primitives.ts'

export interface Bodies {
  readonly type: 'bodies'
  readonly space: string
  /** The document asked for, or undefined for a page. A document that is not there comes with no entries. */
  readonly document: string | undefined
  readonly entries: readonly Entry[]
  /** For a page: the `before` of the next one; 0 when there is none. */
  readonly next: number
}

export const bodies: Codec<Bodies> = {
  write(encoder, message) {
    writeId(encoder, message.space)
    writeOptional(encoder, message.document, writeId)
    writeList(encoder, message.entries, writeEntry)
    writeUint(encoder, message.next)
  },
  read(decoder) {
    return {
      type: 'bodies',
      space: readId(decoder),
      document: readOptional(decoder, readId),
      entries: readList(decoder, readEntry),
      next: readUint(decoder),
    }
  },
}
