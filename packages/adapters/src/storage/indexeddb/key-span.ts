/** A range of keys as IndexedDB's own. */
import { checkKey, checkPrefix, type Key, type KeyRange } from '@joinery/core'

interface Bound {
  readonly key: IDBValidKey
  readonly open: boolean
}

/** What of IndexedDB ranges are made with. */
export interface KeyMaker {
  readonly indexedDB: Pick<IDBFactory, 'cmp'>
  readonly IDBKeyRange: Pick<typeof IDBKeyRange, 'bound' | 'lowerBound' | 'upperBound'>
}

/** Undefined for every key, null for none. */
export function spanOf(
  { indexedDB, IDBKeyRange: ranges }: KeyMaker,
  { prefix, from, after, before }: KeyRange,
): IDBKeyRange | null | undefined {
  const lowers: Bound[] = []
  const uppers: Bound[] = []
  if (prefix !== undefined && checkPrefix(prefix).length > 0) {
    lowers.push({ key: plain(prefix), open: false })
    // A list comes after every number and string, so this comes after every key that begins with the prefix.
    uppers.push({ key: [...prefix, []], open: true })
  }
  if (from !== undefined) lowers.push({ key: plain(checkKey(from)), open: false })
  if (after !== undefined) lowers.push({ key: plain(checkKey(after)), open: true })
  if (before !== undefined) uppers.push({ key: plain(checkKey(before)), open: true })

  const lower = narrowest(lowers, 1)
  const upper = narrowest(uppers, -1)
  if (lower !== undefined && upper !== undefined) {
    // IndexedDB throws for a range that holds nothing.
    const order = indexedDB.cmp(lower.key, upper.key)
    if (order > 0 || (order === 0 && (lower.open || upper.open))) return null
    return ranges.bound(lower.key, upper.key, lower.open, upper.open)
  }
  if (lower !== undefined) return ranges.lowerBound(lower.key, lower.open)
  return upper && ranges.upperBound(upper.key, upper.open)

  function narrowest(bounds: readonly Bound[], sign: 1 | -1): Bound | undefined {
    const [first, ...rest] = bounds
    return rest.reduce((best, bound) => {
      const order = best === undefined ? 1 : indexedDB.cmp(bound.key, best.key) * sign
      return order > 0 || (order === 0 && bound.open) ? bound : best
    }, first)
  }
}

function plain(key: Key): IDBValidKey {
  return [...key]
}
