/** The relay as it is served: real sockets, SQLite on a disk, real workers, in this process. */
import { memoryBus } from '@joinery/adapters/bus/memory'
import { systemClock } from '@joinery/adapters/clock/system'
import { cryptoRandom } from '@joinery/adapters/random/crypto'
import { sqliteStore } from '@joinery/adapters/store/sqlite'
import type { Store } from '@joinery/core'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { GATES } from '../src/gate/table.ts'
import { folderFiles } from '../src/http/app-files.ts'
import { createRelay, verifyDevToken, type Log, type LogFields, type Relay, type RelayOptions } from '../src/index.ts'
import { serve } from '../src/serve.ts'
import { createWorkers } from '../src/workers/workers.ts'
import { dial, type Dialled } from './dial.ts'

export interface ServedRelay {
  readonly port: number
  readonly relay: Relay
  readonly store: Store
  readonly lines: { readonly event: string; readonly fields: LogFields }[]
  /** A device that was welcomed. */
  device(name: string, device: string): Promise<Dialled>
  counted(name: string): number
  stop(): Promise<void>
}

/** Stops by itself when the test is over. */
export async function served(
  options: Partial<RelayOptions> & {
    port?: number
    app?: string
    origins?: string[]
    loopbackOnly?: boolean
    trustProxy?: string[]
  } = {},
): Promise<ServedRelay> {
  const folder = mkdtempSync(join(tmpdir(), 'joinery-relay-'))
  const clock = options.clock ?? systemClock()
  const random = cryptoRandom()
  const lines: { event: string; fields: LogFields }[] = []
  const note = (event: string, fields: LogFields = {}): void => void lines.push({ event, fields })
  const log: Log = { info: note, warn: note, error: note }
  const store = options.store ?? sqliteStore({ file: join(folder, 'joinery.db') })
  const workers = createWorkers({ url: new URL('../src/main-worker.ts', import.meta.url), clock, log })
  const relay = createRelay({
    bus: memoryBus(),
    random,
    verify: verifyDevToken,
    gates: GATES,
    openToAll: true,
    log,
    scanLarge: workers.scan,
    join: workers.join,
    fold: workers.fold,
    version: workers.version,
    turn: () => new Promise(done => void setImmediate(done)),
    onFatal: error => note('fatal', { reason: String(error) }),
    ...options,
    clock,
    store,
  })
  const { port, stop: stopServing } = await serve({
    relay,
    store,
    ...(options.bus && { bus: options.bus }),
    clock,
    random,
    log,
    host: '127.0.0.1',
    port: options.port ?? 0,
    origins: options.origins ?? [],
    loopbackOnly: options.loopbackOnly ?? true,
    app: options.app === undefined ? undefined : folderFiles(options.app),
    trustProxy: options.trustProxy ?? [],
    limits: options.limits ?? {},
  })
  let stopped: Promise<void> | undefined
  const stop = (): Promise<void> =>
    (stopped ??= (async () => {
      await stopServing()
      await workers.close()
      rmSync(folder, { recursive: true, force: true })
    })())
  onTestFinished(stop)
  return {
    port,
    relay,
    store,
    lines,
    stop,
    device: (name, device) => dial(port, name, device),
    counted: name => relay.counters.read().get(name) ?? 0,
  }
}
