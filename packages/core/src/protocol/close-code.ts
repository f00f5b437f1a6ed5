/** The closes that say what a code says. Law: a client needs no others, so it carries no others. */
import type { Code } from '../errors.ts'

export const CODED = {
  BAD_FRAME: 4400,
  UNAUTHENTICATED: 4401,
  WRONG_SUBJECT: 4403,
  /** A newer link of the same device took over. */
  REPLACED: 4409,
  VERSION: 4426,
  /** Never on the wire: the transport on this side would not use the address (WS-19). */
  INSECURE_URL: 4495,
} as const satisfies { readonly [C in Code]?: number }

const names = Object.keys(CODED) as (keyof typeof CODED)[]

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
  return names.find(name => CODED[name] === code)
}
