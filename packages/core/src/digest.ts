/**
 * Digests name content and marks name histories. Both are the first 16 bytes of a SHA-256.
 * Law: two logs with the same mark at the same seq hold the same entries in the same order up to it (R4).
 */
import { sha256 } from './sha256.ts'
import { createEncoder, toUint8Array, writeVarString, writeVarUint8Array } from 'lib0/encoding'

export const DIGEST_BYTES = 16

/** SHA-256, where the platform has a quicker one for long inputs than ours: 32 bytes that are nobody else's. */
export type Hash = (bytes: Uint8Array) => Uint8Array

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
export function digestOf(bytes: Uint8Array, hash: Hash = sha256): Uint8Array {
  return hash(bytes).slice(0, DIGEST_BYTES)
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
export function entryDigest(entry: Digested, hash: Hash = sha256): Uint8Array {
  return digestOf(shortInput(entry) ?? digestInput(entry), hash)
}

interface Digested {
  readonly type: string
  readonly document: string
  readonly kind: string
  readonly engine: string
  readonly bytes: Uint8Array
}

function digestInput(entry: Digested): Uint8Array {
  const encoder = createEncoder()
  writeVarString(encoder, entry.type)
  writeVarString(encoder, entry.document)
  writeVarString(encoder, entry.kind)
  writeVarString(encoder, entry.engine)
  writeVarUint8Array(encoder, entry.bytes)
  return toUint8Array(encoder)
}

/** The same for what nearly all entries are, in less time than the digest itself takes: short names in ASCII, and not many bytes. */
function shortInput({ type, document, kind, engine, bytes }: Digested): Uint8Array | undefined {
  const names = [type, document, kind, engine]
  const count = bytes.length
  let length = (count < ONE_BYTE ? 5 : 6) + count
  for (const name of names) {
    if (name.length >= ONE_BYTE) return undefined
    length += name.length
  }
  if (count >= TWO_BYTES) return undefined
  const input = new Uint8Array(length)
  let at = 0
  for (const name of names) {
    input[at++] = name.length
    for (let i = 0; i < name.length; i++) {
      const unit = name.charCodeAt(i)
      if (unit >= 0x80) return undefined
      input[at++] = unit
    }
  }
  if (count < ONE_BYTE) input[at++] = count
  else {
    input[at++] = (count & 0x7f) | 0x80
    input[at++] = count >> 7
  }
  input.set(bytes, at)
  return input
}

/** A length below it is written as one byte, or two. */
const ONE_BYTE = 0x80
const TWO_BYTES = 0x4000

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
