/** The key that tokens are signed with, from the environment: JOINERY_SECRET, or JOINERY_PUBLIC_KEY and, to mint, JOINERY_PRIVATE_KEY. */
import { JoineryError } from '@joinery/core'
import { readFileSync } from 'node:fs'
import type { TokenKey, TokenPolicy } from '../access/signed-tokens.ts'
import type { Environment } from './terminal.ts'

const DAY_S = 86_400

/** Throws BAD_INPUT when there is no key, or two. */
export function policyOf(environment: Environment): TokenPolicy {
  return {
    key: keyOf(environment['JOINERY_SECRET'], environment['JOINERY_PUBLIC_KEY'], environment['JOINERY_PRIVATE_KEY']),
    issuer: environment['JOINERY_ISSUER'] ?? 'joinery',
    audience: environment['JOINERY_AUDIENCE'] ?? 'joinery',
    maxLifetime: Number(environment['JOINERY_TOKEN_DAYS'] ?? '30') * DAY_S,
  }
}

function keyOf(secret: string | undefined, publicKey: string | undefined, privateKey: string | undefined): TokenKey {
  if (secret !== undefined && publicKey !== undefined) {
    throw new JoineryError('BAD_INPUT', { what: 'key', rule: 'JOINERY_SECRET or JOINERY_PUBLIC_KEY, not both' })
  }
  if (secret !== undefined) return { algorithm: 'HS256', secret }
  if (publicKey === undefined && privateKey === undefined) {
    throw new JoineryError('BAD_INPUT', { what: 'key', rule: 'set JOINERY_SECRET or JOINERY_PUBLIC_KEY, or use --dev' })
  }
  return {
    algorithm: 'EdDSA',
    publicKey: pem(publicKey ?? ''),
    privateKey: privateKey === undefined ? undefined : pem(privateKey),
  }
}

/** PEM, or the path of a file that holds it. */
function pem(value: string): string {
  return value.includes('-----BEGIN') || value === '' ? value : readFileSync(value, 'utf8')
}
