#!/usr/bin/env node
/**
 * The command `joinery`: the relay's composition root. Law: it is the only place that reads the environment, touches the process, or picks a
 * driver; the commands get what they need from here.
 */
import { memoryBus } from '@joinery/adapters/bus/memory'
import { systemClock } from '@joinery/adapters/clock/system'
import { hocuspocusSqlite } from '@joinery/adapters/import/hocuspocus-sqlite'
import { yLevelDb } from '@joinery/adapters/import/y-leveldb'
import { cryptoRandom } from '@joinery/adapters/random/crypto'
import { postgresStore, refuseUnlessFree, restorePostgres, withoutNodes } from '@joinery/adapters/store/postgres'
import { copySqlite, inspectSqlite, putBackSqlite, sqliteStore, sqliteVersion } from '@joinery/adapters/store/sqlite'
import { webSocketTransport } from '@joinery/adapters/transport/websocket'
import { JoineryError, type Tracer } from '@joinery/core'
import { defineCommand, runMain } from 'citty'
import { readFileSync } from 'node:fs'
import { PerformanceObserver } from 'node:perf_hooks'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { pino } from 'pino'
import { ALONE, type OpenBus } from './commands/bus.ts'
import { compactCommand } from './commands/compact.ts'
import { configCommand } from './commands/config.ts'
import { backupCommand } from './commands/backup.ts'
import { doctorCommand } from './commands/doctor.ts'
import { exportCommand } from './commands/export.ts'
import { importCommand } from './commands/import.ts'
import { inspectCommand } from './commands/inspect.ts'
import { drillCommand, restoreCommand } from './commands/restore.ts'
import type { OpenPostgres, PostgresParts } from './commands/postgres.ts'
import { licencesCommand } from './commands/licences.ts'
import { serveCommand } from './commands/serve.ts'
import { spaceCommand } from './commands/space.ts'
import type { Terminal } from './commands/terminal.ts'
import { tokenCommand } from './commands/token.ts'
import { verifyCommand } from './commands/verify.ts'
import { boundHeap } from './bound-heap.ts'
import { carriedFiles } from './executable/carried-files.ts'

const STANDARD_ERROR = 2

type Collection = { readonly type: 'minor' } | { readonly type: 'major'; readonly flavor: 'last-resort' }

// What was read of documents is garbage as soon as it is sent: it is swept between two turns, before much of it stands (decisions/0012).
setFlagsFromString('--expose-gc')
boundHeap(look => new PerformanceObserver(look).observe({ entryTypes: ['gc'] }))
const collect = runInNewContext('globalThis.gc') as ((options: Collection) => void) | undefined
const sweep = (): void => collect?.({ type: 'minor' })

const carried = carriedFiles()
const workers =
  carried === undefined ? new URL('./main-worker.ts', import.meta.url) : { code: carried.text('worker.js') }
const manifest = carried?.text('package.json') ?? readFileSync(new URL('../package.json', import.meta.url), 'utf8')
const { version } = JSON.parse(manifest) as { version: string }
const turn = (): Promise<void> => new Promise(done => void setImmediate(done))
const napping = new Int32Array(new SharedArrayBuffer(4))
const nap = (ms: number): void => void Atomics.wait(napping, 0, 0, ms)

const clock = systemClock()
const random = cryptoRandom()
const terminal: Terminal = {
  environment: process.env,
  out: text => void process.stdout.write(text),
  err: text => void process.stderr.write(text),
  exit: code => process.exit(code),
}

/** For a command: it is in no relay's way. */
const openPostgres: OpenPostgres = ({ url }) => postgresStore({ url, lanes: 2, readers: 2, isCommand: true })
const onPostgres: PostgresParts = { openPostgres, restorePostgres, refuseUnlessFree, withoutNodes }

const onData = { clock, random, bus: memoryBus(), openStore: sqliteStore, openPostgres, workers, turn }
const onCopies = { terminal, clock, openStore: sqliteStore, look: inspectSqlite }

const openBus: OpenBus = async (address, events) => {
  // Whoever runs one node needs none of these drivers.
  if (address === ALONE) return memoryBus()
  if (address.startsWith('postgres')) {
    const { postgresBus } = await import('@joinery/adapters/bus/postgres')
    return postgresBus({ url: address, ...events })
  }
  const { redisBus } = await import('@joinery/adapters/bus/redis')
  return redisBus({ url: address, ...events })
}

/** Loaded by who traces and by nobody else: most do not, and then it need not be installed. */
const openTracer: Parameters<typeof serveCommand>[0]['openTracer'] = async (options): Promise<Tracer> => {
  const { openTelemetry } = await import('@joinery/adapters/tracer/opentelemetry').catch((error: unknown) => {
    const packages = ['api', 'exporter-trace-otlp-http', 'resources', 'sdk-trace'].map(name => `@opentelemetry/${name}`)
    const sentence = `Traces need packages that are not installed: npm install ${packages.join(' ')}`
    throw new JoineryError('UNAVAILABLE', { reason: 'not-installed', sentence }, { cause: error })
  })
  return openTelemetry({ ...options, version, clock, random })
}

const main = defineCommand({
  meta: { name: 'joinery', version, description: 'The relay of Joinery.' },
  subCommands: {
    serve: serveCommand({
      terminal,
      clock,
      random,
      openBus,
      openSqlite: sqliteStore,
      openPostgres: postgresStore,
      versions: { version, node: process.versions.node },
      workers,
      openTracer,
      notes: carried?.below('notes'),
      logTo: pino.destination(STANDARD_ERROR),
      turn,
      nap,
      sweep,
      shrink: () => collect?.({ type: 'major', flavor: 'last-resort' }),
      onUncaught(run) {
        process.on('uncaughtException', error => run('uncaught', error))
        process.on('unhandledRejection', error => run('unhandled', error))
      },
      onStop(run) {
        for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, run)
      },
    }),
    token: tokenCommand(terminal, clock),
    config: configCommand(terminal),
    space: spaceCommand(terminal, onData),
    inspect: inspectCommand(terminal, onData),
    compact: compactCommand(terminal, onData),
    export: exportCommand(terminal, onData),
    backup: backupCommand({ ...onCopies, ...onPostgres, copyStore: copySqlite }),
    verify: verifyCommand({ ...onCopies, ...onPostgres }),
    restore: restoreCommand({ ...onCopies, ...onPostgres, random, putStoreBack: putBackSqlite }),
    drill: drillCommand(onCopies),
    doctor: doctorCommand({
      terminal,
      clock,
      node: process.versions.node,
      sqlite: sqliteVersion,
      inspect: inspectSqlite,
      openBus,
      openPostgres,
    }),
    import: importCommand({
      terminal,
      clock,
      random,
      sources: {
        'y-leveldb': { at: 'dir', open: folder => yLevelDb({ folder }), isFromAddress: true },
        'hocuspocus-sqlite': { at: 'file', open: async file => hocuspocusSqlite({ file }), isFromAddress: false },
      },
      openStore: sqliteStore,
      transport: webSocketTransport(),
      workers,
      turn,
    }),
    ...(carried && { licences: licencesCommand(terminal, () => carried.text('licences.txt')) }),
  },
})

// Not awaited: the executable file is no module (decisions/0020).
void runMain(main)
