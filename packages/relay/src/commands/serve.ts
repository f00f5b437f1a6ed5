/**
 * `joinery serve`: a relay, until it is told to stop. Laws:
 * - What cannot be right does not start: no key or a weak one outside development, development beyond this machine, metrics for everybody
 *   (OP-04, OP-06).
 * - Standard output has one line, when it is ready. Everything else is JSON on standard error, without payloads or tokens.
 */
import { JoineryError, type Bus, type Clock, type Random, type Store } from '@joinery/core'
import { defineCommand } from 'citty'
import { mkdirSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import type { DestinationStream } from 'pino'
import { verifyDevToken } from '../access/dev-tokens.ts'
import { checkKey, createTokenVerifier } from '../access/signed-tokens.ts'
import { GATES } from '../gate/table.ts'
import { limitsOf } from '../limits.ts'
import { reasonOf, whereOf } from '../log.ts'
import { jsonLog } from '../logs/json-log.ts'
import { thinned } from '../logs/thinning.ts'
import { createCounters } from '../metrics/counters.ts'
import { createRelay } from '../relay.ts'
import { serve, type MetricsOptions } from '../serve.ts'
import { sweptStore } from '../swept-store.ts'
import { createWorkers } from '../workers/workers.ts'
import { policyOf } from './configured-key.ts'
import { nativeHash } from './native-hash.ts'
import { DATABASE, listOf, LOOPBACK } from './settings.ts'
import { orSay, type Environment, type Terminal } from './terminal.ts'

export interface ServeParts {
  readonly terminal: Terminal
  readonly clock: Clock
  readonly random: Random
  readonly bus: Bus
  readonly openSqlite: (options: { readonly file: string; readonly onFatal: (error: unknown) => void }) => Store
  readonly openPostgres: (options: { readonly url: string; readonly lanes: number }) => Promise<Store>
  /** The file of the worker threads. */
  readonly workers: URL
  readonly logTo: DestinationStream
  /** Resolves once what has arrived by now has been read. */
  readonly turn: () => Promise<void>
  /** Stops everything for so many ms. */
  readonly nap: (ms: number) => void
  /** Frees what is young and used no more. */
  readonly sweep: () => void
  /** Called with what nobody caught, and how it came. */
  readonly onUncaught: (run: (how: 'uncaught' | 'unhandled', error: unknown) => void) => void
  /** Called once, when the process is told to stop. */
  readonly onStop: (run: () => void) => void
}

export function serveCommand(parts: ServeParts) {
  const { terminal, clock, random } = parts
  return defineCommand({
    meta: { name: 'serve', description: 'Run a relay.' },
    args: {
      'port': { type: 'string', default: '4321', description: 'Port to listen on; 0 for any' },
      'host': { type: 'string', default: '127.0.0.1', description: 'Address to listen on' },
      'data': { type: 'string', description: 'Folder that holds everything, unless a Postgres does' },
      'store': {
        type: 'string',
        description: 'Postgres to use instead, as postgres://role:password@host/database; better in JOINERY_STORE',
      },
      'app': { type: 'string', description: 'Folder of a built web app to serve on the same port' },
      'origin': { type: 'string', description: 'Other origins whose pages may connect, separated by commas' },
      'trust-proxy': {
        type: 'string',
        description: 'Addresses and networks of proxies whose X-Forwarded-For is believed, as 10.0.0.0/8,192.0.2.7',
      },
      'limit': {
        type: 'string',
        description: 'Limits other than the default, as connections=20000,sendBuffer=1000000',
      },
      'metrics-port': { type: 'string', description: 'Port for Prometheus metrics, of its own; none if absent' },
      'metrics-host': { type: 'string', default: '127.0.0.1', description: 'Address of that port' },
      'dev': { type: 'boolean', default: false, description: 'Development: any name signs in, from this machine only' },
    },
    run: orSay(terminal, async ({ args }) => {
      if (args.dev && !LOOPBACK.includes(args.host)) {
        throw new JoineryError('BAD_INPUT', { what: 'host', rule: '--dev listens on this machine only' })
      }
      const limits = limitsOf(listOf(args.limit))
      const counters = createCounters()
      const log = thinned(jsonLog(parts.logTo), { clock, counters })
      const die = (reason: string, error: unknown): never => {
        log.error(reason, { ...reasonOf(error), ...whereOf(error) })
        return terminal.exit(1)
      }
      const verify = args.dev ? verifyDevToken : await createTokenVerifier(policyOf(terminal.environment), clock)
      const place = placeOf(args, terminal.environment)
      const metrics = metricsOf(args, terminal.environment, place)
      const store = sweptStore(await open(parts, place, error => die('fatal', error)), parts)
      const workers = createWorkers({ url: parts.workers, clock, log })
      const relay = createRelay({
        store,
        bus: parts.bus,
        clock,
        random,
        verify,
        gates: GATES,
        commitLanes: 'url' in place ? COMMIT_LANES : 1,
        openToAll: args.dev,
        log,
        counters,
        limits,
        scanLarge: workers.scan,
        join: workers.join,
        hash: nativeHash,
        fold: workers.fold,
        trials: workers,
        turn: parts.turn,
        nap: parts.nap,
        onFatal: error => die('fatal', error),
      })
      parts.onUncaught(die)

      const served = await serve({
        relay,
        store,
        clock,
        random,
        log,
        host: args.host,
        port: Number(args.port),
        origins: listOf(args.origin),
        loopbackOnly: args.dev,
        trustProxy: listOf(args['trust-proxy']),
        limits,
        app: args.app === undefined ? undefined : resolve(args.app),
        metrics,
      })
      const stop = async (): Promise<void> => {
        log.info('stopping')
        await served.stop()
        await workers.close()
        log.info('stopped')
        terminal.exit(0)
      }
      parts.onStop(() => void stop())
      if (served.metricsPort !== undefined) log.info('metrics', { port: served.metricsPort })
      const address = `http://${args.host.includes(':') ? `[${args.host}]` : args.host}:${served.port}`
      const mode = args.dev ? ' (development: whoever is on this machine signs in with any name)' : ''
      terminal.out(`joinery listening on ${address}${mode}\n`)
    }),
  })
}

type Place = { readonly url: string } | { readonly file: string }

/** On Postgres, of different spaces at a time. On SQLite one at a time is all there is. */
const COMMIT_LANES = 4

function placeOf(
  args: { readonly data: string | undefined; readonly store: string | undefined },
  environment: Environment,
): Place {
  const url = args.store ?? environment['JOINERY_STORE']
  if (url === undefined) {
    if (args.data === undefined) throw new JoineryError('BAD_INPUT', { what: 'data', rule: 'a folder, or a --store' })
    return { file: join(resolve(args.data), DATABASE) }
  }
  if (!/^postgres(?:ql)?:\/\//.test(url) || !URL.canParse(url))
    throw new JoineryError('BAD_INPUT', { what: 'store', rule: 'postgres://role:password@host/database' })
  return { url }
}

async function open(parts: ServeParts, place: Place, onFatal: (error: unknown) => void): Promise<Store> {
  if ('url' in place) return parts.openPostgres({ url: place.url, lanes: COMMIT_LANES })
  mkdirSync(dirname(place.file), { recursive: true, mode: 0o700 })
  return parts.openSqlite({ file: place.file, onFatal })
}

/** JOINERY_METRICS_TOKEN opens `/metrics` on the public port too. */
function metricsOf(
  args: { readonly 'metrics-port': string | undefined; readonly 'metrics-host': string },
  environment: Environment,
  place: Place,
): MetricsOptions | undefined {
  const token = environment['JOINERY_METRICS_TOKEN']
  // As weak as a weak secret is.
  if (token !== undefined) checkKey({ algorithm: 'HS256', secret: token })
  const port = args['metrics-port']
  if (port === undefined && token === undefined) return undefined
  const host = args['metrics-host']
  return {
    token,
    listen: port === undefined ? undefined : { host, port: Number(port), isLoopback: LOOPBACK.includes(host) },
    storeBytes: async () =>
      'url' in place ? {} : { database: await sizeOf(place.file), wal: await sizeOf(`${place.file}-wal`) },
  }
}

async function sizeOf(file: string): Promise<number> {
  return stat(file).then(
    ({ size }) => size,
    () => 0,
  )
}
