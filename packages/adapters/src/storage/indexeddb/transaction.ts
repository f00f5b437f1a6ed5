/**
 * Runs a body in one IndexedDB transaction. Laws: those of the port; and requests are made as soon as they are asked for, so that a body
 * which asks for many at once pays for one round trip. Only behind an operation of several steps do the next ones wait.
 */
import { JoineryError, type Table, type WriteTransaction } from '@joinery/core'
import { count, get, getMany, put, range, remove, removeRange, type Work } from './operations.ts'
import { storageError } from './request.ts'

/** Resolves to the body's result when the transaction is complete; rejects when nothing has changed. `tx` must be active. */
export async function runIn<T>(tx: IDBTransaction, body: (tx: WriteTransaction) => Promise<T>): Promise<T> {
  const over = ending(tx)
  let ended = false
  let failure: { readonly error: unknown } | undefined
  let steps: Promise<unknown> | undefined

  async function operate<R>(table: Table, ask: () => Work<R>): Promise<R> {
    if (ended) throw new JoineryError('CLOSED')
    try {
      const work = ask()
      const before = steps
      if (before === undefined && work.stepwise !== true) return await work.run(tx.objectStore(table))
      const outcome = before === undefined ? work.run(tx.objectStore(table)) : before.then(() => work.run(tx.objectStore(table)))
      steps = outcome.catch(() => undefined)
      return await outcome
    } catch (cause) {
      const error = storageError(cause)
      failure ??= { error }
      abort(tx)
      throw error
    }
  }

  /** An operation that nobody waits for fails the transaction, and is no unhandled rejection beside. */
  function operation<R>(table: Table, ask: () => Work<R>): Promise<R> {
    const outcome = operate(table, ask)
    outcome.catch(() => undefined)
    return outcome
  }

  let outcome: { readonly result: T } | { readonly thrown: unknown }
  try {
    outcome = {
      result: await body({
        get: (table, key) => operation(table, () => get(key)),
        getMany: (table, keys) => operation(table, () => getMany(keys)),
        range: (table, asked) => operation(table, () => range(asked)),
        count: (table, asked) => operation(table, () => count(asked)),
        put: (table, key, value) => operation(table, () => put(key, value)),
        delete: (table, key) => operation(table, () => remove(key)),
        deleteRange: (table, asked) => operation(table, () => removeRange(asked)),
      }),
    }
    ended = true
    // Saves the platform from finding out that no more requests come. Those asked for are still done, and one that fails undoes all.
    if (steps === undefined) commit(tx)
  } catch (thrown) {
    ended = true
    outcome = { thrown }
    abort(tx)
  }

  const end = await over
  if ('thrown' in outcome && outcome.thrown !== failure?.error) throw outcome.thrown
  // The platform's reason first: requests that it cut off say only that they were.
  if (end.aborted && end.error !== null) throw storageError(end.error)
  if (failure !== undefined) throw failure.error
  if (end.aborted || 'thrown' in outcome) throw new JoineryError('STORAGE_UNAVAILABLE', { name: 'AbortError' })
  return outcome.result
}

function ending(tx: IDBTransaction): Promise<{ readonly aborted: boolean; readonly error: DOMException | null }> {
  return new Promise(resolve => {
    tx.oncomplete = () => resolve({ aborted: false, error: null })
    tx.onabort = () => resolve({ aborted: true, error: tx.error })
  })
}

function commit(tx: IDBTransaction): void {
  try {
    tx.commit()
  } catch {
    // It is over already, and its end has been told.
  }
}

function abort(tx: IDBTransaction): void {
  try {
    tx.abort()
  } catch {
    // It is over already, and its end has been told.
  }
}
