/**
 * How a link ends: the close codes of PROTOCOL.md and what a client does about each.
 * Law: 4400 to 4499 are final for this link as it is, but for NO_HELLO and REPLACED; after any other code a client comes back by itself.
 */
import { isCode, type Code } from '../errors.ts'

export const CLOSE = {
  /** The relay stops, or restarts. */
  GOING_AWAY: 1001,
  RESTART: 1012,
  /** The relay has no room for this link now. */
  TRY_LATER: 1013,
  BAD_FRAME: 4400,
  UNAUTHENTICATED: 4401,
  WRONG_SUBJECT: 4403,
  NO_HELLO: 4408,
  /** A newer link of the same device took over. */
  REPLACED: 4409,
  VERSION: 4426,
  /** Never on the wire: the transport on this side would not use the address (WS-19). */
  INSECURE_URL: 4495,
} as const

/**
 * Why the other side closed, or undefined when that says nothing and the client comes back by itself.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { CLOSE, codeOfClose } from '@joinery/core/protocol'
 *
 * assert.equal(codeOfClose(4401), 'UNAUTHENTICATED')
 * assert.equal(codeOfClose(CLOSE.RESTART), undefined)
 * assert.equal(codeOfClose(1006), undefined)
 * ```
 */
export function codeOfClose(code: number): Code | undefined {
  const [name = ''] = Object.entries(CLOSE).find(([, known]) => known === code) ?? []
  return isCode(name) ? name : undefined
}
