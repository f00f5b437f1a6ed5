/** Relay: these of the device's entries are on the relay's disk, at these seqs (S1). */
import type { Codec } from './codec.ts'
import { readCount, readId, readList, writeCount, writeId, writeList } from './primitives.ts'

export interface Ack {
  readonly type: 'ack'
  readonly space: string
  readonly entries: readonly { readonly n: number; readonly seq: number }[]
}

export const ack: Codec<Ack> = {
  write(encoder, message) {
    writeId(encoder, message.space)
    writeList(encoder, message.entries, (_, entry) => {
      writeCount(encoder, entry.n)
      writeCount(encoder, entry.seq)
    })
  },
  read(decoder) {
    return {
      type: 'ack',
      space: readId(decoder),
      entries: readList(decoder, () => ({ n: readCount(decoder), seq: readCount(decoder) })),
    }
  },
}
