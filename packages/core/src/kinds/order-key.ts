/**
 * Order keys: strings between which there is always room for another (fractional indexing). Laws: a key made between two is between them,
 * by UTF-16 code unit; keys that two devices make at the same place differ, since each ends in a piece of its item's id.
 */
import { generateKeyBetween } from 'fractional-indexing'

/**
 * A key after `low` and before `high`; null is the end of the list. Both are order keys, low < high.
 *
 * @internal
 */
export function orderKeyBetween(low: string | null, high: string | null, id: string): string {
  const salt = saltOf(id)
  for (let key = generateKeyBetween(low, high); ; key = generateKeyBetween(key, high)) {
    // Longer than the key, so after it; a high that begins with the key may be before it still: then nearer to high there is room.
    if (high === null || key + salt < high) return key + salt
  }
}

/**
 * Whether a peer's string is an order key at all.
 *
 * @internal
 */
export function isOrderKey(key: unknown): key is string {
  if (typeof key !== 'string' || key.length > 4_096 || !/^[0-9A-Za-z]+$/.test(key)) return false
  try {
    generateKeyBetween(key, null)
    return true
  } catch {
    return false
  }
}

/** A key must not end in 0. */
function saltOf(id: string): string {
  return id
    .replace(/[^0-9A-Za-z]/g, '')
    .slice(-4)
    .replace(/0$/, '1')
}
