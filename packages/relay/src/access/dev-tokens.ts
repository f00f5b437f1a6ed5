/** Tokens of development, `dev:<name>`: whoever reaches the relay is whoever it says. For a relay that only this machine can reach. */
import { JoineryError } from '@joinery/core'
import type { Verify } from './tokens.ts'

const TOKEN = /^dev:(?<name>[^\p{Cc}]{1,60})$/u

/**
 * Verifies `dev:<name>`: one to sixty characters, none of them a control character. Rejects everything else with UNAUTHENTICATED.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { verifyDevToken } from '@joinery/relay'
 *
 * assert.deepEqual(await verifyDevToken('dev:ann'), { subject: 'ann', left: Infinity })
 * await assert.rejects(verifyDevToken('ann'), { code: 'UNAUTHENTICATED' })
 * ```
 */
export const verifyDevToken: Verify = async token => {
  const subject = TOKEN.exec(token)?.groups?.['name']
  if (subject === undefined) throw new JoineryError('UNAUTHENTICATED', { rule: 'dev:<name>' })
  return { subject, left: Infinity }
}
