/** Relay: these of the device's entries are on the relay's disk, at these seqs (S1). */
import { fields, message } from './codec.ts'
import { count, id, list } from './primitives.ts'

export interface Ack {
  readonly type: 'ack'
  readonly space: string
  readonly entries: readonly { readonly n: number; readonly seq: number }[]
}

export const ack = message<Ack>('ack', 35, {
  space: id,
  entries: list(fields({ n: count, seq: count })),
})
