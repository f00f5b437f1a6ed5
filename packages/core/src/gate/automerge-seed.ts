/**
 * The one change that makes a text field of an Automerge document. Two devices that made the text each for themselves would have two, and
 * one's words would be hidden for ever; so nobody writes it: the change follows from the field's name, byte for byte, on every device.
 * Laws: a seed is written by no one and binds nobody (A3), so it is left out of authorship; its author id begins with SEED_AUTHOR and holds
 * the field's name, so that anything else under such an id is a forgery.
 *
 * The format is Automerge's, written out here: the bytes must not change with the version of Automerge that a device has.
 */
import { digest as sha256 } from 'lib0/hash/sha256'
import {
  createEncoder,
  toUint8Array,
  writeUint8,
  writeUint8Array,
  writeVarUint,
  writeVarUint8Array,
} from 'lib0/encoding'
import { encodeUtf8 } from 'lib0/string'
import { sameBytes } from '../digest.ts'
import { hex } from '../plain.ts'
import { utf16Length } from './utf8.ts'

/** What the author ids of seeds begin with: `joinery-text:` in hex. */
export const SEED_AUTHOR = '6a6f696e6572792d746578743a'

const MAGIC = new Uint8Array([0x85, 0x6f, 0x4a, 0x83])
const CHANGE = 1

/** Columns of one operation: key, insert, action, type of value, predecessors. */
const KEY_COLUMN = 0x15
const OTHER_COLUMNS = new Uint8Array([0x34, 1, 0x42, 2, 0x56, 2, 0x70, 2])
/** Not an insertion; makes a text; no value; nothing before it. Each a run of one. */
const OTHER_VALUES = new Uint8Array([1, 0x7f, 4, 0x7f, 0, 0x7f, 0])
const RUN_OF_ONE = 0x7f

/**
 * The change that makes the text at the root key `key`.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { AUTOMERGE_LIMITS, automergeSeed, isSeedAuthor, scanAutomerge } from '@joinery/core/gate'
 *
 * const result = scanAutomerge(automergeSeed('body'), AUTOMERGE_LIMITS)
 * assert.ok(result.ok)
 * const [chunk] = result.chunks
 * assert.ok(chunk?.type === 'change' && isSeedAuthor(chunk.actor))
 * ```
 */
export function automergeSeed(key: string): Uint8Array {
  return seedNamed(encodeUtf8(key))
}

function seedNamed(name: Uint8Array): Uint8Array {
  const contents = createEncoder()
  // No dependencies; the author; his first change, first operation; no time, no message, no other authors; five columns.
  writeVarUint(contents, 0)
  writeVarUint8Array(contents, bytesOf(SEED_AUTHOR + hex(name)))
  writeUint8Array(contents, new Uint8Array([1, 1, 0, 0, 0, 5]))
  const keys = createEncoder()
  writeUint8(keys, RUN_OF_ONE)
  writeVarUint8Array(keys, name)
  const keyColumn = toUint8Array(keys)
  writeVarUint(contents, KEY_COLUMN)
  writeVarUint(contents, keyColumn.length)
  writeUint8Array(contents, OTHER_COLUMNS)
  writeUint8Array(contents, keyColumn)
  writeUint8Array(contents, OTHER_VALUES)
  const hashed = createEncoder()
  writeUint8(hashed, CHANGE)
  writeVarUint8Array(hashed, toUint8Array(contents))
  const body = toUint8Array(hashed)
  const chunk = createEncoder()
  writeUint8Array(chunk, MAGIC)
  writeUint8Array(chunk, sha256(body).subarray(0, 4))
  writeUint8Array(chunk, body)
  return toUint8Array(chunk)
}

/**
 * Whether an Automerge actor is a seed's, and so nobody's.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { isSeedAuthor, SEED_AUTHOR } from '@joinery/core/gate'
 *
 * assert.ok(isSeedAuthor(`${SEED_AUTHOR}626f6479`))
 * assert.ok(!isSeedAuthor('626f6479'))
 * ```
 */
export function isSeedAuthor(actor: string): boolean {
  return actor.startsWith(SEED_AUTHOR)
}

/**
 * Whether a chunk under a seed's actor is that seed, and not a forgery.
 *
 * @internal
 */
export function isSeed(actor: string, chunk: Uint8Array): boolean {
  const name = bytesOf(actor.slice(SEED_AUTHOR.length))
  return utf16Length(name, 0, name.length) >= 0 && sameBytes(seedNamed(name), chunk)
}

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from({ length: text.length / 2 }, (_, at) => Number.parseInt(text.slice(at * 2, at * 2 + 2), 16))
}
