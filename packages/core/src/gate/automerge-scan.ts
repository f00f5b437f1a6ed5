/**
 * Checks the structure of Automerge chunks without the engine (T1): what the relay's hot path may know of an Automerge update.
 * The format is Automerge's binary document format (automerge.org/automerge-binary-format-spec): chunks one after another, each with four
 * magic bytes, a checksum, a type, a length and its contents; the checksum is the start of the SHA-256 that also names a change.
 *
 * Laws (D2): never throws; linear in the bytes; consumed exactly; a bound is checked before what it bounds is read.
 *
 * What it cannot see, and workers find behind the commit: anything inside a compressed chunk (its author and its hash need inflating, and
 * a hundred kilobytes may inflate to a gigabyte: CR-22), whether the columns decode and their operations make sense, whether a change's
 * dependencies are there, and whether a document chunk's changes hash to its heads.
 */
import { digest as sha256 } from 'lib0/hash/sha256'
import { hex } from '../plain.ts'
import { isSeed, isSeedAuthor } from './automerge-seed.ts'
import { Cursor, type Refusal, type ScanRefusal } from './cursor.ts'

export interface AutomergeLimits {
  /** Length of the whole update, in bytes. */
  readonly maxBytes: number
  readonly maxChunks: number
  /** Dependencies of one change, heads of one document. */
  readonly maxHashes: number
  /** Actors named by one chunk. */
  readonly maxActors: number
}

/**
 * The limits a relay starts with (faults.md).
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { AUTOMERGE_LIMITS, scanAutomerge } from '@joinery/core/gate'
 *
 * const result = scanAutomerge(new Uint8Array(9), { ...AUTOMERGE_LIMITS, maxBytes: 8 })
 * assert.ok(!result.ok && result.code === 'TOO_LARGE')
 * ```
 */
export const AUTOMERGE_LIMITS: AutomergeLimits = {
  maxBytes: 16 * 1024 * 1024,
  maxChunks: 65_536,
  maxHashes: 4_096,
  maxActors: 4_096,
}

/** One chunk. Hashes and actors are lower-case hex. */
export type AutomergeChunk =
  | {
      readonly type: 'change'
      readonly hash: string
      readonly actor: string
      /** Counts an actor's changes from 1. */
      readonly seq: number
      readonly startOp: number
      readonly deps: readonly string[]
    }
  /** A deflated change. Its checksum is the start of the change's hash, taken on trust until a worker inflates it. */
  | { readonly type: 'compressed'; readonly checksum: string }
  | {
      readonly type: 'document'
      readonly hash: string
      readonly actors: readonly string[]
      readonly heads: readonly string[]
    }

export type AutomergeScanResult =
  | { readonly ok: true; readonly chunks: readonly AutomergeChunk[] }
  /** `at` is a byte offset; `detail` is for a log, not for a person. */
  | { readonly ok: false; readonly code: ScanRefusal; readonly at: number; readonly detail: string }

const MAGIC = [0x85, 0x6f, 0x4a, 0x83]
const CHECKSUM_LENGTH = 4
const HEADER_LENGTH = MAGIC.length + CHECKSUM_LENGTH
const HASH_LENGTH = 32

const DOCUMENT = 0
const CHANGE = 1
const COMPRESSED = 2

/** In a column's specification: its data is deflated. */
const DEFLATED = 0b1000
const LAST_SPECIFICATION = 2 ** 32 - 1
/** A signed LEB128 number of 64 bits. */
const LONGEST_INT64 = 10

/**
 * Reads the structure of Automerge chunks and checks their checksums. Refuses with `BAD_UPDATE`, `TOO_LARGE` or `TOO_MANY_AUTHORS`.
 * No bytes at all are no chunks.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { AUTOMERGE_LIMITS, scanAutomerge } from '@joinery/core/gate'
 *
 * const result = scanAutomerge(new Uint8Array([0x85, 0x6f, 0x4a, 0x83, 0, 0, 0, 0, 1, 0]), AUTOMERGE_LIMITS)
 * assert.ok(!result.ok && result.code === 'BAD_UPDATE')
 * assert.equal(result.detail, 'a checksum that does not fit')
 * ```
 */
export function scanAutomerge(bytes: Uint8Array, limits: AutomergeLimits): AutomergeScanResult {
  if (bytes.length > limits.maxBytes)
    return refused({ code: 'TOO_LARGE', at: limits.maxBytes, detail: 'too many bytes' })
  const cursor = new Cursor(bytes)
  const chunks: AutomergeChunk[] = []
  while (cursor.left > 0) {
    if (chunks.length === limits.maxChunks) cursor.refuse('TOO_LARGE', 'too many chunks')
    const chunk = readChunk(cursor, limits)
    if (chunk !== undefined) chunks.push(chunk)
  }
  return cursor.refusal === undefined ? { ok: true, chunks } : refused(cursor.refusal)
}

function readChunk(cursor: Cursor, limits: AutomergeLimits): AutomergeChunk | undefined {
  const { bytes, pos: start } = cursor
  if (cursor.left < HEADER_LENGTH || !MAGIC.every((byte, i) => bytes[start + i] === byte)) {
    cursor.refuse('BAD_UPDATE', 'no chunk')
    return undefined
  }
  cursor.skip(HEADER_LENGTH)
  const type = cursor.byte()
  const length = cursor.uint()
  const from = cursor.pos
  if (cursor.skip(length) < 0) return undefined
  if (type === COMPRESSED)
    return { type: 'compressed', checksum: hex(bytes.subarray(start + MAGIC.length, start + HEADER_LENGTH)) }
  const hash = sha256(bytes.subarray(start + HEADER_LENGTH, cursor.pos))
  if (!hash.subarray(0, CHECKSUM_LENGTH).every((byte, i) => bytes[start + MAGIC.length + i] === byte)) {
    cursor.pos = start
    cursor.refuse('BAD_UPDATE', 'a checksum that does not fit')
    return undefined
  }
  const contents = new Cursor(bytes.subarray(from, cursor.pos))
  const chunk = readContents(type, contents, hash, limits)
  if (contents.refusal === undefined && isForgedSeed(chunk, bytes.subarray(start, cursor.pos)))
    contents.refuse('BAD_UPDATE', 'no seed, under the id of one')
  if (contents.refusal === undefined) return chunk
  cursor.pos = from + contents.refusal.at
  cursor.refuse(contents.refusal.code, contents.refusal.detail)
  return undefined
}

function isForgedSeed(chunk: AutomergeChunk | undefined, bytes: Uint8Array): boolean {
  return chunk?.type === 'change' && isSeedAuthor(chunk.actor) && !isSeed(chunk.actor, bytes)
}

function readContents(
  type: number,
  contents: Cursor,
  hash: Uint8Array,
  limits: AutomergeLimits,
): AutomergeChunk | undefined {
  if (type === CHANGE) return readChange(contents, hash, limits)
  if (type === DOCUMENT) return readDocument(contents, hash, limits)
  contents.refuse('BAD_UPDATE', 'a chunk of no known type')
  return undefined
}

function readChange(contents: Cursor, hash: Uint8Array, limits: AutomergeLimits): AutomergeChunk {
  const deps = readHashes(contents, limits)
  const actor = readActor(contents)
  const seq = contents.uint()
  if (seq === 0) contents.refuse('BAD_UPDATE', 'a change counted 0')
  const startOp = contents.uint()
  if (startOp === 0) contents.refuse('BAD_UPDATE', 'an operation counted 0')
  skipInt64(contents)
  contents.string()
  readActors(contents, limits)
  // What follows the columns is kept for later versions of Automerge and may be anything.
  contents.skip(columnsLength(contents, 0))
  return { type: 'change', hash: hex(hash), actor, seq, startOp, deps }
}

function readDocument(contents: Cursor, hash: Uint8Array, limits: AutomergeLimits): AutomergeChunk {
  const actors = readActors(contents, limits)
  const heads = readHashes(contents, limits)
  const changes = columnsLength(contents, DEFLATED)
  const operations = columnsLength(contents, DEFLATED)
  contents.skip(changes)
  contents.skip(operations)
  // Where each head stands among the changes; old versions leave it out.
  if (contents.left > 0) for (let i = 0; i < heads.length; i++) contents.uint()
  if (contents.left > 0) contents.refuse('BAD_UPDATE', 'a document that goes on after its end')
  return { type: 'document', hash: hex(hash), actors, heads }
}

function readHashes(contents: Cursor, limits: AutomergeLimits): string[] {
  const hashes: string[] = []
  const count = contents.count(HASH_LENGTH)
  if (count > limits.maxHashes) contents.refuse('TOO_LARGE', 'too many dependencies')
  for (let i = 0; i < count && contents.skip(HASH_LENGTH) > 0; i++) {
    hashes.push(hex(contents.bytes.subarray(contents.pos - HASH_LENGTH, contents.pos)))
  }
  return hashes
}

function readActors(contents: Cursor, limits: AutomergeLimits): string[] {
  const actors: string[] = []
  const count = contents.count(1)
  if (count > limits.maxActors) contents.refuse('TOO_MANY_AUTHORS', 'too many actors')
  for (let i = 0; i < count && contents.refusal === undefined; i++) actors.push(readActor(contents))
  return actors
}

function readActor(contents: Cursor): string {
  const length = contents.skip(contents.uint())
  return length < 0 ? '' : hex(contents.bytes.subarray(contents.pos - length, contents.pos))
}

/** Reads what columns there are and returns how long their data is together. */
function columnsLength(contents: Cursor, allowed: number): number {
  const count = contents.count(2)
  let total = 0
  for (let i = 0; i < count; i++) {
    const specification = contents.uint()
    if (specification > LAST_SPECIFICATION) return contents.refuse('BAD_UPDATE', 'a column of no known kind')
    if ((specification & DEFLATED & ~allowed) !== 0)
      return contents.refuse('BAD_UPDATE', 'a deflated column in a change')
    const length = contents.uint()
    if (length < 0) return -1
    total += length
  }
  return count < 0 ? -1 : total
}

function skipInt64(contents: Cursor): void {
  for (let i = 0; i < LONGEST_INT64; i++) {
    const byte = contents.byte()
    if (byte < 0x80) return
  }
  contents.refuse('BAD_UPDATE', 'number over 64 bits')
}

function refused({ code, at, detail }: Refusal): AutomergeScanResult {
  return { ok: false, code, at, detail }
}
