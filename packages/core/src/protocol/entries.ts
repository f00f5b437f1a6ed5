/** How a stored entry travels, in `changes` and in `bodies`. */
import { readVarString, readVarUint, type Decoder } from 'lib0/decoding'
import { writeVarString, writeVarUint, writeVarUint8Array, type Encoder } from 'lib0/encoding'
import type { Entry, EntryType } from '../entry.ts'
import { readBytes, readId } from './primitives.ts'

/** The place in this list is the number on the wire: append only. */
const TYPES: readonly EntryType[] = ['update', 'snapshot', 'tombstone', 'moved', 'void', 'member']

export function writeEntry(encoder: Encoder, entry: Entry): void {
  writeVarUint(encoder, entry.seq)
  writeVarUint(encoder, TYPES.indexOf(entry.type))
  writeVarString(encoder, entry.document)
  writeVarString(encoder, entry.kind)
  writeVarString(encoder, entry.engine)
  writeVarUint(encoder, entry.at)
  writeVarString(encoder, entry.device)
  writeVarUint(encoder, entry.n)
  writeVarString(encoder, entry.subject)
  writeVarUint8Array(encoder, entry.bytes)
}

export function readEntry(decoder: Decoder): Entry {
  const seq = readVarUint(decoder)
  const type = TYPES[readVarUint(decoder)]
  if (type === undefined) throw new Error('not an entry type')
  return {
    seq,
    type,
    document: readId(decoder),
    kind: readId(decoder),
    engine: readId(decoder),
    at: readVarUint(decoder),
    device: readId(decoder),
    n: readVarUint(decoder),
    subject: readVarString(decoder),
    bytes: readBytes(decoder),
  }
}
