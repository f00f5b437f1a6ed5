/** How a stored entry travels, in `changes` and in `bodies`. */
import type { Entry } from '../entry.ts'
import { ENTRY_TYPES, entryTypeOf, numberOfEntryType, type EntryType } from '../entry-type.ts'
import { checked, fields, type Codec } from './codec.ts'
import { SUBJECT_BYTES } from './limits.ts'
import { bytes, count, id, text, uint } from './primitives.ts'

const number = checked(uint, 'type', value => value < ENTRY_TYPES)

const entryType: Codec<EntryType> = {
  write: (out, type) => number.write(out, numberOfEntryType(type)),
  read: input => entryTypeOf(number.read(input)),
}

export const entry = fields<Entry>({
  seq: count,
  type: entryType,
  document: id,
  kind: id,
  engine: id,
  at: uint,
  device: id,
  n: uint,
  subject: text(SUBJECT_BYTES),
  bytes,
})
