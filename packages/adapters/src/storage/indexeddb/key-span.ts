/** A range of keys as IndexedDB's own. Law: of several bounds the narrower counts. */
import type { KeyRange } from '@joinery/core'

/** What of IndexedDB ranges are made with. */
export interface KeyMaker {
  readonly indexedDB: Pick<IDBFactory, 'cmp'>
  readonly IDBKeyRange: Pick<typeof IDBKeyRange, 'bound' | 'only'>
}

export function spanOf(
  { indexedDB, IDBKeyRange: ranges }: KeyMaker,
  { prefix = [], from = prefix, after, before, limit }: KeyRange,
): IDBKeyRange {
  const order = (a: IDBValidKey, b: IDBValidKey): number => indexedDB.cmp(a, b)
  // No key holds an infinity, so this one comes between a key and those that it begins.
  const lowers: IDBValidKey[] = [[...prefix], [...from], after === undefined ? [] : [...after, -Infinity]]
  // A list comes after every number and string, so this one comes after every key that begins with the prefix.
  const uppers: IDBValidKey[] = [[...prefix, []], before === undefined ? [[]] : [...before]]
  const lower = lowers.reduce((a, b) => (order(a, b) < 0 ? b : a))
  const upper = uppers.reduce((a, b) => (order(a, b) < 0 ? a : b))
  // IndexedDB throws for a range that holds nothing, and takes a limit of 0 for none. Nothing has the empty key.
  return limit === 0 || order(lower, upper) >= 0 ? ranges.only([]) : ranges.bound(lower, upper, false, true)
}
