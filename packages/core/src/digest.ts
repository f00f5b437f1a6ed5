/**
 * Digests name content and marks name histories. Both are the first 16 bytes of a SHA-256.
 * Law: two logs with the same mark at the same seq hold the same entries in the same order up to it (R4).
 */
import { sha256 } from './sha256.ts'
import { createEncoder, toUint8Array, writeVarString, writeVarUint8Array } from 'lib0/encoding'

export const DIGEST_BYTES = 16

/** The mark of an empty log. */
export const NO_MARK: Uint8Array = new Uint8Array(DIGEST_BYTES)

/**
 * 16 bytes that name any bytes.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { digestOf } from '@joinery/core'
 *
 * assert.equal(digestOf(new Uint8Array([1, 2])).length, 16)
 * ```
 */
export function digestOf(bytes: Uint8Array): Uint8Array {
  return sha256(bytes).slice(0, DIGEST_BYTES)
}

/**
 * The digest in an entry's name: what was written, to which document. Both sides compute it; it does not travel.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { entryDigest, sameBytes } from '@joinery/core'
 *
 * const entry = { type: 'update', document: 'd', kind: 'note', engine: 'yjs', bytes: new Uint8Array([0, 0]) } as const
 * assert.ok(!sameBytes(entryDigest(entry), entryDigest({ ...entry, document: 'e' })))
 * ```
 */
export function entryDigest(entry: {
  readonly type: string
  readonly document: string
  readonly kind: string
  readonly engine: string
  readonly bytes: Uint8Array
}): Uint8Array {
  const encoder = createEncoder()
  writeVarString(encoder, entry.type)
  writeVarString(encoder, entry.document)
  writeVarString(encoder, entry.kind)
  writeVarString(encoder, entry.engine)
  writeVarUint8Array(encoder, entry.bytes)
  return digestOf(toUint8Array(encoder))
}

/**
 * The running mark after one more entry.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { markAfter, NO_MARK, digestOf } from '@joinery/core'
 *
 * const mark = markAfter(NO_MARK, digestOf(new Uint8Array([1])))
 * assert.equal(mark.length, 16)
 * ```
 */
export function markAfter(mark: Uint8Array, digest: Uint8Array): Uint8Array {
  const both = new Uint8Array(mark.length + digest.length)
  both.set(mark)
  both.set(digest, mark.length)
  return digestOf(both)
}

/**
 * Whether two byte strings are equal.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { sameBytes } from '@joinery/core'
 *
 * assert.ok(sameBytes(new Uint8Array([1]), new Uint8Array([1])))
 * ```
 */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}
