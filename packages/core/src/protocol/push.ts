/** Client: edits for one space, in the order of their n per document. Each is answered by `ack` or `refused`. */
import type { PushEntry } from '../entry.ts'
import { fields, message, type Codec } from './codec.ts'
import { bytes, count, flag, id, list, uint } from './primitives.ts'

export interface Push {
  readonly type: 'push'
  readonly space: string
  readonly entries: readonly PushedEntry[]
}

export interface PushedEntry extends PushEntry {
  /** After the relay said `want`: structs that others wrote may be among these (R4). */
  readonly resupply: boolean
}

/** 0 or 1 on the wire. */
const type: Codec<PushedEntry['type']> = {
  write: (out, value) => flag.write(out, value === 'tombstone'),
  read: input => (flag.read(input) ? 'tombstone' : 'update'),
}

export const push = message<Push>('push', 3, {
  space: id,
  entries: list(
    fields<PushedEntry>({
      n: count,
      type,
      resupply: flag,
      document: id,
      kind: id,
      engine: id,
      at: uint,
      bytes,
    }),
  ),
})
