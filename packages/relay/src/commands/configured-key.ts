/** The key that tokens are signed with, of settings that are without mistakes. */
import type { TokenPolicy } from '../access/signed-tokens.ts'
import type { Values } from '../configuration/settings.ts'

const DAY_S = 86_400

export function policyOf(values: Values): TokenPolicy {
  const secret = values['tokens.secret']
  return {
    key:
      secret === undefined
        ? {
            algorithm: 'EdDSA',
            publicKey: values['tokens.publicKey'] ?? '',
            privateKey: values['tokens.privateKey'],
          }
        : { algorithm: 'HS256', secret },
    issuer: values['tokens.issuer'],
    audience: values['tokens.audience'],
    maxLifetime: values['tokens.days'] * DAY_S,
  }
}
