/**
 * What commands on a data folder work on: the store itself, or, while a relay has it open, that relay. Law: there is one or the other, or a
 * sentence that says who is in the way; a folder without a relay's data is not made one.
 */
import { JoineryError, type Bus, type Clock, type Random, type Store } from '@joinery/core'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { verifyDevToken } from '../access/dev-tokens.ts'
import { GATES } from '../gate/table.ts'
import type { Counter } from '../hatch/calls.ts'
import { isAlone, throughHatch } from '../hatch/through-hatch.ts'
import type { Log } from '../log.ts'
import { createRelay } from '../relay.ts'
import { createWorkers, type Workers } from '../workers/workers.ts'
import type { DataPlace } from './data-folder.ts'
import type { OpenPostgres } from './postgres.ts'
import { nativeHash } from './native-hash.ts'
import { DATABASE } from './settings.ts'
import type { ThreadCode } from '../workers/pool.ts'

export interface CounterParts {
  readonly clock: Clock
  readonly random: Random
  readonly bus: Bus
  readonly openStore: (options: { readonly file: string; readonly lockTimeout: number }) => Store
  readonly openPostgres: OpenPostgres
  /** The file of the worker threads. */
  readonly workers: ThreadCode
  readonly turn: () => Promise<void>
}

export interface OpenCounter extends Counter {
  /** Whether it is a relay that runs, or may be. */
  readonly isRunning: boolean
  /** Engines run in these. */
  readonly workers: Workers
  close(): Promise<void>
}

const LOCK_MS = 500
const SILENT: Log = { info: () => undefined, warn: () => undefined, error: () => undefined }

/** Nobody has a Postgres to himself: relays that run are not asked, and need not be. */
async function openedPostgres(parts: CounterParts, url: string): Promise<OpenCounter> {
  const store = await parts.openPostgres({ url })
  const workers = createWorkers({ url: parts.workers, clock: parts.clock, log: SILENT })
  return { ...opened(parts, workers, store), isRunning: true, workers }
}

async function openCounter(parts: CounterParts, place: DataPlace): Promise<OpenCounter> {
  if ('url' in place) return openedPostgres(parts, place.url)
  const data = place.folder
  const file = join(data, DATABASE)
  if (!existsSync(file)) {
    throw new JoineryError('NOT_FOUND', { sentence: `There is no relay's data in ${data}: ${DATABASE} is not there.` })
  }
  const workers = createWorkers({ url: parts.workers, clock: parts.clock, log: SILENT })
  try {
    return { ...opened(parts, workers, parts.openStore({ file, lockTimeout: LOCK_MS })), workers }
  } catch (error) {
    const isLocked = error instanceof JoineryError && error.details['reason'] === 'locked'
    const relay = isLocked ? await running(data, file) : undefined
    if (relay === undefined) {
      await workers.close()
      throw error
    }
    return { ...relay, isRunning: true, workers, close: () => workers.close() }
  }
}

/** Does its work, and closes what it opened whatever came of it. */
export async function atCounter<T>(
  parts: CounterParts,
  place: DataPlace,
  work: (counter: OpenCounter) => Promise<T>,
): Promise<T> {
  const counter = await openCounter(parts, place)
  try {
    return await work(counter)
  } finally {
    await counter.close()
  }
}

/** Rejects when there is no such space. */
export async function headOf(
  counter: Pick<Counter, 'head'>,
  space: string,
): Promise<{ readonly epoch: string; readonly seq: number }> {
  const head = await counter.head(space)
  if (head === undefined) throw new JoineryError('BAD_INPUT', { sentence: `There is no space ${space}.` })
  return head
}

function opened(parts: CounterParts, workers: Workers, store: Store): Omit<OpenCounter, 'workers'> {
  // The relay's own code folds, and nobody connects to it.
  const relay = createRelay({
    ...parts,
    store,
    verify: verifyDevToken,
    gates: GATES,
    hash: nativeHash,
    fold: workers.fold,
    trials: workers,
    log: SILENT,
    onFatal: () => undefined,
  })
  return {
    ...counterOf(store, relay),
    isRunning: false,
    async close() {
      relay.close()
      await workers.close()
      await store.close()
    },
  }
}

/** What of a store and of a relay commands work with. */
export function counterOf(store: Store, { compact }: Pick<Counter, 'compact'>): Counter {
  return { ...store, compact }
}

async function running(data: string, file: string): Promise<Counter | undefined> {
  const relay = throughHatch(data)
  try {
    await relay.spaces('', 1)
    return relay
  } catch (error) {
    if (!isAlone(error)) throw error
    const sentence = `Another process has ${file} open and takes no commands: a relay of another version, or another program. Stop it first.`
    throw new JoineryError('UNAVAILABLE', { reason: 'locked', sentence }, { cause: error })
  }
}
