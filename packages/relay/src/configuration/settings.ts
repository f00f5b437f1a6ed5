/**
 * Everything that whoever hosts a relay can set, by its key: in a file as it stands here (`metrics.port` is `port` within `metrics`), and as
 * a variable and a flag. Law: there is no other place where a setting is named; help, documents and the schema for editors follow from it.
 */
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import type { z } from 'zod'
import { checkKey } from '../access/signed-tokens.ts'
import { isNetwork } from '../http/client-address.ts'
import { RELAY_LIMITS, type RelayLimits } from '../limits.ts'
import { LIMIT_WORDS, type LimitName } from './limit-words.ts'
import {
  fractionOr,
  list,
  number,
  numberOr,
  path,
  pem,
  secret,
  textOr,
  yesOrNo,
  word,
  type Setting,
} from './setting.ts'

const PORTS = { from: 0, to: 65_535 }
const DAY_MS = 86_400_000
const DAYS = { from: 1, to: 3_650 }

export const SETTINGS = {
  'data': path({ flag: 'data', variable: 'JOINERY_DATA', tells: 'Folder that holds everything' }),
  'store': secret(isPostgres, {
    variable: 'JOINERY_STORE',
    tells: 'Postgres that holds everything instead of a folder, for any number of relays',
    allowed: 'postgres://role:password@host:port/database',
  }),
  'bus': secret(isBus, {
    variable: 'JOINERY_BUS',
    tells:
      'How relays on one store hear of each other at once; if absent `postgres` with a `store`, else `memory`, for one alone',
    allowed:
      'memory, redis://user:password@host:6379/0 (rediss:// with TLS), postgres://role:password@host/database, or postgres for that of `store`',
  }),
  'host': textOr('127.0.0.1', {
    flag: 'host',
    variable: 'JOINERY_HOST',
    tells: 'Address to listen on',
    allowed: 'an address of this machine, as 127.0.0.1 or ::',
  }),
  'port': numberOr(4321, PORTS, { flag: 'port', variable: 'JOINERY_PORT', tells: 'Port to listen on; 0 for any' }),
  'app': path({
    flag: 'app',
    variable: 'JOINERY_APP',
    tells: 'Folder of a built web app to serve on the same port',
  }),
  'notes': yesOrNo({
    flag: 'notes',
    variable: 'JOINERY_NOTES',
    tells: 'Serve the notes app, which the executable file carries',
  }),
  'history': numberOr(
    30,
    { from: 0, to: 3_650 },
    {
      flag: 'history',
      variable: 'JOINERY_HISTORY',
      tells: 'Days for which old versions of documents can be read; 0 keeps none',
    },
  ),
  'origins': list(isOrigin, {
    flag: 'origin',
    variable: 'JOINERY_ORIGINS',
    tells: 'Other origins whose pages may connect',
    allowed: 'origins as browsers say them: https://app.example, with a port if it has one, no path, no *',
  }),
  'trustProxy': list(isNetwork, {
    flag: 'trust-proxy',
    variable: 'JOINERY_TRUST_PROXY',
    tells: 'Addresses and networks of proxies whose X-Forwarded-For is believed',
    allowed: 'addresses and networks, as 10.0.0.0/8 and 192.0.2.7',
  }),
  'dev': yesOrNo({
    flag: 'dev',
    variable: 'JOINERY_DEV',
    tells: 'Development: any name signs in, from this machine only',
  }),
  'tokens.secret': secret(isStrong, {
    variable: 'JOINERY_SECRET',
    tells: 'What tokens are signed and checked with (HS256)',
  }),
  'tokens.publicKey': pem(isPublicKey, {
    variable: 'JOINERY_PUBLIC_KEY',
    tells: 'What tokens are checked with (EdDSA): PEM, or the path of a file',
    allowed: 'an Ed25519 public key in PEM, or the path of a file that holds it',
  }),
  'tokens.privateKey': pem(isPrivateKey, {
    variable: 'JOINERY_PRIVATE_KEY',
    tells: 'What `joinery token` signs with (EdDSA): PEM, or the path of a file',
    allowed: 'an Ed25519 private key in PEM, or the path of a file that holds it',
    isSecret: true,
  }),
  'tokens.issuer': textOr('joinery', { variable: 'JOINERY_ISSUER', tells: 'Who issues tokens' }),
  'tokens.audience': textOr('joinery', { variable: 'JOINERY_AUDIENCE', tells: 'Whom tokens are for' }),
  'tokens.days': numberOr(30, DAYS, { variable: 'JOINERY_TOKEN_DAYS', tells: 'The most days that a token lives' }),
  'metrics.port': number(PORTS, {
    flag: 'metrics-port',
    variable: 'JOINERY_METRICS_PORT',
    tells: 'Port for Prometheus metrics, of its own; none if absent',
  }),
  'metrics.host': textOr('127.0.0.1', {
    flag: 'metrics-host',
    variable: 'JOINERY_METRICS_HOST',
    tells: 'Address of that port',
    allowed: 'an address of this machine, as 127.0.0.1 or ::',
  }),
  'metrics.token': secret(isStrong, {
    variable: 'JOINERY_METRICS_TOKEN',
    tells: 'Who brings it reads metrics, on the public port too',
  }),
  'traces.url': word(isWeb, {
    flag: 'otlp',
    variable: 'JOINERY_OTLP_URL',
    tells: 'OpenTelemetry collector that traces are sent to; none if absent',
    allowed: 'the address of a collector, as http://127.0.0.1:4318',
  }),
  'traces.sample': fractionOr(0.01, {
    flag: 'otlp-sample',
    variable: 'JOINERY_OTLP_SAMPLE',
    tells: 'Of how many edits one is traced',
  }),
  ...limitSettings(),
}

export type Key = keyof typeof SETTINGS
export type Values = { readonly [K in Key]: z.output<(typeof SETTINGS)[K]['schema']> }

export const KEYS = Object.keys(SETTINGS) as readonly Key[]

/** What `--limit name=number` and JOINERY_LIMITS stand before. */
export const LIMITS = 'limits.'

export function isKey(key: string): key is Key {
  return Object.hasOwn(SETTINGS, key)
}

type LimitSettings = { readonly [Name in LimitName as `limits.${Name}`]: Setting<number> }

function limitSettings(): LimitSettings {
  const settings = Object.entries(LIMIT_WORDS).map(([name, { tells, from = 1, to }]) => [
    `limits.${name}`,
    numberOr(RELAY_LIMITS[name as keyof RelayLimits], { from, to }, { tells }),
  ])
  return Object.fromEntries(settings) as LimitSettings
}

/** The limits that are in force. */
export function limitsIn(values: Values): RelayLimits {
  const limits = Object.keys(LIMIT_WORDS).map(name => [name, values[`limits.${name as LimitName}`]])
  return { ...(Object.fromEntries(limits) as Record<LimitName, number>), historyMs: values.history * DAY_MS }
}

/** As a browser writes it in the header: parsed and written again it is the same. */
function isOrigin(said: string): boolean {
  return URL.canParse(said) && new URL(said).origin === said && /^https?:/.test(said)
}

function isPostgres(said: string): boolean {
  return /^postgres(?:ql)?:\/\/./.test(said) && URL.canParse(said)
}

function isBus(said: string): boolean {
  return ['memory', 'postgres'].includes(said) || (/^(rediss?|postgres(ql)?):\/\/./.test(said) && URL.canParse(said))
}

function isWeb(said: string): boolean {
  return /^https?:$/.test(URL.parse(said)?.protocol ?? '')
}

function isStrong(said: string): boolean {
  return isTaken(() => checkKey({ algorithm: 'HS256', secret: said }))
}

function isPublicKey(said: string): boolean {
  return said.includes('PUBLIC KEY') && isTaken(() => refuseUnlessEd25519(createPublicKey(said)))
}

function isPrivateKey(said: string): boolean {
  return isTaken(() => refuseUnlessEd25519(createPrivateKey(said)))
}

function refuseUnlessEd25519({ asymmetricKeyType }: KeyObject): void {
  if (asymmetricKeyType !== 'ed25519') throw new Error('another kind of key')
}

function isTaken(look: () => void): boolean {
  try {
    look()
    return true
  } catch {
    return false
  }
}
