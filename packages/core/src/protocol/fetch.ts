/** Client: bodies of one document, or of a page of documents older than `before` (0: from the newest). Answered by `bodies`. */
import { message } from './codec.ts'
import { id, optional, uint } from './primitives.ts'

export interface Fetch {
  readonly type: 'fetch'
  readonly space: string
  readonly document: string | undefined
  /** With no document: only those whose newest entry is before this seq. */
  readonly before: number
}

export const fetch = message<Fetch>('fetch', 4, { space: id, document: optional(id), before: uint })
