/** Both ways: something shown and never stored, at most 4 KiB of JSON; an absent state means gone. The relay fills in who (CR-21). */
import { readVarString, readVarUint } from 'lib0/decoding'
import { writeVarString, writeVarUint } from 'lib0/encoding'
import type { Codec } from './codec.ts'
import { readId, readOptional, writeOptional } from './primitives.ts'

export interface Presence {
  readonly type: 'presence'
  readonly space: string
  readonly document: string
  /** The relay's name for the sender's connection; empty from a client. */
  readonly session: string
  /** The sender's subject; empty from a client. */
  readonly subject: string
  /** Counts up per (session, document); a lower one is stale. */
  readonly clock: number
  readonly state: string | undefined
}

export const presence: Codec<Presence> = {
  write(encoder, message) {
    writeVarString(encoder, message.space)
    writeVarString(encoder, message.document)
    writeVarString(encoder, message.session)
    writeVarString(encoder, message.subject)
    writeVarUint(encoder, message.clock)
    writeOptional(encoder, message.state, writeVarString)
  },
  read(decoder) {
    return {
      type: 'presence',
      space: readId(decoder),
      document: readId(decoder),
      session: readVarString(decoder),
      subject: readVarString(decoder),
      clock: readVarUint(decoder),
      state: readOptional(decoder, readVarString),
    }
  },
}
