/** The relay's two kinds of thread: one that reads what somebody waits for, one that folds what nobody waits for. */
import type { Clock } from '@joinery/core'
import type { UpdateParts } from '@joinery/core/gate'
import type { Fold } from '../compactor.ts'
import type { Scanned } from '../gate/gate.ts'
import type { Log } from '../log.ts'
import type { JoinElsewhere } from '../state/states.ts'
import type { JobResult } from './jobs.ts'
import { join } from './joined.ts'
import { createPool } from './pool.ts'

const READ = { threads: 2, timeoutMs: 10_000, memoryMb: 512, maxWaiting: 1_024 }
const FOLD = { threads: 1, timeoutMs: 30_000, memoryMb: 1_024, maxWaiting: 4 }

export interface Workers {
  readonly scan: (engine: string, bytes: Uint8Array) => Promise<Scanned>
  readonly join: JoinElsewhere
  readonly fold: Fold
  close(): Promise<void>
}

export function createWorkers(options: { readonly url: URL; readonly clock: Clock; readonly log: Log }): Workers {
  const reads = createPool({ ...options, ...READ })
  const folds = createPool({ ...options, ...FOLD })
  return {
    scan: async (engine, bytes) => scannedOf(await reads.run({ do: 'scan', engine, bytes })),
    join: async updates => partsOf(await reads.run({ do: 'join', ...join(updates) })),
    fold: async (engine, updates, how = 'replay') =>
      snapshotOf(await folds.run({ do: 'fold', engine, how, ...join(updates) })),
    async close() {
      await Promise.all([reads.close(), folds.close()])
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
