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

  function operate<T>(table: Table, run: (store: IDBObjectStore) => Promise<T>, steps: 'one' | 'several' = 'one'): Promise<T> {
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
      const query = { query: span ?? null, direction: reverse ? 'prev' : 'next', ...(limit && { count: limit }) } as const
      return (await answer((store as RecordStore).getAllRecords(query))).map(({ key, value }) => row(key, value))
    }
    if (reverse && limit !== undefined) return lastRows(store, span, limit)
    const [found, values] = await Promise.all([
      answer(store.getAllKeys(span, limit)),
      answer<Plain[]>(store.getAll(span, limit)),
    ])
    const rows = found.map((key, i) => row(key, values[i] ?? null))
    return reverse ? rows.reverse() : rows
  }

  async function deleteIn(store: IDBObjectStore, range: KeyRange): Promise<void> {
    const span = spanOf(keys, range)
    if (span === null) return
    if (range.limit === undefined) {
      await answer(span === undefined ? store.clear() : store.delete(span))
      return
    }
    const rows = await rowsIn(store, range)
    await Promise.all(rows.map(({ key }) => answer(store.delete(keyOf(key)))))
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

function lastRows(store: IDBObjectStore, span: IDBKeyRange | undefined, limit: number): Promise<Row[]> {
  const rows: Row[] = []
  const request = store.openCursor(span, 'prev')
  return new Promise((resolve, reject) => {
    request.onerror = () => reject(request.error)
    request.onsuccess = () => {
      const cursor = request.result
      if (cursor !== null) rows.push(row(cursor.key, cursor.value as Plain))
      if (cursor === null || rows.length === limit) resolve(rows)
      else cursor.continue()
    }
  })
}

/** Newer browsers give keys and values, either way, in one request. */
interface RecordStore extends IDBObjectStore {
  getAllRecords(options: {
    readonly query: IDBKeyRange | null
    readonly count?: number
    readonly direction: IDBCursorDirection
  }): IDBRequest<{ readonly key: IDBValidKey; readonly value: Plain }[]>
}

function row(key: IDBValidKey, value: Plain): Row {
  return { key: key as (string | number)[], value }
}

function keyOf(key: Key): IDBValidKey {
  return [...checkKey(key)]
}
