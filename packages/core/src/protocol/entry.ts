/** How a stored entry travels, in `changes` and in `bodies`. */
import type { Entry, EntryType } from '../entry.ts'
import { fields } from './codec.ts'
import { SUBJECT_BYTES } from './limits.ts'
import { bytes, count, id, oneOf, text, uint } from './primitives.ts'

/** The place in this list is the number on the wire: append only. */
const TYPES: readonly EntryType[] = ['update', 'snapshot', 'tombstone', 'moved', 'void', 'member']

export const entry = fields<Entry>({
  seq: count,
  type: oneOf(TYPES),
  document: id,
  kind: id,
  engine: id,
  at: uint,
  device: id,
  n: uint,
  subject: text(SUBJECT_BYTES),
  bytes,
})
