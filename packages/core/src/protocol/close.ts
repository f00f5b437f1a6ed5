/**
 * How a link ends: the close codes of PROTOCOL.md.
 * Law: 4400 to 4499 are final for this link as it is, but for NO_HELLO, REPLACED and VERSION; after any other code a client comes back by
 * itself.
 */
import { CODED } from './close-code.ts'

export const CLOSE = {
  /** The relay stops, or restarts. */
  GOING_AWAY: 1001,
  RESTART: 1012,
  /** The relay has no room for this link now. */
  TRY_LATER: 1013,
  NO_HELLO: 4408,
  ...CODED,
} as const
