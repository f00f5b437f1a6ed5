/** How a stored entry travels, in `changes` and in `bodies`. */
import type { Decoder } from 'lib0/decoding'
import type { Encoder } from 'lib0/encoding'
import type { Entry, EntryType } from '../entry.ts'
import { SUBJECT_BYTES } from './limits.ts'
import {
  readBytes,
  readCount,
  readId,
  readText,
  readUint,
  writeBytes,
  writeCount,
  writeId,
  writeText,
  writeUint,
} from './primitives.ts'

/** The place in this list is the number on the wire: append only. */
const TYPES: readonly EntryType[] = ['update', 'snapshot', 'tombstone', 'moved', 'void', 'member']

export function writeEntry(encoder: Encoder, entry: Entry): void {
  writeCount(encoder, entry.seq)
  writeUint(encoder, TYPES.indexOf(entry.type))
  writeId(encoder, entry.document)
  writeId(encoder, entry.kind)
  writeId(encoder, entry.engine)
  writeUint(encoder, entry.at)
  writeId(encoder, entry.device)
  writeUint(encoder, entry.n)
  writeText(encoder, entry.subject, SUBJECT_BYTES)
  writeBytes(encoder, entry.bytes)
}

export function readEntry(decoder: Decoder): Entry {
  const seq = readCount(decoder)
  const type = TYPES[readUint(decoder)]
  if (type === undefined) throw new Error('not an entry type')
  return {
    seq,
    type,
    document: readId(decoder),
    kind: readId(decoder),
    engine: readId(decoder),
    at: readUint(decoder),
    device: readId(decoder),
    n: readUint(decoder),
    subject: readText(decoder, SUBJECT_BYTES),
    bytes: readBytes(decoder),
  }
}
