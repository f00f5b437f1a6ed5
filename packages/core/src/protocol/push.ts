/** Client: edits for one space, in the order of their n per document. Each is answered by `ack` or `refused`. */
import { readVarUint } from 'lib0/decoding'
import { writeVarString, writeVarUint, writeVarUint8Array } from 'lib0/encoding'
import type { PushEntry } from '../entry.ts'
import type { Codec } from './codec.ts'
import { readBytes, readFlag, readId, readList, writeFlag, writeList } from './primitives.ts'

export interface Push {
  readonly type: 'push'
  readonly space: string
  readonly entries: readonly PushedEntry[]
}

export interface PushedEntry extends PushEntry {
  /** After the relay said `want`: structs that others wrote may be among these (R4). */
  readonly resupply: boolean
}

const TYPES = ['update', 'tombstone'] as const

export const push: Codec<Push> = {
  write(encoder, message) {
    writeVarString(encoder, message.space)
    writeList(encoder, message.entries, (_, entry) => {
      writeVarUint(encoder, entry.n)
      writeVarUint(encoder, TYPES.indexOf(entry.type))
      writeFlag(encoder, entry.resupply)
      writeVarString(encoder, entry.document)
      writeVarString(encoder, entry.kind)
      writeVarString(encoder, entry.engine)
      writeVarUint(encoder, entry.at)
      writeVarUint8Array(encoder, entry.bytes)
    })
  },
  read(decoder) {
    const space = readId(decoder)
    const entries = readList(decoder, () => {
      const n = readVarUint(decoder)
      const type = TYPES[readVarUint(decoder)]
      if (type === undefined || n === 0) throw new Error('not an entry')
      const resupply = readFlag(decoder)
      return {
        n,
        type,
        resupply,
        document: readId(decoder),
        kind: readId(decoder),
        engine: readId(decoder),
        at: readVarUint(decoder),
        bytes: readBytes(decoder),
      }
    })
    return { type: 'push', space, entries }
  },
}
