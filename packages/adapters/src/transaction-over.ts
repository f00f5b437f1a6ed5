/**
 * What every storage over synchronous tables has in common: a transaction's operations run one at a time in the order asked, keys and
 * table names are checked, and one that fails fails the whole.
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

/** The tables as one transaction sees and changes them. What `put` is given is nobody else's; what comes out must be the caller's own. */
export interface TableAccess {
  get(table: Table, key: Key): Plain | undefined
  range(table: Table, range: KeyRange): Row[]
  count(table: Table, range: KeyRange): number
  put(table: Table, key: Key, value: Plain): void
  delete(table: Table, key: Key): void
  deleteRange(table: Table, range: KeyRange): void
}

export type Operation = keyof WriteTransaction

/** Called before each operation; what it throws or rejects with fails the operation. */
export type BeforeOperation = (operation: Operation, table: Table) => void | Promise<void>

/**
 * Runs a transaction's body and resolves to its result once all it asked for is done. Rejects with what the body threw, or with the first
 * operation's failure, also when the body caught that.
 */
export async function runBody<T>(
  names: readonly Table[],
  access: TableAccess,
  body: (tx: WriteTransaction) => Promise<T>,
  before: BeforeOperation = () => undefined,
): Promise<T> {
  let ended = false
  let failure: { readonly error: unknown } | undefined
  let last: Promise<unknown> = Promise.resolve()

  function operate<R>(operation: Operation, table: Table, run: () => R): Promise<R> {
    if (ended) return Promise.reject(new JoineryError('CLOSED'))
    const outcome = last.then(async () => {
      if (failure !== undefined) throw failure.error
      if (!names.includes(table)) throw new JoineryError('BAD_INPUT', { what: 'table', table })
      await before(operation, table)
      return run()
    })
    last = outcome.catch((error: unknown) => {
      failure ??= { error }
    })
    return outcome
  }

  const tx: WriteTransaction = {
    get: (table, key) => operate('get', table, () => access.get(table, checkKey(key))),
    getMany: (table, keys) => operate('getMany', table, () => keys.map(key => access.get(table, checkKey(key)))),
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

  let result: T
  try {
    result = await body(tx)
  } finally {
    ended = true
  }
  await last
  if (failure !== undefined) throw failure.error
  return result
}

function checkRange(range: KeyRange): KeyRange {
  checkPrefix(range.prefix ?? [])
  for (const bound of [range.from, range.after, range.before]) if (bound !== undefined) checkKey(bound)
  return range
}
