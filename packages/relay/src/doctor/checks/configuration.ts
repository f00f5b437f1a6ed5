/** What the relay is told when it starts: its keys, and whose pages may connect. */
import { JoineryError } from '@joinery/core'
import { checkKey } from '../../access/signed-tokens.ts'
import { policyOf } from '../../commands/configured-key.ts'
import { LOOPBACK } from '../../commands/settings.ts'
import { found, type Check } from '../check.ts'

export const checkTokenKey: Check = async ({ data, environment, isDevelopment }) => {
  // Whoever only looks from outside has no key.
  if (data === undefined) return []
  if (isDevelopment)
    return found('KEY_DEVELOPMENT', 'For development there is no key: whoever is on this machine signs in.')
  try {
    const { key } = policyOf(environment)
    checkKey(key)
    return found('KEY_OK', `Tokens are signed with ${key.algorithm}, and the key is no guess.`)
  } catch (error) {
    const isMissing = error instanceof JoineryError && error.details['what'] === 'key'
    return isMissing
      ? found('KEY_MISSING', `There is no key for tokens: ${ruleOf(error)}.`)
      : found('KEY_WEAK', `The key for tokens will not do: ${ruleOf(error)}.`)
  }
}

export const checkMetricsToken: Check = async ({ environment }) => {
  const secret = environment['JOINERY_METRICS_TOKEN']
  if (secret === undefined) return []
  try {
    checkKey({ algorithm: 'HS256', secret })
    return found('METRICS_TOKEN_OK', 'The token for metrics is no guess.')
  } catch (error) {
    return found('METRICS_TOKEN_WEAK', `The token for metrics will not do: ${ruleOf(error)}.`)
  }
}

export const checkOrigins: Check = async ({ origins }) => {
  const findings = origins.flatMap(origin => {
    if (!isOrigin(origin))
      return found('ORIGIN_WRONG', `${origin} is not how a browser says an origin: no page has it.`)
    const { protocol, hostname } = new URL(origin)
    return protocol === 'http:' && !LOOPBACK.includes(hostname.replace(/^\[|\]$/g, ''))
      ? found('ORIGIN_INSECURE', `Pages of ${origin} come without TLS.`)
      : []
  })
  if (findings.length > 0 || origins.length === 0) return findings
  return found('ORIGINS_OK', `Pages of ${origins.join(', ')} may connect, beside the relay’s own.`)
}

/** As a browser writes it in the header: parsed and written again it is the same. */
function isOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text && /^https?:/.test(text)
}

/** What is asked of it, and never what it is. */
function ruleOf(error: unknown): string {
  const rule = error instanceof JoineryError ? error.details['rule'] : undefined
  return typeof rule === 'string' ? rule : 'it cannot be read'
}
