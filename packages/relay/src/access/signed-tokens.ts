/**
 * Tokens that somebody signed: JWTs for this relay. Laws (AU-01 … AU-06):
 * - The algorithm is that of the key we hold, HS256 or EdDSA, and never what a token says of itself; what its header points at is not fetched.
 * - A token names its subject, its issuer, this audience and its end; one that lives longer than allowed is refused.
 * - OP-04: a secret that is short, or looks like a placeholder, does not start.
 */
import { JoineryError, type Clock } from '@joinery/core'
import { importPKCS8, importSPKI, jwtVerify, SignJWT, type CryptoKey } from 'jose'
import { encodeUtf8 } from 'lib0/string'
import { isSubject, type Verify } from './tokens.ts'

const SECRET_BYTES = 32
/** Fewer different characters than this are typed, not drawn. */
const SECRET_VARIETY = 10
const SKEW_S = 5
const NAMES = ['exp', 'aud', 'iss', 'sub']

export type TokenKey =
  | { readonly algorithm: 'HS256'; readonly secret: string }
  /** PEM, SPKI and PKCS 8. The private one is needed to mint only. */
  | { readonly algorithm: 'EdDSA'; readonly publicKey: string; readonly privateKey?: string | undefined }

export interface TokenPolicy {
  readonly key: TokenKey
  readonly issuer: string
  readonly audience: string
  /** Seconds from when it was issued. */
  readonly maxLifetime: number
}

/** Throws BAD_INPUT, with what is wrong and never the secret, when a key will not do. */
export function checkKey(key: TokenKey): void {
  if (key.algorithm !== 'HS256') return
  const bytes = encodeUtf8(key.secret).length
  if (bytes < SECRET_BYTES)
    throw new JoineryError('BAD_INPUT', { what: 'secret', bytes, rule: `at least ${SECRET_BYTES} bytes` })
  if (new Set(key.secret).size < SECRET_VARIETY || /change.?me|secret.?key|password|example/i.test(key.secret)) {
    throw new JoineryError('BAD_INPUT', { what: 'secret', rule: 'drawn at random, not typed' })
  }
}

export async function createTokenVerifier(policy: TokenPolicy, clock: Pick<Clock, 'now'>): Promise<Verify> {
  checkKey(policy.key)
  const { algorithm } = policy.key
  const key =
    policy.key.algorithm === 'HS256' ? encodeUtf8(policy.key.secret) : await importSPKI(policy.key.publicKey, algorithm)
  return async token => {
    const now = clock.now()
    try {
      const { payload } = await jwtVerify(token, key, {
        algorithms: [algorithm],
        issuer: policy.issuer,
        audience: policy.audience,
        requiredClaims: NAMES,
        clockTolerance: SKEW_S,
        currentDate: new Date(now),
      })
      const { sub = '', exp = 0, iat } = payload
      if (!isSubject(sub)) throw new Error('subject')
      const from = typeof iat === 'number' ? Math.min(iat, now / 1_000) : now / 1_000
      if (exp - from > policy.maxLifetime) throw new Error('lifetime')
      return { subject: sub, left: exp * 1_000 - now }
    } catch (cause) {
      throw new JoineryError('UNAUTHENTICATED', {}, { cause })
    }
  }
}

/** A token for a subject that lives for `lifetime` seconds. */
export async function mintToken(
  policy: TokenPolicy,
  subject: string,
  lifetime: number,
  clock: Pick<Clock, 'now'>,
): Promise<string> {
  checkKey(policy.key)
  if (lifetime > policy.maxLifetime) {
    throw new JoineryError('BAD_INPUT', { what: 'lifetime', rule: `at most ${policy.maxLifetime} s` })
  }
  const now = Math.floor(clock.now() / 1_000)
  return new SignJWT()
    .setProtectedHeader({ alg: policy.key.algorithm, typ: 'JWT' })
    .setSubject(subject)
    .setIssuer(policy.issuer)
    .setAudience(policy.audience)
    .setIssuedAt(now)
    .setExpirationTime(now + lifetime)
    .sign(await signingKey(policy.key))
}

async function signingKey(key: TokenKey): Promise<CryptoKey | Uint8Array> {
  if (key.algorithm === 'HS256') return encodeUtf8(key.secret)
  if (key.privateKey === undefined)
    throw new JoineryError('BAD_INPUT', { what: 'private key', rule: 'needed to mint a token' })
  return importPKCS8(key.privateKey, key.algorithm)
}
