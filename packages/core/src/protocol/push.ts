/** Client: edits for one space, in the order of their n per document. Each is answered by `ack` or `refused`. */
import type { PushEntry } from '../entry.ts'
import type { Codec } from './codec.ts'
import {
  readBytes,
  readCount,
  readFlag,
  readId,
  readList,
  readUint,
  writeBytes,
  writeCount,
  writeFlag,
  writeId,
  writeList,
  writeUint,
} from './primitives.ts'

export interface Push {
  readonly type: 'push'
  readonly space: string
  readonly entries: readonly PushedEntry[]
}

export interface PushedEntry extends PushEntry {
  /** After the relay said `want`: structs that others wrote may be among these (R4). */
  readonly resupply: boolean
}

/** The place in this list is the number on the wire: append only. */
const TYPES = ['update', 'tombstone'] as const

export const push: Codec<Push> = {
  write(encoder, message) {
    writeId(encoder, message.space)
    writeList(encoder, message.entries, (_, entry) => {
      writeCount(encoder, entry.n)
      writeUint(encoder, TYPES.indexOf(entry.type))
      writeFlag(encoder, entry.resupply)
      writeId(encoder, entry.document)
      writeId(encoder, entry.kind)
      writeId(encoder, entry.engine)
      writeUint(encoder, entry.at)
      writeBytes(encoder, entry.bytes)
    })
  },
  read(decoder) {
    const space = readId(decoder)
    const entries = readList(decoder, () => {
      const n = readCount(decoder)
      const type = TYPES[readUint(decoder)]
      if (type === undefined) throw new Error('not an entry type')
      return {
        n,
        type,
        resupply: readFlag(decoder),
        document: readId(decoder),
        kind: readId(decoder),
        engine: readId(decoder),
        at: readUint(decoder),
        bytes: readBytes(decoder),
      }
    })
    return { type: 'push', space, entries }
  },
}
