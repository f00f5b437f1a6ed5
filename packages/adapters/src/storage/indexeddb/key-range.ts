/**
 * The port's keys and ranges as IndexedDB's, which orders arrays as the port does: numbers before strings, the shorter first.
 * An array comes after every string, so `[...prefix, []]` stands after all keys that begin with `prefix`.
 */
import { checkKey, checkPrefix, type Key, type KeyRange } from '@joinery/core'

interface Lower {
  readonly key: IDBValidKey
  readonly open: boolean
}

/** Bounds of a range: none, or IndexedDB's. */
export type Bounds = IDBKeyRange | undefined

/** A copy, since a request that waits outlives the call. -0 and 0 are one key, also where a browser stores their bits. */
export function ownKey(key: Key): IDBValidKey[] {
  return checkKey(key).map(plus)
}

/** The bounds of a range, or 'nothing' if no key can be in it. */
export function boundsOf({ prefix = [], from, after, before }: KeyRange): Bounds | 'nothing' {
  const stem = checkPrefix(prefix).map(plus)
  let lower: Lower | undefined = stem.length > 0 ? { key: stem, open: false } : undefined
  let upper: IDBValidKey | undefined = stem.length > 0 ? [...stem, []] : undefined
  if (from !== undefined) lower = higher(lower, { key: ownKey(from), open: false })
  if (after !== undefined) lower = higher(lower, { key: ownKey(after), open: true })
  if (before !== undefined) {
    const key = ownKey(before)
    if (upper === undefined || indexedDB.cmp(key, upper) < 0) upper = key
  }
  if (lower === undefined) return upper === undefined ? undefined : IDBKeyRange.upperBound(upper, true)
  if (upper === undefined) return IDBKeyRange.lowerBound(lower.key, lower.open)
  // IndexedDB throws on bounds that hold nothing.
  return indexedDB.cmp(lower.key, upper) < 0 ? IDBKeyRange.bound(lower.key, upper, lower.open, true) : 'nothing'
}

/** The same bounds, but nothing before `key`, which they hold. */
export function fromKeyOn(bounds: Bounds, key: IDBValidKey): IDBKeyRange {
  if (bounds?.upper === undefined) return IDBKeyRange.lowerBound(key)
  return IDBKeyRange.bound(key, bounds.upper, false, bounds.upperOpen)
}

function higher(a: Lower | undefined, b: Lower): Lower {
  if (a === undefined) return b
  const order = indexedDB.cmp(a.key, b.key)
  if (order === 0) return a.open ? a : b
  return order > 0 ? a : b
}

function plus(part: string | number): string | number {
  return part === 0 ? 0 : part
}
