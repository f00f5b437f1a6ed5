/** Relay, after `hello`: the session, whose it is, the relay's time and its limits. */
import { SUBJECT_BYTES } from './limits.ts'
import { message } from './codec.ts'
import { count, id, text, uint } from './primitives.ts'

export interface Welcome {
  readonly type: 'welcome'
  readonly version: number
  readonly session: string
  readonly subject: string
  /** The id behind the space name `me`. A device that knows another one belongs to someone else (WRONG_SUBJECT). */
  readonly personal: string
  /** Milliseconds since 1970 on the relay. */
  readonly wall: number
  readonly frameBytes: number
  readonly documentBytes: number
}

export const welcome = message<Welcome>('welcome', 32, {
  version: count,
  session: id,
  subject: text(SUBJECT_BYTES),
  personal: id,
  wall: uint,
  frameBytes: count,
  documentBytes: count,
})
