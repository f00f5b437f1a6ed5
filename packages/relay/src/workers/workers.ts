/** The relay's kinds of thread: those that read what somebody waits for, those that fold and try what nobody waits for. */
import type { Clock } from '@joinery/core'
import type { Leaving } from '@joinery/core/gate'
import type { Fold } from '../compactor.ts'
import type { Named, ScanLarge } from '../gate/gate.ts'
import type { Log } from '../log.ts'
import type { JoinElsewhere } from '../state/states.ts'
import type { JobResult } from './jobs.ts'
import { joinInTurns, parted, type Joined } from './joined.ts'
import { unpacked, type PackedUpdate } from './packed.ts'
import { createPool, type ThreadCode } from './pool.ts'
import type { Replayed } from './replay.ts'
import type { Trial } from './trial.ts'

const READ = { threads: 2, timeoutMs: 10_000, memoryMb: 512, maxWaiting: 1_024 }
/** Of its own, so that whoever looks back delays nobody who writes. */
const VERSION = { threads: 1, timeoutMs: 10_000, memoryMb: 512, maxWaiting: 16 }
/** Folds and trials: one thread for both, as an engine in each of two holds tens of megabytes. */
const FOLD = { threads: 1, timeoutMs: 30_000, memoryMb: 1_024, maxWaiting: 8 }
/** A document that needs less than half of that is not at its limit. */
const TRY_EASILY = { threads: 1, timeoutMs: 15_000, memoryMb: 512, maxWaiting: 4 }

export interface Workers {
  readonly scan: ScanLarge
  readonly join: JoinElsewhere
  readonly fold: Fold
  /** The same for somebody who waits, within the budget of a reader. */
  readonly version: Fold
  /** Within the budget of a fold. */
  readonly replay: (engine: string, updates: readonly Uint8Array[]) => Promise<Replayed>
  /** What the document of these updates shows, as JSON; undefined when there is no such engine. Within the budget of a fold. */
  readonly read: (engine: string, updates: readonly Uint8Array[]) => Promise<string | undefined>
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

export function createWorkers(options: {
  readonly url: ThreadCode
  readonly clock: Clock
  readonly log: Log
}): Workers {
  const joined = (pieces: readonly Uint8Array[]): Promise<Joined> =>
    joinInTurns(pieces, () => new Promise(resolve => void options.clock.after(0, resolve)))
  const reads = createPool({ ...options, ...READ })
  const folds = createPool({ ...options, ...FOLD })
  const versions = createPool({ ...options, ...VERSION })
  const easyTrials = createPool({ ...options, ...TRY_EASILY })
  return {
    scan: async (engine, bytes, entry) =>
      scannedOf(await reads.run({ do: 'scan', engine, entry: named(entry), ...(await joined([bytes])) })),
    join: {
      join: async (updates, stateVector) =>
        unpacked(joinedOf(await reads.run({ do: 'join', stateVector, ...(await joined(updates)) }))),
      lacking: async (updates, update, clocks) =>
        lackingOf(await reads.run({ do: 'lack', clocks, ...(await joined([...updates, update])) })),
    },
    fold: async (engine, updates, how = 'replay') =>
      snapshotOf(await folds.run({ do: 'fold', engine, how, ...(await joined(updates)) })),
    version: async (engine, updates, how = 'replay') =>
      snapshotOf(await versions.run({ do: 'fold', engine, how, ...(await joined(updates)) })),
    replay: async (engine, updates) =>
      replayedOf(await folds.run({ do: 'replay', engine, ...(await joined(updates)) })),
    read: async (engine, updates) => shownOf(await folds.run({ do: 'read', engine, ...(await joined(updates)) })),
    try: async (engine, updates, known, easily) =>
      triedOf(await (easily ? easyTrials : folds).run({ do: 'try', engine, known, ...(await joined(updates)) })),
    empty: async (engine, updates, leaving) =>
      leftOf(await folds.run({ do: 'empty', engine, leaving, ...(await joined(updates)) })),
    leans: async (engine, update, other) =>
      leansOf(await folds.run({ do: 'lean', engine, ...(await joined([update, other])) })),
    async close() {
      await Promise.all([reads, folds, versions, easyTrials].map(pool => pool.close()))
    },
  }
}

/** And nothing else of it: what it is given, a thread copies. */
function named(entry: Named | undefined): Named | undefined {
  if (entry === undefined) return undefined
  const { type, document, kind, engine } = entry
  return { type, document, kind, engine }
}

function scannedOf(result: JobResult): Awaited<ReturnType<ScanLarge>> {
  if ('scanned' in result) return result.scanned
  throw new Error('another answer than was asked for')
}

function joinedOf(result: JobResult): PackedUpdate {
  if ('joined' in result) return result.joined
  throw new Error('another answer than was asked for')
}

function lackingOf(result: JobResult): Uint8Array | undefined {
  if ('lacking' in result) return result.lacking
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

function shownOf(result: JobResult): string | undefined {
  if ('shown' in result) return result.shown
  throw new Error('another answer than was asked for')
}

function replayedOf(result: JobResult): Replayed {
  if ('replayed' in result) return result.replayed
  throw new Error('another answer than was asked for')
}
