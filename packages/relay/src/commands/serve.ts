/**
 * `joinery serve`: a relay, until it is told to stop. Laws:
 * - What cannot be right does not start: no key or a weak one outside development, development beyond this machine, metrics for everybody
 *   (OP-04, OP-06).
 * - Standard output has one line, when it is ready. Everything else is JSON on standard error, without payloads or tokens.
 */
import { JoineryError, type Clock, type Random, type Store, type StoreUpkeep, type Tracer } from '@joinery/core'
import { defineCommand } from 'citty'
import { stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { DestinationStream } from 'pino'
import { verifyDevToken } from '../access/dev-tokens.ts'
import { createTokenVerifier } from '../access/signed-tokens.ts'
import { serveMistakes } from '../configuration/rules.ts'
import { limitsIn, type Values } from '../configuration/settings.ts'
import { GATES } from '../gate/table.ts'
import { folderFiles, type AppFiles } from '../http/app-files.ts'
import { reasonOf, whereOf } from '../log.ts'
import { jsonLog } from '../logs/json-log.ts'
import { thinned } from '../logs/thinning.ts'
import { openHatch } from '../hatch/hatch.ts'
import { runningRelay } from '../hatch/running.ts'
import { makeFolder } from '../made-folder.ts'
import { createCounters } from '../metrics/counters.ts'
import { createRelay } from '../relay.ts'
import { serve, type MetricsOptions } from '../serve.ts'
import { sweptStore } from '../swept-store.ts'
import type { ThreadCode } from '../workers/pool.ts'
import { createWorkers } from '../workers/workers.ts'
import { openedBus, type OpenBus } from './bus.ts'
import { givenTo, refuseMistakes, SETTING_ARGS } from './configured.ts'
import { counterOf } from './counter.ts'
import { policyOf } from './configured-key.ts'
import { nativeHash } from './native-hash.ts'
import { DATABASE, LOOPBACK } from './settings.ts'
import { tracesIn, type TracesOptions } from './traces.ts'
import { orSay, type Terminal } from './terminal.ts'

export interface ServeParts {
  readonly terminal: Terminal
  readonly clock: Clock
  readonly random: Random
  readonly openBus: OpenBus
  readonly openSqlite: (options: {
    readonly file: string
    readonly onFatal: (error: unknown) => void
  }) => Store & StoreUpkeep
  readonly openPostgres: (options: {
    readonly url: string
    readonly lanes: number
    readonly onFatal: (error: unknown) => void
  }) => Promise<Store & StoreUpkeep>
  /** Of this relay, and of Node. */
  readonly versions: { readonly version: string; readonly node: string }
  /** What the worker threads run. */
  readonly workers: ThreadCode
  /** Loads what sends traces. */
  readonly openTracer: (options: TracesOptions & { readonly failed: (error: unknown) => void }) => Promise<Tracer>
  /** The notes app, where it was brought along. */
  readonly notes: AppFiles | undefined
  readonly logTo: DestinationStream
  /** Resolves once what has arrived by now has been read. */
  readonly turn: () => Promise<void>
  /** Stops everything for so many ms. */
  readonly nap: (ms: number) => void
  /** Frees what is young and used no more. */
  readonly sweep: () => void
  /** Gives back what was taken and is used no more, as what starting took. */
  readonly shrink: () => void
  /** Called with what nobody caught, and how it came. */
  readonly onUncaught: (run: (how: 'uncaught' | 'unhandled', error: unknown) => void) => void
  /** Called once, when the process is told to stop. */
  readonly onStop: (run: () => void) => void
}

export function serveCommand(parts: ServeParts) {
  const { terminal, clock, random } = parts
  return defineCommand({
    meta: { name: 'serve', description: 'Run a relay.' },
    args: SETTING_ARGS,
    run: orSay(terminal, async context => {
      const configuration = givenTo(context, SETTING_ARGS, terminal.environment)
      refuseMistakes([...configuration.mistakes, ...serveMistakes(configuration)])
      const { values } = configuration
      const limits = limitsIn(values)
      const counters = createCounters()
      const log = thinned(jsonLog(parts.logTo), { clock, counters })
      const die = (reason: string, error: unknown): never => {
        log.error(reason, { ...reasonOf(error), ...whereOf(error) })
        return terminal.exit(1)
      }
      const verify = values.dev ? verifyDevToken : await createTokenVerifier(policyOf(values), clock)
      const place = placeOf(values)
      const { bus, backlog } = await openedBus(parts.openBus, values, { log, counters })
      const traces = tracesIn(values)
      const failed = (error: unknown): void => log.warn('traces-failed', reasonOf(error))
      const tracer = traces && (await parts.openTracer({ ...traces, failed }))
      const opened = await open(parts, place, error => die('fatal', error))
      const store = sweptStore(opened.store, parts)
      const metrics = metricsOf(values, sizesOf(place, store), backlog)
      const workers = createWorkers({ url: parts.workers, clock, log })
      const relay = createRelay({
        store,
        bus,
        clock,
        random,
        verify,
        gates: GATES,
        commitLanes: 'url' in place ? COMMIT_LANES : 1,
        openToAll: values.dev,
        log,
        counters,
        limits,
        scanLarge: workers.scan,
        join: workers.join,
        hash: nativeHash,
        fold: workers.fold,
        version: workers.version,
        trials: workers,
        tracer,
        turn: parts.turn,
        nap: parts.nap,
        onFatal: error => die('fatal', error),
      })
      parts.onUncaught(die)

      const served = await serve({
        relay,
        store,
        bus,
        clock,
        random,
        log,
        host: values.host,
        port: values.port,
        origins: values.origins,
        loopbackOnly: values.dev,
        trustProxy: values.trustProxy,
        limits,
        app: appOf(values, parts.notes),
        metrics,
      })
      // On Postgres commands reach the store by themselves.
      const { kept } = opened
      const hatch =
        kept &&
        (await openHatch({
          data: kept.data,
          relay: runningRelay(counterOf(store, relay), {
            copyTo: file => kept.store.copyTo(file),
            suspect: relay.suspect,
            log,
          }),
          log,
        }))
      const stop = async (): Promise<void> => {
        log.info('stopping')
        hatch?.close()
        await served.stop()
        await workers.close()
        await bus.close()
        await tracer?.close()
        log.info('stopped')
        terminal.exit(0)
      }
      parts.onStop(() => void stop())
      const { database, schema } = opened.store
      log.info('started', { ...parts.versions, database, schema })
      if (served.metricsPort !== undefined) log.info('metrics', { port: served.metricsPort })
      parts.shrink()
      const address = `http://${values.host.includes(':') ? `[${values.host}]` : values.host}:${served.port}`
      const mode = values.dev ? ' (development: whoever is on this machine signs in with any name)' : ''
      terminal.out(`joinery listening on ${address}${mode}\n`)
    }),
  })
}

function appOf({ app, notes }: Values, carried: AppFiles | undefined): AppFiles | undefined {
  if (!notes) return app === undefined ? undefined : folderFiles(app)
  if (carried === undefined)
    throw new JoineryError('BAD_INPUT', { what: '--notes', rule: 'only the executable file carries it: use --app' })
  return carried
}

type Place = { readonly url: string } | { readonly file: string }

/** On Postgres, of different spaces at a time. On SQLite one at a time is all there is. */
const COMMIT_LANES = 4

function placeOf({ store, data = '' }: Values): Place {
  return store === undefined ? { file: join(data, DATABASE) } : { url: store }
}

interface Opened {
  readonly store: Store & StoreUpkeep
  /** A store that nobody else can look at while it is open here. */
  readonly kept: { readonly store: StoreUpkeep; readonly data: string } | undefined
}

async function open(parts: ServeParts, place: Place, onFatal: (error: unknown) => void): Promise<Opened> {
  if ('url' in place)
    return { store: await parts.openPostgres({ url: place.url, lanes: COMMIT_LANES, onFatal }), kept: undefined }
  const data = dirname(place.file)
  await makeFolder(data)
  const store = parts.openSqlite({ file: place.file, onFatal })
  return { store, kept: { store, data } }
}

/** A token opens `/metrics` on the public port too. */
function metricsOf(
  values: Values,
  storeBytes: MetricsOptions['storeBytes'],
  busBacklog: () => number,
): MetricsOptions | undefined {
  const { 'metrics.token': token, 'metrics.port': port, 'metrics.host': host } = values
  if (port === undefined && token === undefined) return undefined
  return {
    token,
    busBacklog,
    storeBytes,
    listen: port === undefined ? undefined : { host, port, isLoopback: LOOPBACK.includes(host) },
  }
}

/** Of a database elsewhere, as of the scrape before: none waits for it, least of all while it is away. */
function sizesOf(place: Place, store: Pick<Store, 'sizes'>): MetricsOptions['storeBytes'] {
  if (!('url' in place))
    return async () => ({ database: await sizeOf(place.file), wal: await sizeOf(`${place.file}-wal`) })
  let last: Readonly<Record<string, number>> = {}
  let isLooking = false
  const look = async (): Promise<void> => {
    isLooking = true
    last = { ...(await store.sizes?.().catch(() => undefined)) }
    isLooking = false
  }
  return async () => {
    if (!isLooking) void look()
    return last
  }
}

async function sizeOf(file: string): Promise<number> {
  return stat(file).then(
    ({ size }) => size,
    () => 0,
  )
}
