/**
 * The port's operations on one object store. Each takes its arguments at once (checked, and copied where the caller may go on to change
 * them) and gives what is to be run on the store.
 */
import { copyPlain, type Key, type KeyRange, type Plain, type Row } from '@joinery/core'
import { boundsOf, fromKeyOn, ownKey, type Bounds } from './key-range.ts'
import { answer } from './request.ts'

/** Runs on a store whose transaction is active. Unless it is `stepwise`, it makes all its requests at once. */
export interface Work<T> {
  readonly stepwise?: boolean
  run(store: IDBObjectStore): Promise<T>
}

/** The most that IndexedDB can be asked for; more is all. */
const MOST = 2 ** 32 - 1

export function get(key: Key): Work<Plain | undefined> {
  const own = ownKey(key)
  return { run: store => answer<Plain | undefined>(store.get(own)) }
}

export function getMany(keys: readonly Key[]): Work<(Plain | undefined)[]> {
  const own = keys.map(ownKey)
  return { run: store => Promise.all(own.map(key => answer<Plain | undefined>(store.get(key)))) }
}

export function put(key: Key, value: Plain): Work<void> {
  // Copied although IndexedDB copies too: it would keep all of a buffer of which the bytes are a part.
  const [ownedKey, ownedValue] = [ownKey(key), copyPlain(value)]
  return { run: async store => void (await answer(store.put(ownedValue, ownedKey))) }
}

export function remove(key: Key): Work<void> {
  const own = ownKey(key)
  return { run: store => answer(store.delete(own)) }
}

export function range(asked: KeyRange): Work<Row[]> {
  const bounds = boundsOf(asked)
  const limit = limitOf(asked)
  if (bounds === 'nothing' || limit < 1) return { run: async () => [] }
  if (!asked.reverse) return { run: store => rows(store, bounds, limit) }
  return {
    stepwise: limit < MOST,
    async run(store) {
      const last = limit < MOST ? await lastOf(store, bounds, limit) : bounds
      return (await rows(store, last, MOST)).toReversed()
    },
  }
}

export function count(asked: KeyRange): Work<number> {
  const bounds = boundsOf(asked)
  const limit = limitOf(asked)
  if (bounds === 'nothing' || limit < 1) return { run: async () => 0 }
  return { run: async store => Math.min(limit, await answer(store.count(bounds))) }
}

export function removeRange(asked: KeyRange): Work<void> {
  const bounds = boundsOf(asked)
  const limit = limitOf(asked)
  if (bounds === 'nothing' || limit < 1) return { run: async () => undefined }
  if (limit === MOST) return { run: store => answer(bounds === undefined ? store.clear() : store.delete(bounds)) }
  return {
    stepwise: true,
    async run(store) {
      const some = await (asked.reverse ? lastOf(store, bounds, limit) : firstOf(store, bounds, limit))
      await answer(some === undefined ? store.clear() : store.delete(some))
    },
  }
}

async function rows(store: IDBObjectStore, bounds: Bounds, limit: number): Promise<Row[]> {
  const most = limit < MOST ? limit : undefined
  const [keys, values] = await Promise.all([
    answer(store.getAllKeys(bounds, most) as IDBRequest<unknown> as IDBRequest<Key[]>),
    answer<Plain[]>(store.getAll(bounds, most)),
  ])
  return keys.map((key, at) => ({ key, value: values[at] as Plain }))
}

/** The bounds of the first `limit` rows. */
async function firstOf(store: IDBObjectStore, bounds: Bounds, limit: number): Promise<Bounds> {
  const keys = await answer(store.getAllKeys(bounds, limit))
  const [first, last] = [keys[0], keys.at(-1)]
  return first === undefined || last === undefined ? bounds : IDBKeyRange.bound(first, last)
}

/** The bounds of the last `limit` rows, in two requests: the cursor skips, where walking would cost a request for each row. */
async function lastOf(store: IDBObjectStore, bounds: Bounds, limit: number): Promise<Bounds> {
  const request = store.openKeyCursor(bounds, 'prev')
  let cursor = await answer(request)
  if (cursor !== null && limit > 1) {
    cursor.advance(limit - 1)
    cursor = await answer(request)
  }
  // Fewer rows than that: all of them.
  return cursor === null ? bounds : fromKeyOn(bounds, cursor.key)
}

function limitOf({ limit = MOST }: KeyRange): number {
  return Math.min(MOST, Math.ceil(limit))
}
