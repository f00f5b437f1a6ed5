/**
 * One transaction's operations as IndexedDB requests. Laws: what is asked at once is sent at once, and runs in the order asked; an operation
 * of several requests holds back those after it; the first that fails fails the whole.
 */
import {
  checkKey,
  copyPlain,
  JoineryError,
  type Key,
  type KeyRange,
  type Plain,
  type Row,
  type Table,
  type WriteTransaction,
} from '@joinery/core'
import { failureOf } from './failures.ts'
import { spanOf, type KeyMaker } from './key-span.ts'

type StoredKey = (string | number)[]
type Span = IDBKeyRange | undefined

export interface Operations {
  readonly face: WriteTransaction
  /** Resolves when all that was asked is done, and rejects with what failed. What is asked from now on is CLOSED. */
  end(): Promise<void>
}

export function operationsOn(transaction: IDBTransaction, tables: readonly Table[], keys: KeyMaker): Operations {
  const running = new Set<Promise<unknown>>()
  let ended = false
  let failure: JoineryError | undefined
  /** Set while an operation of several requests runs. */
  let barrier: Promise<unknown> | undefined
  const records = tables.some(table => 'getAllRecords' in transaction.objectStore(table))

  function operate<T>(
    table: Table,
    run: (store: IDBObjectStore) => Promise<T>,
    steps: 'one' | 'several' = 'one',
  ): Promise<T> {
    if (ended) return Promise.reject(new JoineryError('CLOSED'))
    const attempt = async (): Promise<T> => {
      if (failure !== undefined) throw failure
      if (!tables.includes(table)) throw new JoineryError('BAD_INPUT', { what: 'table', table })
      return run(transaction.objectStore(table))
    }
    const outcome = (barrier === undefined ? attempt() : barrier.then(attempt)).catch((error: unknown) => {
      failure ??= failureOf(error)
      throw failure
    })
    const settled: Promise<void> = outcome
      .then(
        () => undefined,
        () => undefined,
      )
      .then(() => {
        running.delete(settled)
        if (barrier === settled) barrier = undefined
      })
    running.add(settled)
    if (steps === 'several') barrier = settled
    return outcome
  }

  const face: WriteTransaction = {
    get: (table, key) => operate(table, store => answer<Plain | undefined>(store.get(keyOf(key)))),
    getMany: (table, many) =>
      operate(table, store => {
        const asked = many.map(keyOf)
        return Promise.all(asked.map(key => answer<Plain | undefined>(store.get(key))))
      }),
    range: (table, range) => {
      const several = range.reverse === true && range.limit !== undefined && !records
      return operate(table, store => rowsIn(store, range), several ? 'several' : 'one')
    },
    count: (table, range) =>
      operate(table, async store => {
        const span = spanOf(keys, range)
        const count = span === null ? 0 : await answer(store.count(span))
        return Math.min(count, range.limit ?? Infinity)
      }),
    put: (table, key, value) => {
      // Copied: a part of a larger buffer would be stored with all of it.
      const own = copyPlain(value)
      const ownKey = [...key]
      return operate(table, async store => void (await answer(store.put(own, keyOf(ownKey)))))
    },
    delete: (table, key) => operate(table, store => answer(store.delete(keyOf(key)))),
    deleteRange: (table, range) => {
      const some = range.limit !== undefined
      return operate(table, store => deleteIn(store, range), some ? 'several' : 'one')
    },
  }

  async function rowsIn(store: IDBObjectStore, range: KeyRange): Promise<Row[]> {
    const { reverse = false, limit } = range
    const span = spanOf(keys, range)
    // To IndexedDB a limit of 0 is none.
    if (span === null || limit === 0) return []
    if (records) {
      const query = {
        query: span ?? null,
        direction: reverse ? 'prev' : 'next',
        ...(limit && { count: limit }),
      } as const
      return (await answer((store as RecordStore).getAllRecords(query))).map(({ key, value }) => ({ key, value }))
    }
    const [found, values] = await Promise.all(
      reverse && limit !== undefined
        ? keysAndValues(store, await lastOf(store, span, limit))
        : keysAndValues(store, span, limit),
    )
    const rows = found.map((key, i) => ({ key, value: values[i] ?? null }))
    return reverse ? rows.toReversed() : rows
  }

  async function deleteIn(store: IDBObjectStore, range: KeyRange): Promise<void> {
    const { reverse = false, limit } = range
    const span = spanOf(keys, range)
    if (span === null || limit === 0) return
    const some = limit === undefined ? span : await (reverse ? lastOf : firstOf)(store, span, limit)
    await answer(some === undefined ? store.clear() : store.delete(some))
  }

  /** What holds the first `limit` rows of a span and no others. */
  async function firstOf(store: IDBObjectStore, span: Span, limit: number): Promise<Span> {
    const found = await answer(store.getAllKeys(span, limit))
    const [first, last] = [found[0], found.at(-1)]
    return first === undefined || last === undefined ? span : keys.IDBKeyRange.bound(first, last)
  }

  /** What holds the last `limit` rows of a span and no others. The cursor skips, where walking would cost a request for each row. */
  async function lastOf(store: IDBObjectStore, span: Span, limit: number): Promise<Span> {
    const request = store.openKeyCursor(span, 'prev')
    let cursor = await answer(request)
    if (cursor !== null && limit > 1) {
      cursor.advance(limit - 1)
      cursor = await answer(request)
    }
    // Fewer rows than that: all of them.
    if (cursor === null) return span
    const { IDBKeyRange: ranges } = keys
    return span?.upper === undefined
      ? ranges.lowerBound(cursor.key)
      : ranges.bound(cursor.key, span.upper, false, span.upperOpen)
  }

  return {
    face,
    async end() {
      ended = true
      while (running.size > 0) await Promise.all(running)
      if (failure !== undefined) throw failure
    },
  }
}

function answer<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
}

function keysAndValues(store: IDBObjectStore, span: Span, limit?: number): [Promise<StoredKey[]>, Promise<Plain[]>] {
  const found = answer(store.getAllKeys(span, limit)).then(keys => keys as StoredKey[])
  return [found, answer<Plain[]>(store.getAll(span, limit))]
}

/** Newer browsers give keys and values, either way, in one request. */
interface RecordStore extends IDBObjectStore {
  getAllRecords(options: {
    readonly query: IDBKeyRange | null
    readonly count?: number
    readonly direction: IDBCursorDirection
  }): IDBRequest<{ readonly key: StoredKey; readonly value: Plain }[]>
}

/** -0 and 0 are one key, also where a browser keeps their bits. */
function keyOf(key: Key): IDBValidKey {
  return checkKey(key).map(part => (part === 0 ? 0 : part))
}
