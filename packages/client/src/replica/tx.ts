/**
 * A transaction as the jobs of a tab see it. Laws:
 * - Writes are not waited for. As the port's: they run in the order asked, before all reads asked later, and one that fails fails the
 *   whole, which is where it is noticed.
 * - What it tells is told after the commit, in order, before whoever asked goes on; what a run told that did not count is never told.
 */
import type { Key, KeyRange, Plain, ReadTransaction, Table, WriteTransaction } from '@joinery/core'
import type { NewsDesk } from '../news.ts'

export interface Tx extends ReadTransaction, Pick<NewsDesk, 'tell' | 'tellHere'> {
  put(table: Table, key: Key, value: Plain): void
  delete(table: Table, key: Key): void
  deleteRange(table: Table, range: KeyRange): void
}

/** `afterCommit` takes what is to be done then. */
export function jobTx(tx: WriteTransaction, news: NewsDesk, afterCommit: (run: () => void) => void): Tx {
  const ask = (operation: Promise<void>): void => void operation.catch(() => undefined)
  return {
    ...tx,
    put: (table, key, value) => ask(tx.put(table, key, value)),
    delete: (table, key) => ask(tx.delete(table, key)),
    deleteRange: (table, range) => ask(tx.deleteRange(table, range)),
    tell: item => afterCommit(() => news.tell(item)),
    tellHere: item => afterCommit(() => news.tellHere(item)),
  }
}
