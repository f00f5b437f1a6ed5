/** Storage in memory: for tests, for devices that let nothing be kept, and on the disk of a simulated device. Laws: those of the port. */
import type { Storage } from '@joinery/core'
import { storageOver } from '../storage-over.ts'
import { turns } from '../turns.ts'
import type { MemoryDisk } from './memory/disk.ts'
import { draftOf, type Tables } from './memory/tables.ts'

export { memoryDisk, type DiskStep, type MemoryDisk, type MemoryDiskOptions } from './memory/disk.ts'

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
export function memoryStorage({ disk }: { readonly disk?: MemoryDisk } = {}): Storage {
  return disk?.open() ?? ownMemory()
}

function ownMemory(): Storage {
  let tables: Tables = {}
  const transactions = turns()
  return storageOver({
    async begin() {
      const giveBack = await transactions.take()
      const { access, changed } = draftOf(tables)
      return {
        access,
        async commit() {
          tables = changed()
          giveBack()
        },
        abort: async () => giveBack(),
      }
    },
    estimate: async () => ({ usage: undefined, quota: undefined, persisted: false }),
    persist: async () => false,
    close: async () => undefined,
    async remove() {
      tables = {}
    },
  })
}
