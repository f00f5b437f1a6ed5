// The memory store keeps the port's laws, and its disk loses exactly what whoever drives it says.
import { describe, expect, test } from 'vitest'
import { JoineryError } from '../../src/errors.ts'
import { digestOf } from '../../src/digest.ts'
import type { CommittedSpace, Store } from '../../src/ports/store.ts'
import { diskBroke } from '../../src/testing/disk-broke.ts'
import { memoryStore, storeDisk, type StoreDisk, type StoreStep } from '../../src/testing/memory-store.ts'
import { storeLaws } from '../../src/testing/store-laws.ts'

for (const law of storeLaws) test(`[${law.rule}] ${law.title}`, () => law.check(() => storeDisk()))

describe('the disk', () => {
  test('[S1] a change is reported and visible once it is durable, and not before those that it follows', async () => {
    const { disk, flush } = pausedDisk()
    const store = memoryStore({ disk })
    const told: number[] = []
    const writes = [1, 2, 3].map(n => write(store, n).then(() => told.push(n)))
    await until(() => disk.unsaved === 3)
    flush(2)
    flush(1)
    await settled()
    expect([told, (await store.head('a'))?.seq]).toEqual([[], undefined])
    flush(0)
    await Promise.all(writes)
    expect([told, (await store.head('a'))?.seq, disk.unsaved]).toEqual([[1, 2, 3], 3, 0])
  })

  test('[S1] a crash keeps what is durable and a prefix of what is not, and the dead hear nothing', async () => {
    for (const keep of [0, 1, 2, 3]) {
      const { disk, flush } = pausedDisk()
      const store = memoryStore({ disk })
      const told: string[] = []
      const first = write(store, 1)
      await until(() => disk.unsaved === 1)
      flush(0)
      await first
      for (const n of [2, 3, 4])
        void write(store, n).then(
          () => told.push('written'),
          () => told.push('refused'),
        )
      await until(() => disk.unsaved === 3)
      disk.crash(keep)
      flush(1)
      flush(2)
      flush(3)
      void store.head('a').then(() => told.push('read'))
      const next = memoryStore({ disk })
      const { entries, seq } = await next.read('a', 0, 1_000_000)
      expect(entries.map(({ n }) => n)).toEqual([1, 2, 3, 4].slice(0, keep + 1))
      expect(seq).toBe(keep + 1)
      const after = write(next, 5)
      await until(() => disk.unsaved === 1)
      flush(4)
      expect((await after)?.outcomes).toEqual([{ outcome: 'written', seq: keep + 2 }])
      expect(told).toEqual([])
    }
  })

  test('[R4] a space whose making was lost gets another epoch', async () => {
    const { disk, flush } = pausedDisk()
    void memoryStore({ disk }).admit('a', 'ann', 'owner')
    await until(() => disk.unsaved === 1)
    disk.crash(0)
    const store = memoryStore({ disk })
    const admitting = store.admit('a', 'ann', 'owner')
    await until(() => disk.unsaved === 1)
    flush(1)
    await admitting
    expect((await store.head('a'))?.epoch).toBe('epoch-2')
  })

  test('[DU-05] a full disk refuses with QUOTA, writes nothing, and is read as before', async () => {
    const { disk, fail } = failingDisk()
    const store = memoryStore({ disk })
    await write(store, 1)
    fail('write', new JoineryError('QUOTA'))
    await expect(write(store, 2)).rejects.toMatchObject({ code: 'QUOTA' })
    expect((await store.head('a'))?.seq).toBe(1)
    fail('write', undefined)
    await write(store, 2)
    expect((await store.head('a'))?.seq).toBe(2)
  })

  test('[S1] a commit may be refused although it was written', async () => {
    const { disk, fail } = failingDisk()
    const store = memoryStore({ disk })
    fail('flush', new Error('the connection broke after COMMIT'))
    await expect(write(store, 1)).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    expect((await store.named('a', 'phone', 1))?.seq).toBe(1)
    fail('flush', undefined)
    expect((await write(store, 1))?.outcomes).toEqual([{ outcome: 'known', seq: 1 }])
  })

  test('[DU-12] a load that fails rejects', async () => {
    const { disk, fail } = failingDisk()
    const store = memoryStore({ disk })
    await write(store, 1)
    fail('read', new Error('EIO'))
    await expect(store.body('a', 'd')).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    await expect(store.document('a', 'd')).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  })

  test('[S5] once the disk broke, everything is refused until the crash, which decides about the rest', async () => {
    for (const keep of [0, 1]) {
      const { disk, fail } = failingDisk()
      const store = memoryStore({ disk })
      await write(store, 1)
      fail('flush', diskBroke())
      await expect(write(store, 2)).rejects.toMatchObject({ details: { fatal: true } })
      fail('flush', undefined)
      await expect(store.head('a')).rejects.toMatchObject({ details: { fatal: true } })
      await expect(write(store, 3)).rejects.toMatchObject({ details: { fatal: true } })
      disk.crash(keep)
      expect((await memoryStore({ disk }).head('a'))?.seq).toBe(1 + keep)
    }
  })

  test('[R4] a copy is a backup: what came after it is not in it', async () => {
    const disk = storeDisk()
    await write(memoryStore({ disk }), 1)
    const backup = disk.copy()
    await write(memoryStore({ disk }), 2)
    expect((await memoryStore({ disk: backup }).head('a'))?.seq).toBe(1)
    await write(memoryStore({ disk: backup }), 3)
    expect((await memoryStore({ disk }).head('a'))?.seq).toBe(2)
  })
})

async function write(store: Store, n: number): Promise<CommittedSpace | undefined> {
  const bytes = new Uint8Array([n])
  const { seq: basedOn = 0 } = (await store.document('a', `d${n}`)) ?? {}
  const entry = { document: `d${n}`, kind: 'note', engine: 'yjs', at: 0, device: 'phone', subject: 'ann', authors: [] }
  const [committed] = await store.commit([
    { space: 'a', entries: [{ ...entry, type: 'update', n, bytes, digest: digestOf(bytes), basedOn }] },
  ])
  return committed
}

/** A disk whose flushes wait, each for its number. */
function pausedDisk(): { disk: StoreDisk; flush: (index: number) => void } {
  const waiting: (() => void)[] = []
  const step = (name: StoreStep): void | Promise<void> =>
    name === 'flush' ? new Promise(resolve => waiting.push(resolve)) : undefined
  return { disk: storeDisk({ step }), flush: index => waiting[index]?.() }
}

function failingDisk(): { disk: StoreDisk; fail: (step: StoreStep, error: Error | undefined) => void } {
  const failures = new Map<StoreStep, Error | undefined>()
  const disk = storeDisk({
    step(name) {
      const error = failures.get(name)
      if (error !== undefined) throw error
    },
  })
  return { disk, fail: (step, error) => failures.set(step, error) }
}

/** Everything that can happen without a timer has happened. */
async function settled(): Promise<void> {
  for (let i = 0; i < 50; i++) await Promise.resolve()
}

async function until(reached: () => boolean): Promise<void> {
  for (let i = 0; i < 1_000 && !reached(); i++) await Promise.resolve()
  expect(reached()).toBe(true)
}
