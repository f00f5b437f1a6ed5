/**
 * The types of entries, by number, on the wire and in rows. Law (D5): a number that this version does not know is a type all the same,
 * `other-6`, and is written as the number it was: what a newer version put into a log stays there and goes to whoever understands it.
 */

/** The place in this list is the number: append only. */
const TYPES = ['update', 'snapshot', 'tombstone', 'moved', 'void', 'member'] as const

/** From here on a number is none: rows need the place for something else. */
export const ENTRY_TYPES = 64

/**
 * `update` and `snapshot` carry engine bytes, `tombstone` none. `moved` and `member` are reserved for later parts of the log's life, and
 * `other-…` is whatever a newer version calls it.
 */
export type EntryType = (typeof TYPES)[number] | `other-${number}`

/**
 * The type of a number below 64.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { entryTypeOf } from '@joinery/core'
 *
 * assert.equal(entryTypeOf(0), 'update')
 * assert.equal(entryTypeOf(9), 'other-9')
 * ```
 */
export function entryTypeOf(number: number): EntryType {
  return TYPES[number] ?? `other-${number}`
}

/**
 * The number of a type.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { numberOfEntryType } from '@joinery/core'
 *
 * assert.equal(numberOfEntryType('void'), 4)
 * assert.equal(numberOfEntryType('other-9'), 9)
 * ```
 */
export function numberOfEntryType(type: EntryType): number {
  const known: readonly EntryType[] = TYPES
  const at = known.indexOf(type)
  return at < 0 ? Number(type.slice(6)) : at
}
