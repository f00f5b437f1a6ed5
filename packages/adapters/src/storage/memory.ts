/**
 * Storage in memory: for tests, for devices that let nothing be kept, and as the disk of a simulated device. Laws: those of the port;
 * and a disk tells `step` of everything it is about to do, so that whoever drives it decides what fails, how long it takes and when a
 * commit becomes durable. A write holds the only write slot until then, so a crash loses that one transaction or keeps it whole.
 */
import { JoineryError, type Storage, type StorageEstimate, type Table } from '@joinery/core'
import { askedWork } from '../asked-work.ts'
import { runBody, type Operation } from '../transaction-over.ts'
import { turns, type Turns } from '../turns.ts'
import { memoryTables, type Tables } from './memory/memory-tables.ts'

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

interface Writing {
  readonly connection: Connection
  readonly giveBack: () => void
  /** What the disk will hold once the transaction's commit is through. */
  result: Tables | undefined
}

/**
 * A storage in memory. On a disk of its own it is gone with its last holder; on a given one it is a tab of that device.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { memoryStorage } from '@joinery/adapters/storage/memory'
 *
 * const storage = memoryStorage()
 * await storage.write(['meta'], tx => tx.put('meta', ['device'], 'd1'))
 * assert.equal(await storage.read(['meta'], tx => tx.get('meta', ['device'])), 'd1')
 * ```
 */
export function memoryStorage(options: { readonly disk?: MemoryDisk } = {}): Storage {
  return (options.disk ?? memoryDisk()).open()
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
  return diskHolding(new Map(), options)
}

function diskHolding(initial: Tables, options: MemoryDiskOptions): MemoryDisk {
  let tables = initial
  let writers: Turns = turns()
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

  /** Runs `work` while no other write runs. A tab that died while it waited passes its turn on. */
  async function inTurn<T>(connection: Connection, work: (turn: Writing) => Promise<T>): Promise<T> {
    const queue = writers
    const turn: Writing = { connection, giveBack: await queue.take(), result: undefined }
    if (connection.state === 'dead') turn.giveBack()
    else if (queue === writers) writing = turn
    try {
      return await work(turn)
    } finally {
      if (writing === turn) writing = undefined
      turn.giveBack()
    }
  }

  /** All that is open becomes `state`, and whoever opens the disk next begins afresh. */
  function end(state: 'lost' | 'dead'): void {
    for (const connection of connectionsByStorage.values()) connection.state = state
    connectionsByStorage.clear()
    writers = turns()
    writing = undefined
  }

  function open(): Storage {
    const connection: Connection = { state: 'open' }
    const work = askedWork()

    const storage: Storage = {
      read: (names, body) =>
        work.ask(async () => {
          await step(connection, 'begin')
          const { access } = memoryTables(tables)
          return runBody(names, access, body, (operation, table) => step(connection, operation, table))
        }),
      write: (names, body) =>
        work.ask(() =>
          inTurn(connection, async turn => {
            await step(connection, 'begin')
            const { access, changed } = memoryTables(tables)
            const result = await runBody(names, access, body, (operation, table) => step(connection, operation, table))
            turn.result = changed()
            await step(connection, 'commit')
            tables = turn.result
            return result
          }),
        ),
      estimate: async () => options.estimate?.() ?? { usage: undefined, quota: undefined, persisted: false },
      persist: async () => options.estimate?.().persisted ?? false,
      async close() {
        await work.close()
        connectionsByStorage.delete(storage)
      },
      async destroy() {
        await storage.close()
        await inTurn(connection, async () => {
          if (connection.state === 'dead') await standing(connection)
          tables = new Map()
          end('lost')
        })
      },
    }
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
    wipe() {
      tables = new Map()
      end('lost')
    },
    copy: (other = {}) => diskHolding(tables, other),
  }
}
