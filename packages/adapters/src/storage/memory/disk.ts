/**
 * The disk of a simulated device. Laws: it tells `step` of everything it is about to do, so that whoever drives it decides what fails, how
 * long it takes and when a commit becomes durable; a crash loses the one transaction that has the write turn, or keeps it whole.
 */
import { JoineryError, type Storage, type StorageEstimate, type Table } from '@joinery/core'
import { storageOver } from '../../storage-over.ts'
import type { Operation } from '../../transaction-over.ts'
import { turns } from '../../turns.ts'
import { draftOf, type Tables } from './tables.ts'

export type DiskStep = 'begin' | Operation | 'commit'

export interface MemoryDiskOptions {
  /**
   * Called before each step of each transaction. What it throws or rejects with is what the step fails with, the whole transaction with
   * it; what it returns is waited for. At `commit` the transaction becomes durable, visible and reported once that resolves.
   */
  readonly step?: (step: DiskStep, table: Table | undefined) => void | Promise<void>
  /** What `estimate` and `persist` answer. */
  readonly estimate?: () => StorageEstimate
}

/** What outlives the process. Open storages on it are the tabs of one device. */
export interface MemoryDisk {
  /** A storage on this disk, as another tab or the next start of the app has it. */
  open(): Storage
  /**
   * The device dies at this instant: promises of its open storages never settle, and nothing they do reaches the disk any more. With
   * `keepCommit` a transaction that is at its `commit` step is kept all the same: written, but nobody was told.
   */
  crash(options?: { readonly keepCommit?: boolean }): void
  /** One tab dies, as in `crash`. The others go on. */
  kill(storage: Storage): void
  /** The platform throws everything away under the feet of open storages: they are CLOSED. */
  wipe(): void
  /** Another disk with what is durable now: a cloned device. */
  copy(options?: MemoryDiskOptions): MemoryDisk
}

/** `lost` fails what is on its way, `dead` hears nothing any more. */
type Connection = { state: 'open' | 'lost' | 'dead' }

/** Who has the write turn. */
interface Writing {
  readonly connection: Connection
  giveBack(): void
  /** What the disk will hold once the transaction's commit is through. */
  result: Tables | undefined
}

/**
 * The disk of a device, in memory.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { JoineryError } from '@joinery/core'
 * import { memoryDisk, memoryStorage } from '@joinery/adapters/storage/memory'
 *
 * let steps = 0
 * const disk = memoryDisk({
 *   step() {
 *     if (++steps === 3) throw new JoineryError('STORAGE_FULL')
 *   },
 * })
 * const put = () => memoryStorage({ disk }).write(['meta'], tx => tx.put('meta', ['a'], 1))
 * await assert.rejects(put(), { code: 'STORAGE_FULL' })
 * await put()
 * disk.crash()
 * assert.equal(await memoryStorage({ disk }).read(['meta'], tx => tx.get('meta', ['a'])), 1)
 * ```
 */
export function memoryDisk(options: MemoryDiskOptions = {}): MemoryDisk {
  return diskHolding({}, options)
}

function diskHolding(initial: Tables, options: MemoryDiskOptions): MemoryDisk {
  let tables = initial
  let queue = turns()
  let writing: Writing | undefined
  const connectionsByStorage = new Map<Storage, Connection>()

  /** Throws for a connection that lost its data; never settles for a dead one. */
  function standing({ state }: Connection): void | Promise<never> {
    if (state === 'lost') throw new JoineryError('CLOSED')
    if (state === 'dead') return new Promise<never>(() => undefined)
  }

  async function step(connection: Connection, name: DiskStep, table?: Table): Promise<void> {
    await standing(connection)
    try {
      await options.step?.(name, table)
    } catch (cause) {
      throw cause instanceof JoineryError ? cause : new JoineryError('STORAGE_UNAVAILABLE', { step: name }, { cause })
    }
    await standing(connection)
  }

  /** Resolves when no other write runs. A tab that died while it waited passes its turn on. */
  async function writeTurn(connection: Connection): Promise<Writing> {
    const asked = queue
    const pass = await asked.take()
    const turn: Writing = {
      connection,
      result: undefined,
      giveBack() {
        if (writing === turn) writing = undefined
        pass()
      },
    }
    if (connection.state === 'dead') pass()
    else if (asked === queue) writing = turn
    return turn
  }

  /** All that is open becomes `state`, and whoever opens the disk next begins afresh. */
  function end(state: 'lost' | 'dead'): void {
    for (const connection of connectionsByStorage.values()) connection.state = state
    connectionsByStorage.clear()
    queue = turns()
    writing = undefined
  }

  function wipe(): void {
    tables = {}
    end('lost')
  }

  function open(): Storage {
    const connection: Connection = { state: 'open' }
    const storage = storageOver({
      async begin(_, mode) {
        const turn = mode === 'readwrite' ? await writeTurn(connection) : undefined
        const abort = async (): Promise<void> => turn?.giveBack()
        await step(connection, 'begin').catch(async (error: unknown) => {
          await abort()
          throw error
        })
        const { access, changed } = draftOf(tables)
        return {
          access,
          before: (operation, table) => step(connection, operation, table),
          async commit() {
            if (turn === undefined) return
            turn.result = changed()
            await step(connection, 'commit')
            tables = turn.result
            turn.giveBack()
          },
          abort,
        }
      },
      estimate: async () => options.estimate?.() ?? { usage: undefined, quota: undefined, persisted: false },
      persist: async () => options.estimate?.().persisted ?? false,
      async close() {
        connectionsByStorage.delete(storage)
      },
      async remove() {
        const turn = await writeTurn(connection)
        if (connection.state === 'dead') await standing(connection)
        wipe()
        turn.giveBack()
      },
    })
    connectionsByStorage.set(storage, connection)
    return storage
  }

  return {
    open,
    crash({ keepCommit = false } = {}) {
      if (keepCommit && writing?.result !== undefined) tables = writing.result
      end('dead')
    },
    kill(storage) {
      const connection = connectionsByStorage.get(storage)
      if (connection === undefined) return
      connection.state = 'dead'
      connectionsByStorage.delete(storage)
      if (writing?.connection !== connection) return
      writing.giveBack()
      writing = undefined
    },
    wipe,
    copy: (other = {}) => diskHolding(tables, other),
  }
}
