import { exportPKCS8, exportSPKI, generateKeyPair, SignJWT, UnsecuredJWT, type JWTPayload } from 'jose'
import { expect, test } from 'vitest'
import { virtualClock } from '@joinery/core/testing'
import { verifyDevToken } from '../src/access/dev-tokens.ts'
import { isPersonal, personalSpaceOf } from '../src/access/personal.ts'
import { checkKey, createTokenVerifier, mintToken, type TokenPolicy } from '../src/access/signed-tokens.ts'

const SECRET = 'k3Vt9sQz7LmXw2Rb8NcY5dHf1GjP6aEu'
const clock = virtualClock()
const now = Math.floor(clock.now() / 1_000)
const policy: TokenPolicy = {
  key: { algorithm: 'HS256', secret: SECRET },
  issuer: 'joinery',
  audience: 'notes',
  maxLifetime: 86_400,
}
const GOOD: JWTPayload = { sub: 'ann', iss: 'joinery', aud: 'notes', iat: now, exp: now + 60 }

function sign(
  claims: JWTPayload,
  header: { alg: string; [name: string]: unknown } = { alg: 'HS256' },
  secret = SECRET,
): Promise<string> {
  return new SignJWT(claims).setProtectedHeader(header).sign(new TextEncoder().encode(secret))
}

async function refuses(...tokens: (string | Promise<string>)[]): Promise<void> {
  const verify = await createTokenVerifier(policy, clock)
  for (const token of tokens)
    await expect(verify(await token)).rejects.toMatchObject({ code: 'UNAUTHENTICATED', details: {} })
}

test('a token of ours says whose it is and how long it lives', async () => {
  const verify = await createTokenVerifier(policy, clock)
  expect(await verify(await mintToken(policy, 'ann', 3_600, clock))).toEqual({ subject: 'ann', left: 3_600_000 })
  await expect(mintToken(policy, 'ann', 86_401, clock)).rejects.toMatchObject({ code: 'BAD_INPUT' })
})

test('[CR-19] a subject that not every store can hold is nobody', async () => {
  await refuses(...['a\0b', '\uD800', 'b\uDC00', ''].map(sub => sign({ ...GOOD, sub })))
})

test('[AU-01] an unsigned token is refused', async () => {
  const unsigned = new UnsecuredJWT(GOOD).encode()
  await refuses(unsigned, `${(await sign(GOOD)).split('.').slice(0, 2).join('.')}.`, '', 'x', 'dev:ann')
})

test('[AU-02] the algorithm is that of our key: a token signed with our public key as a secret is refused', async () => {
  const { publicKey, privateKey } = await generateKeyPair('EdDSA', { extractable: true })
  const pair = {
    algorithm: 'EdDSA',
    publicKey: await exportSPKI(publicKey),
    privateKey: await exportPKCS8(privateKey),
  } as const
  const eddsa: TokenPolicy = { ...policy, key: pair }
  const verify = await createTokenVerifier(eddsa, clock)
  expect(await verify(await mintToken(eddsa, 'ann', 60, clock))).toMatchObject({ subject: 'ann' })
  await expect(verify(await sign(GOOD, { alg: 'HS256' }, pair.publicKey))).rejects.toMatchObject({
    code: 'UNAUTHENTICATED',
  })
  await refuses(
    mintToken(eddsa, 'ann', 60, clock),
    sign(GOOD, { alg: 'HS384' }),
    sign(GOOD, { alg: 'HS256' }, `${SECRET}x`),
  )
})

test('[AU-03] [AU-04] what a header points at is not looked at', async () => {
  const verify = await createTokenVerifier(policy, clock)
  const pointing = { alg: 'HS256', jku: 'http://127.0.0.1:9/keys', x5u: 'http://127.0.0.1:9/', kid: '../../etc/passwd' }
  expect(await verify(await sign(GOOD, pointing))).toMatchObject({ subject: 'ann' })
  await refuses(sign(GOOD, pointing, 'another secret that is long enough…'))
})

test('[AU-05] a token without an end, with a strange one, or with a far one is refused', async () => {
  const { exp: _exp, ...endless } = GOOD
  await refuses(
    sign(endless),
    sign({ ...GOOD, exp: '9' } as unknown as JWTPayload),
    sign({ ...GOOD, exp: now - 60 }),
    sign({ ...GOOD, exp: now + 86_401 }),
    sign({ ...GOOD, iat: now + 1_000_000, exp: now + 1_000_060 }),
    sign({ ...GOOD, nbf: now + 600 }),
  )
})

test('[AU-06] a token for another audience, of another issuer, or of nobody is refused', async () => {
  const { aud: _aud, ...anywhere } = GOOD
  const { iss: _iss, ...anyone } = GOOD
  const { sub: _sub, ...nobody } = GOOD
  await refuses(
    sign({ ...GOOD, aud: 'elsewhere' }),
    sign(anywhere),
    sign({ ...GOOD, iss: 'evil' }),
    sign(anyone),
    sign(nobody),
    sign({ ...GOOD, sub: '' }),
    sign({ ...GOOD, sub: 'x'.repeat(256) }),
  )
})

test('[OP-04] a secret that is short or looks like a placeholder does not start', () => {
  const bad = [
    '',
    'short',
    'a'.repeat(64),
    'changeme-changeme-changeme-changeme',
    'my-secret-key-my-secret-key-12345',
    '0123456701234567012345670123456701234567',
  ]
  for (const secret of bad)
    expect(() => checkKey({ algorithm: 'HS256', secret }), secret).toThrow(
      expect.objectContaining({ code: 'BAD_INPUT' }),
    )
  expect(() => checkKey({ algorithm: 'HS256', secret: SECRET })).not.toThrow()
})

test('a token of development is a name, and nothing else is', async () => {
  expect(await verifyDevToken('dev:Ada Lovelace')).toEqual({ subject: 'Ada Lovelace', left: Infinity })
  for (const token of ['', 'dev:', 'ann', `dev:${'x'.repeat(61)}`, 'dev:a\nb', 'Dev:ann']) {
    await expect(verifyDevToken(token), token).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
  }
})

test('a personal space is named by its subject alone', () => {
  expect(personalSpaceOf('ann')).toBe(personalSpaceOf('ann'))
  expect(personalSpaceOf('ann')).not.toBe(personalSpaceOf('Ann'))
  expect([isPersonal(personalSpaceOf('ann')), isPersonal('garden'), isPersonal('u-1')]).toEqual([true, false, false])
})
