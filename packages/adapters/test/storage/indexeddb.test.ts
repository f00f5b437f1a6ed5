// The IndexedDB storage keeps the port's laws, and says what is wrong when the browser does not let it.
import { JoineryError, type Storage } from '@joinery/core'
import { storageLaws } from '@joinery/core/testing'
import { IDBDatabase, IDBFactory, IDBKeyRange, IDBObjectStore, IDBTransaction } from 'fake-indexeddb'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { indexedDbStorage, type IndexedDbPlatform } from '../../src/storage/indexeddb.ts'

afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
})

for (const law of storageLaws) test(`[${law.rule}] ${law.title}`, () => law.check(place))

test('[C2] an operation of several requests is not overtaken by those asked after it', async () => {
  const storage = storageOn(freshPlatform())
  const keys = await storage.write(['log'], async tx => {
    for (let at = 0; at < 9; at++) void tx.put('log', [at], at)
    const last = tx.range('log', { reverse: true, limit: 2 })
    void tx.put('log', [9], 9)
    void tx.deleteRange('log', { limit: 3 })
    void tx.put('log', [0], 'again')
    const beforeLast = tx.range('log', { before: [9], reverse: true, limit: 2 })
    void tx.delete('log', [8])
    const left = tx.range('log', { limit: 3 })
    return (await Promise.all([last, beforeLast, left])).map(rows => rows.map(({ key }) => key[0]))
  })
  expect(keys).toEqual([
    [8, 7],
    [8, 7],
    [0, 3, 4],
  ])
})

describe('with a browser that fails', () => {
  for (const every of [2, 3, 5, 7, 11])
    test(`[CL-15] with every ${every}th operation failing, what was saved is there and what was not is not`, async () => {
      const platform = freshPlatform()
      let storage = storageOn(platform)
      await storage.write(['meta'], tx => tx.put('meta', ['start'], 0))
      failEvery(every)
      const saved = new Map<string, number>()
      let refused = 0
      for (let i = 0; i < 120; i++) {
        const name = `k${i % 10}`
        try {
          await storage.write(['meta', 'log'], async tx => {
            await tx.get('meta', [name])
            void tx.put('log', [name, 'first'], i)
            await tx.put('log', [name, 'second'], i)
          })
          saved.set(name, i)
        } catch (error) {
          refused += 1
          expect(error).toBeInstanceOf(JoineryError)
        }
        if (i % 40 === 39) {
          await storage.close()
          storage = storageOn(platform)
        }
      }
      vi.restoreAllMocks()
      expect(refused).toBeGreaterThan(0)
      const rows = await storage.read(['log'], tx => tx.range('log', {}))
      const kept = Object.fromEntries(rows.map(({ key, value }) => [key.join(' '), value]))
      const expected = [...saved].flatMap(([name, i]) => [
        [`${name} first`, i],
        [`${name} second`, i],
      ])
      expect(kept).toEqual(Object.fromEntries(expected))
    })

  test('[CL-02] a full disk is STORAGE_FULL, at a write or at the commit, and the next write may succeed', async () => {
    const storage = storageOn(freshPlatform())
    await put(storage, 1)
    const full = new DOMException('no room', 'QuotaExceededError')
    vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementationOnce(() => {
      throw full
    })
    await expect(put(storage, 2)).rejects.toMatchObject({ code: 'STORAGE_FULL' })
    vi.spyOn(IDBTransaction.prototype, 'commit').mockImplementationOnce(function (this: IDBTransaction) {
      Object.assign(this, { error: full })
      this.abort()
    })
    await expect(put(storage, 3)).rejects.toMatchObject({ code: 'STORAGE_FULL' })
    expect(await value(storage)).toBe(1)
    await put(storage, 4)
    expect(await value(storage)).toBe(4)
  })

  test('[CL-02] no IndexedDB, or one that may not be touched, is STORAGE_UNAVAILABLE', async () => {
    const denied: IndexedDbPlatform = {
      get indexedDB(): IDBFactory {
        throw new DOMException('denied', 'SecurityError')
      },
    }
    const closing = new IDBFactory()
    vi.spyOn(closing, 'open').mockImplementation(() => {
      throw new DOMException('private mode', 'InvalidStateError')
    })
    for (const platform of [{}, denied, { indexedDB: closing, IDBKeyRange }]) {
      const storage = storageOn(platform)
      await expect(put(storage, 1)).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' })
      expect(await storage.estimate()).toEqual({ usage: undefined, quota: undefined, persisted: false })
      expect(await storage.persist()).toBe(false)
      await storage.close()
    }
  })

  test('[CL-02] a database that another tab holds up is STORAGE_UNAVAILABLE in time, and opens when that tab is gone', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const platform = freshPlatform()
    const upgrading = openRaw(platform.indexedDB, 'joinery:notes:ann', 1)
    const other = await upgrading
    // A tab of an app that does not listen to `versionchange`, while another waits to upgrade.
    const waiting = platform.indexedDB.deleteDatabase('joinery:notes:ann')
    const storage = storageOn(platform)
    const refused = put(storage, 1).catch((error: unknown) => error)
    await vi.advanceTimersByTimeAsync(5_000)
    expect(await refused).toMatchObject({ code: 'STORAGE_UNAVAILABLE', details: { reason: 'blocked' } })
    other.close()
    await new Promise(resolve => waiting.addEventListener('success', resolve))
    await put(storage, 2)
    expect(await value(storage)).toBe(2)
  })

  test('[CL-02] a tab gives way to an upgrade or deletion elsewhere, and is CLOSED', async () => {
    const platform = freshPlatform()
    const storage = storageOn(platform)
    await put(storage, 1)
    const upgraded = await openRaw(platform.indexedDB, 'joinery:notes:ann', 2)
    await expect(put(storage, 2)).rejects.toMatchObject({ code: 'CLOSED' })
    upgraded.close()
    await expect(put(storageOn(platform), 3)).rejects.toMatchObject({
      code: 'VERSION',
      details: { reason: 'VersionError' },
    })
  })

  test('[CL-02] a connection that the browser dropped is opened again', async () => {
    const storage = storageOn(freshPlatform())
    await put(storage, 1)
    const begin = vi.spyOn(IDBDatabase.prototype, 'transaction')
    begin.mockImplementationOnce(() => {
      throw new DOMException('closing', 'InvalidStateError')
    })
    await put(storage, 2)
    expect(await value(storage)).toBe(2)
    begin.mockImplementation(() => {
      throw new DOMException('closing', 'InvalidStateError')
    })
    await expect(put(storage, 3)).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' })
    expect(begin.mock.calls.length).toBe(2 + 1 + 2)
    begin.mockRestore()
    await put(storage, 4)
    expect(await value(storage)).toBe(4)
  })

  test('[CL-02] when the data is gone on reopening, the tab is CLOSED and makes no empty database in its place', async () => {
    let indexedDB = new IDBFactory()
    const storage = storageOn({
      IDBKeyRange,
      get indexedDB() {
        return indexedDB
      },
    })
    await put(storage, 1)
    indexedDB = new IDBFactory()
    vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementationOnce(() => {
      throw new DOMException('closing', 'InvalidStateError')
    })
    await expect(put(storage, 2)).rejects.toMatchObject({ code: 'CLOSED' })
    await expect(put(storage, 3)).rejects.toMatchObject({ code: 'CLOSED' })
    expect(await indexedDB.databases()).toEqual([])
  })

  test('[S1] writes are strict, reads and writes take the tables they name', async () => {
    const storage = storageOn(freshPlatform())
    const begin = vi.spyOn(IDBDatabase.prototype, 'transaction')
    await put(storage, 1)
    expect(begin.mock.lastCall).toEqual([['meta'], 'readwrite', { durability: 'strict' }])
  })
})

test('[CL-16] after logout the browser has no database of that person, and keeps those of others', async () => {
  const platform = freshPlatform()
  const [ann, bob] = [storageOn(platform, 'ann@example.org'), storageOn(platform, 'bob/…')]
  await put(ann, 1)
  await put(bob, 2)
  await ann.destroy()
  const left = await platform.indexedDB.databases()
  expect(left.map(({ name }) => name)).toEqual(['joinery:notes:bob%2F%E2%80%A6'])
  expect(await value(bob)).toBe(2)
})

test('[CL-02] estimate and persist say what the browser says', async () => {
  const { indexedDB } = freshPlatform()
  const storage = {
    estimate: async () => ({ usage: 10, quota: 100 }),
    persisted: async () => true,
    persist: async () => true,
  }
  const kept = storageOn({ indexedDB, IDBKeyRange, navigator: { storage } })
  expect([await kept.estimate(), await kept.persist()]).toEqual([{ usage: 10, quota: 100, persisted: true }, true])
  const failing = { estimate: async () => Promise.reject(new Error('no')) }
  const unknown = storageOn({ indexedDB, IDBKeyRange, navigator: { storage: failing } })
  expect(await unknown.estimate()).toEqual({ usage: undefined, quota: undefined, persisted: false })
})

function place(): { open: () => Storage } {
  const platform = freshPlatform()
  return { open: () => storageOn(platform) }
}

function freshPlatform(): { indexedDB: IDBFactory; IDBKeyRange: typeof IDBKeyRange } {
  return { indexedDB: new IDBFactory(), IDBKeyRange }
}

function storageOn(platform: IndexedDbPlatform, user = 'ann'): Storage {
  return indexedDbStorage({ app: 'notes', user, platform })
}

function put(storage: Storage, at: number): Promise<void> {
  return storage.write(['meta'], tx => tx.put('meta', ['at'], at))
}

function value(storage: Storage): Promise<unknown> {
  return storage.read(['meta'], tx => tx.get('meta', ['at']))
}

function openRaw(indexedDB: IDBFactory, name: string, version: number): Promise<IDBDatabase> {
  const request = indexedDB.open(name, version)
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result))
    request.addEventListener('error', () => reject(request.error))
  })
}

/** Each nth operation of the browser fails: a request at once, a transaction later, a commit, the making of a transaction. */
function failEvery(n: number): void {
  let count = 0
  const due = (): boolean => ++count % n === 0
  const unknown = (): DOMException => new DOMException('of the disk', 'UnknownError')
  for (const name of ['get', 'put'] as const) {
    const original = IDBObjectStore.prototype[name]
    vi.spyOn(IDBObjectStore.prototype, name).mockImplementation(function (this: IDBObjectStore, ...args: unknown[]) {
      if (due()) throw unknown()
      const request = Reflect.apply(original, this, args) as IDBRequest
      if (due()) this.transaction.abort()
      return request
    })
  }
  const { commit } = IDBTransaction.prototype
  vi.spyOn(IDBTransaction.prototype, 'commit').mockImplementation(function (this: IDBTransaction) {
    if (due()) this.abort()
    else commit.call(this)
  })
  const { transaction } = IDBDatabase.prototype
  vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementation(function (this: IDBDatabase, ...args) {
    if (due()) throw unknown()
    return transaction.apply(this, args)
  })
}
