/**
 * A transaction of which the writes are not waited for. Law, as the port's: they run in the order asked, before all reads asked later, and
 * one that fails fails the whole, which is where it is noticed.
 */
import type { Key, KeyRange, Plain, ReadTransaction, Table, WriteTransaction } from '@joinery/core'

export interface Tx extends ReadTransaction {
  put(table: Table, key: Key, value: Plain): void
  delete(table: Table, key: Key): void
  deleteRange(table: Table, range: KeyRange): void
}

export function unwaited(tx: WriteTransaction): Tx {
  const ask = (operation: Promise<void>): void => void operation.catch(() => undefined)
  return {
    get: (table, key) => tx.get(table, key),
    getMany: (table, keys) => tx.getMany(table, keys),
    range: (table, range) => tx.range(table, range),
    count: (table, range) => tx.count(table, range),
    put: (table, key, value) => ask(tx.put(table, key, value)),
    delete: (table, key) => ask(tx.delete(table, key)),
    deleteRange: (table, range) => ask(tx.deleteRange(table, range)),
  }
}
