/** The relay's two kinds of thread: one that reads what somebody waits for, one that folds what nobody waits for. */
import type { Clock } from '@joinery/core'
import type { Leaving, UpdateParts } from '@joinery/core/gate'
import type { Fold } from '../compactor.ts'
import type { Scanned } from '../gate/gate.ts'
import type { Log } from '../log.ts'
import type { JoinElsewhere } from '../state/states.ts'
import type { JobResult } from './jobs.ts'
import { joinInTurns, parted, type Joined } from './joined.ts'
import { createPool } from './pool.ts'
import type { Replayed } from './replay.ts'
import type { Trial } from './trial.ts'

const READ = { threads: 2, timeoutMs: 10_000, memoryMb: 512, maxWaiting: 1_024 }
const TRY = { threads: 1, timeoutMs: 30_000, memoryMb: 1_024, maxWaiting: 4 }
/** A document that needs less than half of that is not at its limit. */
const TRY_EASILY = { threads: 1, timeoutMs: 15_000, memoryMb: 512, maxWaiting: 4 }
const FOLD = { threads: 1, timeoutMs: 30_000, memoryMb: 1_024, maxWaiting: 4 }

export interface Workers {
  readonly scan: (engine: string, bytes: Uint8Array) => Promise<Scanned>
  readonly join: JoinElsewhere
  readonly fold: Fold
  /** Within the budget of a fold. */
  readonly replay: (engine: string, updates: readonly Uint8Array[]) => Promise<Replayed>
  /** Whether these updates break their engine; undefined when this engine's are not tried. Rejects with TOO_LARGE when they break a budget. */
  readonly try: (
    engine: string,
    updates: readonly Uint8Array[],
    known: number,
    easily: boolean,
  ) => Promise<Trial | undefined>
  /** What is left of each update when it is voided; undefined when nothing is. */
  readonly empty: (
    engine: string,
    updates: readonly Uint8Array[],
    leaving: Leaving,
  ) => Promise<Uint8Array[] | undefined>
  /** Whether an update is built on another; true when that cannot be told. */
  readonly leans: (engine: string, update: Uint8Array, other: Uint8Array) => Promise<boolean>
  close(): Promise<void>
}

export function createWorkers(options: { readonly url: URL; readonly clock: Clock; readonly log: Log }): Workers {
  const joined = (pieces: readonly Uint8Array[]): Promise<Joined> =>
    joinInTurns(pieces, () => new Promise(resolve => void options.clock.after(0, resolve)))
  const reads = createPool({ ...options, ...READ })
  const folds = createPool({ ...options, ...FOLD })
  const trials = createPool({ ...options, ...TRY })
  const easyTrials = createPool({ ...options, ...TRY_EASILY })
  return {
    scan: async (engine, bytes) => scannedOf(await reads.run({ do: 'scan', engine, bytes })),
    join: async (updates, clocks) => partsOf(await reads.run({ do: 'join', ...(await joined(updates)), clocks })),
    fold: async (engine, updates, how = 'replay') =>
      snapshotOf(await folds.run({ do: 'fold', engine, how, ...(await joined(updates)) })),
    replay: async (engine, updates) =>
      replayedOf(await folds.run({ do: 'replay', engine, ...(await joined(updates)) })),
    try: async (engine, updates, known, easily) =>
      triedOf(await (easily ? easyTrials : trials).run({ do: 'try', engine, known, ...(await joined(updates)) })),
    empty: async (engine, updates, leaving) =>
      leftOf(await trials.run({ do: 'empty', engine, leaving, ...(await joined(updates)) })),
    leans: async (engine, update, other) =>
      leansOf(await trials.run({ do: 'lean', engine, ...(await joined([update, other])) })),
    async close() {
      await Promise.all([reads, folds, trials, easyTrials].map(pool => pool.close()))
    },
  }
}

function scannedOf(result: JobResult): Scanned {
  if ('scanned' in result) return result.scanned
  throw new Error('another answer than was asked for')
}

function partsOf(result: JobResult): UpdateParts {
  if ('parts' in result) return result.parts
  throw new Error('another answer than was asked for')
}

function snapshotOf(result: JobResult): Uint8Array | undefined {
  if ('snapshot' in result) return result.snapshot
  throw new Error('another answer than was asked for')
}

function triedOf(result: JobResult): Trial | undefined {
  if ('tried' in result) return result.tried
  throw new Error('another answer than was asked for')
}

function leansOf(result: JobResult): boolean {
  if ('leans' in result) return result.leans
  throw new Error('another answer than was asked for')
}

function leftOf(result: JobResult): Uint8Array[] | undefined {
  if ('left' in result) return result.left && parted(result.left)
  throw new Error('another answer than was asked for')
}

function replayedOf(result: JobResult): Replayed {
  if ('replayed' in result) return result.replayed
  throw new Error('another answer than was asked for')
}
