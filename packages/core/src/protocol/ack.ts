/** Relay: these of the device's entries are on the relay's disk, at these seqs (S1). */
import { readVarUint } from 'lib0/decoding'
import { writeVarString, writeVarUint } from 'lib0/encoding'
import type { Codec } from './codec.ts'
import { readId, readList, writeList } from './primitives.ts'

export interface Ack {
  readonly type: 'ack'
  readonly space: string
  readonly entries: readonly { readonly n: number; readonly seq: number }[]
}

export const ack: Codec<Ack> = {
  write(encoder, message) {
    writeVarString(encoder, message.space)
    writeList(encoder, message.entries, (_, entry) => {
      writeVarUint(encoder, entry.n)
      writeVarUint(encoder, entry.seq)
    })
  },
  read(decoder) {
    return {
      type: 'ack',
      space: readId(decoder),
      entries: readList(decoder, () => ({ n: readVarUint(decoder), seq: readVarUint(decoder) })),
    }
  },
}
