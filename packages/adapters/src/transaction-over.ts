/**
 * What every storage has in common. Laws: a transaction's operations begin in the order asked; keys and table names are checked; the first
 * operation that fails fails the whole, and none begins after it.
 */
import {
  checkKey,
  checkPrefix,
  copyPlain,
  JoineryError,
  type Key,
  type KeyRange,
  type Plain,
  type Row,
  type Table,
  type WriteTransaction,
} from '@joinery/core'
import { askedWork } from './asked-work.ts'

type Outcome<T> = T | Promise<T>

/**
 * The tables as one transaction sees and changes them: an operation sees what those begun before it did. What `put` is given is nobody
 * else's; what comes out must be the caller's own.
 */
export interface TableAccess {
  get(table: Table, key: Key): Outcome<Plain | undefined>
  range(table: Table, range: KeyRange): Outcome<Row[]>
  count(table: Table, range: KeyRange): Outcome<number>
  put(table: Table, key: Key, value: Plain): Outcome<void>
  delete(table: Table, key: Key): Outcome<void>
  deleteRange(table: Table, range: KeyRange): Outcome<void>
}

export type Operation = keyof WriteTransaction

/** Called before each operation; what it throws or rejects with fails the operation. */
export type BeforeOperation = (operation: Operation, table: Table) => Outcome<void>

/**
 * Runs a transaction's body and resolves to its result once all it asked for is done. Rejects with what the body threw, or with the first
 * operation's failure, also when the body caught that.
 */
export async function runBody<T>(
  names: readonly Table[],
  access: TableAccess,
  body: (tx: WriteTransaction) => Promise<T>,
  before?: BeforeOperation,
): Promise<T> {
  const operations = askedWork()
  let failure: { readonly error: unknown } | undefined
  let last: Promise<void> = Promise.resolve()

  function operate<R>(operation: Operation, table: Table, run: () => Outcome<R>): Promise<R> {
    return operations.ask(async () => {
      const begun = last.then(() => {
        if (failure !== undefined) throw failure.error
        if (!names.includes(table)) throw new JoineryError('BAD_INPUT', { what: 'table', table })
        return before?.(operation, table)
      })
      last = begun
      try {
        await begun
        return await run()
      } catch (error) {
        failure ??= { error }
        throw error
      }
    })
  }

  const tx: WriteTransaction = {
    get: (table, key) => operate('get', table, () => access.get(table, checkKey(key))),
    getMany: (table, keys) =>
      operate('getMany', table, () => Promise.all(keys.map(async key => access.get(table, checkKey(key))))),
    range: (table, range) => operate('range', table, () => access.range(table, checkRange(range))),
    count: (table, range) => operate('count', table, () => access.count(table, checkRange(range))),
    put(table, key, value) {
      // Copied when asked, not when run: the caller may go on to change it.
      const [ownKey, ownValue] = [[...key], copyPlain(value)]
      return operate('put', table, () => access.put(table, checkKey(ownKey), ownValue))
    },
    delete: (table, key) => operate('delete', table, () => access.delete(table, checkKey(key))),
    deleteRange: (table, range) => operate('deleteRange', table, () => access.deleteRange(table, checkRange(range))),
  }

  let result: T | undefined
  try {
    result = await body(tx)
  } catch (error) {
    failure = { error }
  }
  await operations.close()
  if (failure !== undefined) throw failure.error
  return result as T
}

function checkRange(range: KeyRange): KeyRange {
  checkPrefix(range.prefix ?? [])
  for (const bound of [range.from, range.after, range.before]) if (bound !== undefined) checkKey(bound)
  return range
}
