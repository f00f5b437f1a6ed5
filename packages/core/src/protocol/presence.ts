/** Both ways: something shown and never stored, at most 4 KiB of JSON; an absent state means gone. The relay fills in who (CR-21). */
import { STATE_BYTES, SUBJECT_BYTES } from './limits.ts'
import { message } from './codec.ts'
import { id, noneOrId, optional, text, uint } from './primitives.ts'

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

export const presence = message<Presence>('presence', 6, {
  space: id,
  document: id,
  session: noneOrId,
  subject: text(SUBJECT_BYTES),
  clock: uint,
  state: optional(text(STATE_BYTES)),
})
