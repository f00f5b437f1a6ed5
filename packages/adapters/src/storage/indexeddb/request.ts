/** IndexedDB's requests as promises, and its failures as the port's. A promise settles inside the request's event, so its transaction lives. */
import { JoineryError, type Code } from '@joinery/core'

export function answer<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error ?? new Error('a request failed'))
  })
}

const CODE_BY_NAME: ReadonlyMap<string, Code> = new Map([
  ['QuotaExceededError', 'STORAGE_FULL'],
  // A table that the transaction did not name, or that is none.
  ['NotFoundError', 'BAD_INPUT'],
  ['ReadOnlyError', 'BAD_INPUT'],
  ['DataCloneError', 'BAD_INPUT'],
])

export function storageError(cause: unknown): JoineryError {
  if (cause instanceof JoineryError) return cause
  const name = cause instanceof Error || cause instanceof DOMException ? cause.name : 'unknown'
  return new JoineryError(CODE_BY_NAME.get(name) ?? 'STORAGE_UNAVAILABLE', { name }, { cause })
}
