import { isStorable } from '@joinery/core'
import { SUBJECT_BYTES } from '@joinery/core/protocol'
import { encodeUtf8 } from 'lib0/string'

/** Whose a connection is. Law: `verify` rejects with UNAUTHENTICATED, or with UNAVAILABLE when nobody can tell now; never with anything else. */
export type Verify = (token: string) => Promise<Identity>

export interface Identity {
  /** 1 to 255 bytes of well-formed text without U+0000; a token that says another is no good. */
  readonly subject: string
  /** Milliseconds until the token ends, Infinity for never. */
  readonly left: number
}

/** Entries carry it to everybody in their space, and stores keep it: one that the wire or a store cannot hold would be their trouble (CR-19, T4). */
export function isSubject(subject: string): boolean {
  const { length } = encodeUtf8(subject)
  return length > 0 && length <= SUBJECT_BYTES && isStorable(subject)
}
