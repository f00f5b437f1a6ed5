/**
 * Rooms of other servers are called anything, documents by ids (AU-15). Laws:
 * - Injective: two rooms are never one document. A name that is an id is that document, whoever made it.
 * - Total: every well-formed name has a document. One that is too long to be written in an id goes by its SHA-256.
 */
import { encodeUtf8 } from 'lib0/string'
import { isId } from './ids.ts'
import { hex } from './plain.ts'
import { sha256 } from './sha256.ts'

const ESCAPED = '_y_'
const DIGESTED = '_z_'
const PLAIN_BYTE = /[A-Za-z0-9-]/

/**
 * The document that a room of another server is here.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { documentOfRoom, isId } from '@joinery/core'
 *
 * assert.equal(documentOfRoom('plan-7'), 'plan-7')
 * assert.equal(documentOfRoom('team/plan 7'), '_y_team_2fplan_207')
 * assert.ok(isId(documentOfRoom('計画'.repeat(100))))
 * ```
 */
export function documentOfRoom(room: string): string {
  // What looks like ours is escaped too: else it would be another room's.
  if (isId(room) && !room.startsWith(ESCAPED) && !room.startsWith(DIGESTED)) return room
  const bytes = encodeUtf8(room)
  let escaped = ESCAPED
  for (const byte of bytes) {
    const character = String.fromCharCode(byte)
    escaped += PLAIN_BYTE.test(character) ? character : `_${hex(Uint8Array.of(byte))}`
  }
  return isId(escaped) ? escaped : `${DIGESTED}${hex(sha256(bytes))}`
}
