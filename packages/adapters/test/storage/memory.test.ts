// The memory storage keeps the port's laws, and its disk does what whoever drives it says.
import { JoineryError, type Storage } from '@joinery/core'
import { storageLaws } from '@joinery/core/testing'
import { describe, expect, test } from 'vitest'
import { memoryDisk, memoryStorage, type DiskStep, type MemoryDisk } from '../../src/storage/memory.ts'

for (const law of storageLaws) test(`[${law.rule}] ${law.title}`, () => law.check(() => memoryDisk()))

test('[CR-16] a hundred thousand rows written in any order stand in theirs', { timeout: 30_000 }, async () => {
  const storage = memoryStorage()
  for (let i = 0; i < 1_000; i++)
    await storage.write(['rows'], async tx => {
      for (let j = 0; j < 100; j++) await tx.put('rows', [((i * 100 + j) * 7919) % 100_000], i)
    })
  const keys = await storage.read(['rows'], tx => tx.range('rows', {}))
  expect(keys.map(row => row.key[0])).toEqual(Array.from({ length: 100_000 }, (_, i) => i))
})

describe('the disk', () => {
  test('[CL-15] whichever step fails, the transaction fails whole and can be tried again', async () => {
    let count = 0
    let failAt = 0
    const steps: DiskStep[] = []
    const disk = memoryDisk({
      step(step) {
        steps.push(step)
        if (++count === failAt) throw new JoineryError('STORAGE_FULL')
      },
    })
    const storage = memoryStorage({ disk })
    const move = (to: number): Promise<void> =>
      storage.write(['meta', 'log'], async tx => {
        await tx.put('meta', ['at'], to)
        await tx.range('log', {})
        await tx.put('log', [to], to)
      })
    await move(0)
    expect(steps).toEqual(['begin', 'put', 'range', 'put', 'commit'])
    for (let step = 1; step <= 5; step++) {
      count = 0
      failAt = step
      await expect(move(step)).rejects.toMatchObject({ code: 'STORAGE_FULL' })
      failAt = 0
      expect(await state(storage)).toEqual([step - 1, step])
      await move(step)
      expect(await state(storage)).toEqual([step, step + 1])
    }
  })

  test('[CL-02] what the driver throws is told as STORAGE_UNAVAILABLE, its own codes as they are', async () => {
    const disk = memoryDisk({ step: async () => Promise.reject(new Error('EIO')) })
    await expect(put(memoryStorage({ disk }), 1)).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' })
  })

  test('[S1] a write is durable, visible and reported when its commit step is through', async () => {
    const { disk, through, reached } = pausedAtCommit()
    const storage = memoryStorage({ disk })
    let reported = false
    const writing = put(storage, 1).then(() => (reported = true))
    await reached()
    expect(await state(storage)).toEqual([undefined, 0])
    expect(reported).toBe(false)
    through()
    await writing
    expect(await state(storage)).toEqual([1, 0])
  })

  test('[CL-15] a crash loses the write that was not durable and keeps those that were', async () => {
    const { disk, through, reached } = pausedAtCommit()
    const first = memoryStorage({ disk })
    const durable = put(first, 1)
    await reached()
    through()
    await durable
    const ghosts: string[] = []
    const lost = put(first, 2)
    const queued = put(memoryStorage({ disk }), 3)
    for (const promise of [lost, queued])
      void promise.then(
        () => ghosts.push('told'),
        () => ghosts.push('told'),
      )
    await reached()
    disk.crash()
    void first.read(['meta'], tx => tx.get('meta', ['at'])).then(() => ghosts.push('read'))
    through()
    const next = memoryStorage({ disk })
    expect(await state(next)).toEqual([1, 0])
    const after = put(next, 4)
    await reached()
    through()
    await after
    expect(await state(next)).toEqual([4, 0])
    expect(ghosts).toEqual([])
  })

  test('[CL-15] a crash may keep the write that was at its commit', async () => {
    const { disk, reached } = pausedAtCommit()
    void put(memoryStorage({ disk }), 2)
    await reached()
    disk.crash({ keepCommit: true })
    expect(await state(memoryStorage({ disk }))).toEqual([2, 0])
    disk.crash({ keepCommit: true })
    expect(await state(memoryStorage({ disk }))).toEqual([2, 0])
  })

  test('[C3] a tab that dies in the middle of a write, or waiting for one, holds up no other', async () => {
    const { disk, through, reached } = pausedAtCommit()
    const [dying, waiting, living] = [memoryStorage({ disk }), memoryStorage({ disk }), memoryStorage({ disk })]
    void put(dying, 1)
    void put(waiting, 2)
    const write = put(living, 3)
    await reached()
    disk.kill(dying)
    disk.kill(waiting)
    await reached()
    through()
    await write
    expect(await state(living)).toEqual([3, 0])
  })

  test('[CL-02] data taken away under an open tab closes it, and a write on its way is not kept', async () => {
    const { disk, through, reached } = pausedAtCommit()
    const storage = memoryStorage({ disk })
    const writing = put(storage, 1)
    await reached()
    disk.wipe()
    through()
    await expect(writing).rejects.toMatchObject({ code: 'CLOSED' })
    await expect(put(storage, 2)).rejects.toMatchObject({ code: 'CLOSED' })
    expect(await state(memoryStorage({ disk }))).toEqual([undefined, 0])
  })

  test('[S4] a copied disk is another device from then on', async () => {
    const disk = memoryDisk()
    await put(memoryStorage({ disk }), 1)
    const clone = disk.copy()
    await put(memoryStorage({ disk: clone }), 2)
    expect(await state(memoryStorage({ disk }))).toEqual([1, 0])
    expect(await state(memoryStorage({ disk: clone }))).toEqual([2, 0])
  })
})

function put(storage: Storage, at: number): Promise<void> {
  return storage.write(['meta'], tx => tx.put('meta', ['at'], at))
}

function state(storage: Storage): Promise<unknown[]> {
  return storage.read(['meta', 'log'], async tx => [await tx.get('meta', ['at']), await tx.count('log', {})])
}

/** A disk whose commits wait for `through`; `reached` resolves when one has got that far. */
function pausedAtCommit(): { disk: MemoryDisk; through: () => void; reached: () => Promise<void> } {
  let arrived: (() => void) | undefined
  let here = 0
  let through = (): void => undefined
  const disk = memoryDisk({
    step(step) {
      if (step !== 'commit') return
      here += 1
      arrived?.()
      return new Promise(resolve => (through = resolve))
    },
  })
  return {
    disk,
    through: () => through(),
    async reached() {
      if (here === 0) await new Promise<void>(resolve => (arrived = resolve))
      here -= 1
    },
  }
}
