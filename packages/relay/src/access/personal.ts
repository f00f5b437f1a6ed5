/**
 * The personal space behind the name `me`: its id follows from the subject, so every node finds it and no table is needed.
 * Law: an id of this form is opened by its subject alone, or by whoever was made a member, never on first use.
 */
import { digestOf, hex, PERSONAL_SPACE } from '@joinery/core'
import { encodeUtf8 } from 'lib0/string'

const PERSONAL = /^u-[0-9a-f]{32}$/

/**
 * The id of a subject's personal space, which its clients call `me`.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { personalSpaceOf } from '@joinery/relay'
 *
 * assert.match(personalSpaceOf('ann'), /^u-[0-9a-f]{32}$/)
 * ```
 */
export function personalSpaceOf(subject: string): string {
  return `u-${hex(digestOf(encodeUtf8(subject)))}`
}

export function isPersonal(space: string): boolean {
  return PERSONAL.test(space)
}

/** The id that is stored for the name that a client used. */
export function resolveSpace(subject: string, name: string): string {
  return name === PERSONAL_SPACE ? personalSpaceOf(subject) : name
}
