/**
 * One transaction's operations as IndexedDB requests. Rows are stored as they are, each with its key inside, but for a table that holds
 * little else than keys. Law: what is asked at once is sent at once, but an operation that waits for requests holds back those after it.
 */
import type { Key, KeyRange, Plain, Row, Table } from '@joinery/core'
import type { TableAccess } from '../../transaction-over.ts'
import { failureOf } from './failures.ts'
import { spanOf, type KeyMaker } from './key-span.ts'

export function requestsOn(transaction: IDBTransaction, keys: KeyMaker): TableAccess {
  let last: Promise<unknown> = Promise.resolve()

  async function operate<T>(
    table: Table,
    run: (store: IDBObjectStore) => Promise<T>,
    several: boolean | undefined = false,
  ): Promise<T> {
    const outcome = last.then(() => run(transaction.objectStore(table)))
    if (several) last = outcome
    try {
      return await outcome
    } catch (error) {
      throw failureOf(error)
    }
  }

  async function rowsIn(store: IDBObjectStore, range: KeyRange): Promise<Row[]> {
    const { limit, reverse } = range
    const span = spanOf(keys, range)
    if (!reverse) return allOf(store, span, limit)
    return (await allOf(store, limit === undefined ? span : await lastOf(store, span, limit))).toReversed()
  }

  /** What holds the last `limit` rows of a span and no others. The cursor skips, where walking would cost a request for each row. */
  async function lastOf(store: IDBObjectStore, span: IDBKeyRange, limit: number): Promise<IDBKeyRange> {
    const request = store.openKeyCursor(span, 'prev')
    const newest = await answer(request)
    newest?.advance(limit)
    const before = newest && (await answer(request))
    // No more rows than that: all of them.
    return before ? keys.IDBKeyRange.bound(before.key, span.upper, true, true) : span
  }

  return {
    get: (table, key) =>
      operate(table, async store => {
        const found = await answer<unknown>(store.get(keyOf(key)))
        return (isBare(store) ? found : (found as Row | undefined)?.value) as Plain | undefined
      }),
    range: (table, range) => operate(table, store => rowsIn(store, range), range.reverse && range.limit !== undefined),
    count: (table, range) =>
      operate(table, async store => Math.min(await answer(store.count(spanOf(keys, range))), range.limit ?? Infinity)),
    put: (table, key, value) =>
      operate(
        table,
        async store =>
          void (await answer(isBare(store) ? store.put(value, keyOf(key)) : store.put({ key: keyOf(key), value }))),
      ),
    delete: (table, key) => operate(table, store => answer(store.delete(keyOf(key)))),
    deleteRange(table, range) {
      const some = range.limit !== undefined
      return operate(
        table,
        async store => {
          const spans = some ? (await rowsIn(store, range)).map(row => keyOf(row.key)) : [spanOf(keys, range)]
          await Promise.all(spans.map(span => answer(store.delete(span))))
        },
        some,
      )
    },
  }
}

/** Whether its rows are values, with their keys beside. */
function isBare(store: IDBObjectStore): boolean {
  return store.keyPath === null
}

async function allOf(store: IDBObjectStore, span: IDBKeyRange, limit?: number): Promise<Row[]> {
  if (!isBare(store)) return answer<Row[]>(store.getAll(span, limit))
  const [found, values] = await Promise.all([
    answer(store.getAllKeys(span, limit)),
    answer<Plain[]>(store.getAll(span, limit)),
  ])
  return found.map((key, at) => ({ key: key as unknown as Key, value: values[at] as Plain }))
}

export function answer<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
}

/** -0 and 0 are one key, also where a browser keeps their bits. */
function keyOf(key: Key): IDBValidKey {
  return key.map(part => (part === 0 ? 0 : part))
}
