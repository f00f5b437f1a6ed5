/** Both ways: something shown and never stored, at most 4 KiB of JSON; an absent state means gone. The relay fills in who (CR-21). */
import type { Codec } from './codec.ts'
import { STATE_BYTES, SUBJECT_BYTES } from './limits.ts'
import {
  readId,
  readNoneOrId,
  readOptional,
  readText,
  readUint,
  writeId,
  writeNoneOrId,
  writeOptional,
  writeText,
  writeUint,
} from './primitives.ts'

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
    writeId(encoder, message.space)
    writeId(encoder, message.document)
    writeNoneOrId(encoder, message.session)
    writeText(encoder, message.subject, SUBJECT_BYTES)
    writeUint(encoder, message.clock)
    writeOptional(encoder, message.state, (_, state) => writeText(encoder, state, STATE_BYTES))
  },
  read(decoder) {
    return {
      type: 'presence',
      space: readId(decoder),
      document: readId(decoder),
      session: readNoneOrId(decoder),
      subject: readText(decoder, SUBJECT_BYTES),
      clock: readUint(decoder),
      state: readOptional(decoder, () => readText(decoder, STATE_BYTES)),
    }
  },
}
