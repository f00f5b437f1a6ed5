#!/usr/bin/env node
/**
 * The command `joinery`: the relay's composition root, and the only place that reads the environment or picks a driver. Laws:
 * - What cannot be right does not start: no key or a weak one outside development, development beyond this machine (OP-04).
 * - Standard output has one line, when it is ready. Everything else is JSON on standard error, without payloads or tokens.
 */
import { memoryBus } from '@joinery/adapters/bus/memory'
import { systemClock } from '@joinery/adapters/clock/system'
import { cryptoRandom } from '@joinery/adapters/random/crypto'
import { sqliteStore } from '@joinery/adapters/store/sqlite'
import { JoineryError, sentenceOf } from '@joinery/core'
import { defineCommand, runMain } from 'citty'
import { hash } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pino } from 'pino'
import { verifyDevToken } from './access/dev-tokens.ts'
import { createTokenVerifier, mintToken, type TokenKey, type TokenPolicy } from './access/signed-tokens.ts'
import { GATES } from './gate/table.ts'
import { createCounters, reasonOf, type Log } from './log.ts'
import { createRelay } from './relay.ts'
import { serve } from './serve.ts'
import { createWorkers } from './workers/workers.ts'

const DAY_S = 86_400
const LOOPBACK = ['127.0.0.1', 'localhost', '::1']

const clock = systemClock()
const random = cryptoRandom()

const serveCommand = defineCommand({
  meta: { name: 'serve', description: 'Run a relay.' },
  args: {
    port: { type: 'string', default: '4321', description: 'Port to listen on; 0 for any' },
    host: { type: 'string', default: '127.0.0.1', description: 'Address to listen on' },
    data: { type: 'string', required: true, description: 'Folder that holds everything' },
    app: { type: 'string', description: 'Folder of a built web app to serve on the same port' },
    origin: { type: 'string', description: 'Other origins whose pages may connect, separated by commas' },
    dev: { type: 'boolean', default: false, description: 'Development: any name signs in, from this machine only' },
  },
  run: orSay(async ({ args }) => {
    if (args.dev && !LOOPBACK.includes(args.host)) {
      throw new JoineryError('BAD_INPUT', { what: 'host', rule: '--dev listens on this machine only' })
    }
    const log = jsonLog()
    const counters = createCounters()
    const die = (reason: string, error: unknown): never => {
      log.error(reason, reasonOf(error))
      process.exit(1)
    }
    const verify = args.dev ? verifyDevToken : await createTokenVerifier(policyOf(process.env), clock)
    const data = resolve(args.data)
    mkdirSync(data, { recursive: true, mode: 0o700 })
    const store = sqliteStore({ file: join(data, 'joinery.db'), onFatal: error => die('fatal', error) })
    const workers = createWorkers({ url: new URL('./main-worker.ts', import.meta.url), clock, log })
    const relay = createRelay({
      store,
      bus: memoryBus(),
      clock,
      random,
      verify,
      gates: GATES,
      openToAll: args.dev,
      log,
      counters,
      scanLarge: workers.scan,
      join: workers.join,
      hash: nativeHash,
      fold: workers.fold,
      turn: () => new Promise(done => void setImmediate(done)),
      onFatal: error => die('fatal', error),
    })
    process.on('uncaughtException', error => die('uncaught', error))
    process.on('unhandledRejection', error => die('unhandled', error))

    const served = await serve({
      relay,
      store,
      clock,
      random,
      log,
      host: args.host,
      port: Number(args.port),
      origins: args.origin === undefined ? [] : args.origin.split(','),
      loopbackOnly: args.dev,
      app: args.app === undefined ? undefined : resolve(args.app),
    })
    const stop = async (): Promise<void> => {
      log.info('stopping')
      await served.stop()
      await workers.close()
      log.info('stopped')
      process.exit(0)
    }
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop())
    const address = `http://${args.host.includes(':') ? `[${args.host}]` : args.host}:${served.port}`
    const mode = args.dev ? ' (development: whoever is on this machine signs in with any name)' : ''
    process.stdout.write(`joinery listening on ${address}${mode}\n`)
  }),
})

const tokenCommand = defineCommand({
  meta: { name: 'token', description: 'Mint a token, with the key that the relay is configured with.' },
  args: {
    subject: { type: 'positional', required: true, description: 'Whose token it is' },
    hours: { type: 'string', default: '24', description: 'How long it lives' },
  },
  run: orSay(async ({ args }) => {
    const token = await mintToken(policyOf(process.env), args.subject, Math.floor(Number(args.hours) * 3_600), clock)
    process.stdout.write(`${token}\n`)
  }),
})

/** For a few dozen bytes it is no quicker than ours, for a few thousand ten times. */
function nativeHash(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(hash('sha256', bytes, 'buffer'))
}

/** What must not start says why, for a person, and what it knows besides, never a secret. */
function orSay<C>(run: (context: C) => Promise<void>): (context: C) => Promise<void> {
  return async context => {
    try {
      await run(context)
    } catch (error) {
      const details = error instanceof JoineryError ? Object.entries(error.details) : []
      const said = details.map(([name, value]) => `${name}: ${String(value)}`).join(', ')
      process.stderr.write(
        `joinery: ${sentenceOf(error) ?? (error instanceof Error ? error.message : 'It failed.')} ${said}\n`,
      )
      process.exit(1)
    }
  }
}

/** JOINERY_SECRET, or JOINERY_PUBLIC_KEY (and to mint JOINERY_PRIVATE_KEY): PEM, or the path of a file that holds it. */
function policyOf(env: NodeJS.ProcessEnv): TokenPolicy {
  return {
    key: keyOf(env['JOINERY_SECRET'], env['JOINERY_PUBLIC_KEY'], env['JOINERY_PRIVATE_KEY']),
    issuer: env['JOINERY_ISSUER'] ?? 'joinery',
    audience: env['JOINERY_AUDIENCE'] ?? 'joinery',
    maxLifetime: Number(env['JOINERY_TOKEN_DAYS'] ?? '30') * DAY_S,
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

function pem(value: string): string {
  return value.includes('-----BEGIN') || value === '' ? value : readFileSync(value, 'utf8')
}

function jsonLog(): Log {
  const lines = pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination(2))
  return {
    info: (event, fields) => lines.info({ event, ...fields }),
    warn: (event, fields) => lines.warn({ event, ...fields }),
    error: (event, fields) => lines.error({ event, ...fields }),
  }
}

const main = defineCommand({
  meta: { name: 'joinery', description: 'The relay of Joinery.' },
  subCommands: { serve: serveCommand, token: tokenCommand },
})

await runMain(main)
