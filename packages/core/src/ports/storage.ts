/**
 * Port: what one device keeps for one (app, user): a set of ordered tables with transactions. Laws:
 * - `write` is atomic and isolated: a transaction sees either all of another or none; write transactions run one after the other, across
 *   tabs too. It resolves only when the change survives the process (strict durability); if the body throws or rejects, or one of its
 *   operations fails, whether the body minds or not, nothing changed. What the body threw is what the caller gets.
 * - A body awaits nothing but the transaction's own operations, and uses only the tables it named; what it asks for runs in the order
 *   asked. Operations are properties of the transaction itself, and may be taken off it. After its end it is CLOSED.
 * - Keys are non-empty lists of strings and finite numbers, compared part by part, numbers before strings, strings by UTF-16 code unit,
 *   a shorter list before a longer one that it begins. Anything else is BAD_INPUT.
 * - Values are `Plain` and come back equal and unshared; bytes come back as Uint8Array.
 * - Failures reject with STORAGE_FULL, STORAGE_UNAVAILABLE or CLOSED; a failed transaction may be tried again. What a newer app keeps in a
 *   form that this one does not know is left as it is: VERSION.
 * - Storages opened on the same data (tabs) see each other's writes. `close` lets what was asked before finish; what is asked after is
 *   CLOSED. When one storage destroys the data, the others are CLOSED.
 */
import type { Plain } from '../plain.ts'

export type Key = readonly (string | number)[]

/** The tables that every storage has. Fixed, so that no kind or index needs a schema upgrade on a device. */
export const TABLES = ['meta', 'documents', 'log', 'snapshots', 'outbox', 'rows', 'index', 'shelf', 'blobs'] as const
export type Table = (typeof TABLES)[number]

export interface Storage {
  read<T>(tables: readonly Table[], body: (tx: ReadTransaction) => Promise<T>): Promise<T>
  write<T>(tables: readonly Table[], body: (tx: WriteTransaction) => Promise<T>): Promise<T>
  /** Bytes used and allowed, as far as the platform tells, and whether it promised not to evict. */
  estimate(): Promise<StorageEstimate>
  /** Asks the platform to keep the data; resolves to whether it promised. */
  persist(): Promise<boolean>
  close(): Promise<void>
  /** Deletes everything, and resolves once nothing is left (CL-16). Closes first. */
  destroy(): Promise<void>
}

export interface StorageEstimate {
  readonly usage: number | undefined
  readonly quota: number | undefined
  readonly persisted: boolean
}

export interface ReadTransaction {
  get(table: Table, key: Key): Promise<Plain | undefined>
  /** Several at once, in the order asked: one request where the platform can. */
  getMany(table: Table, keys: readonly Key[]): Promise<(Plain | undefined)[]>
  range(table: Table, range: KeyRange): Promise<Row[]>
  count(table: Table, range: KeyRange): Promise<number>
}

export interface WriteTransaction extends ReadTransaction {
  put(table: Table, key: Key, value: Plain): Promise<void>
  delete(table: Table, key: Key): Promise<void>
  deleteRange(table: Table, range: KeyRange): Promise<void>
}

export interface Row {
  readonly key: Key
  readonly value: Plain
}

/**
 * All keys that begin with `prefix` (itself too), narrowed by the bounds (whole keys), in order or reversed, at most `limit`.
 * `from` and after it, `after` alone after it, `before` alone before it; of several bounds the narrower counts.
 */
export interface KeyRange {
  readonly prefix?: Key
  readonly after?: Key
  readonly from?: Key
  readonly before?: Key
  readonly reverse?: boolean
  readonly limit?: number
}
