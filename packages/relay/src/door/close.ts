/**
 * How a connection at the door ends. Law: y-websocket 3.1 gives up on 4400 to 4499 and says so to its app (`closed`); after any other code
 * it comes back by itself, within 2.5 s, and brings what it has. So what a new connection may mend is never one of those.
 */
import type { Code } from '@joinery/core'
import { CLOSE } from '@joinery/core/protocol'

export const DOOR_CLOSE = {
  RESTART: CLOSE.RESTART,
  TRY_LATER: CLOSE.TRY_LATER,
  /** What is not y-websocket, or an address that names no document. */
  BAD_FRAME: CLOSE.BAD_FRAME,
  UNAUTHENTICATED: CLOSE.UNAUTHENTICATED,
  /** An edit that is refused for good; the reason is its code. */
  REFUSED: 4403,
  /** No member, or nothing there: nobody can tell which (A4). */
  NOT_FOUND: 4404,
  /** Not a document that this door can serve. */
  KIND_MISMATCH: 4406,
  /** Purged, or moved to another space. */
  GONE: 4410,
  /** Something in it was taken back that this client holds: it has to begin with an empty copy. */
  VOIDED: 4412,
  /** It cannot be read, and will not be by coming again. */
  QUARANTINED: 4423,
} as const

/** How a connection ends because of what the relay found out about its document or its subject. */
export function closeOf(code: Code): number {
  switch (code) {
    case 'UNAUTHENTICATED':
      return DOOR_CLOSE.UNAUTHENTICATED
    case 'NOT_FOUND':
      return DOOR_CLOSE.NOT_FOUND
    case 'GONE':
      return DOOR_CLOSE.GONE
    case 'KIND_MISMATCH':
      return DOOR_CLOSE.KIND_MISMATCH
    case 'QUARANTINED':
      return DOOR_CLOSE.QUARANTINED
    case 'UNAVAILABLE':
    case 'QUOTA':
    case 'RATE_LIMITED':
      return DOOR_CLOSE.TRY_LATER
    default:
      return DOOR_CLOSE.REFUSED
  }
}
