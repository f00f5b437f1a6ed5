/**
 * Large messages in pieces. Laws:
 * - A frame that fits travels as it is; of a larger one each piece is a `part` frame of at most `max` bytes, the last one marked.
 * - Pieces of one message come in order. Other messages may come between them (a heartbeat must not wait for an upload), pieces of two
 *   messages never mix.
 * - Whoever joins keeps at most `max` bytes in at most PARTS pieces, whatever the peer sends.
 */
import { JoineryError } from '../errors.ts'
import { PARTS } from './limits.ts'
import { encodeMessage, isPart } from './message.ts'
import type { Part } from './part.ts'

/** Most that a part frame holds beside its piece: number, flag, length. */
const OVERHEAD = 7
const LEAST_FRAME = 64

/** The pieces of a message that has not ended. */
export type Pieces = readonly Uint8Array[]

/**
 * The frames to send for a frame, none larger than `max` bytes. TOO_LARGE when that would be more than 1,024 pieces; `max` is at least 64.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { splitFrame } from '@joinery/core/protocol'
 *
 * const frame = new Uint8Array(1_000)
 * assert.deepEqual(splitFrame(frame, 4_096), [frame])
 * assert.ok(splitFrame(frame, 100).every(part => part.length <= 100))
 * ```
 */
export function splitFrame(frame: Uint8Array, max: number): Uint8Array[] {
  if (max < LEAST_FRAME) throw new JoineryError('BAD_INPUT', { what: 'max' })
  if (frame.length <= max) return [frame]
  const size = max - OVERHEAD
  if (frame.length > size * PARTS) throw new JoineryError('TOO_LARGE', { bytes: frame.length, parts: PARTS })
  const frames: Uint8Array[] = []
  for (let at = 0; at < frame.length; at += size) {
    const bytes = frame.subarray(at, at + size)
    frames.push(encodeMessage({ type: 'part', last: at + size >= frame.length, bytes }))
  }
  return frames
}

/**
 * What is there after one more piece: the pieces so far, or with the last one the whole frame. Throws BAD_FRAME for a message of more
 * than `max` bytes or 1,024 pieces, an empty piece, or a message that is a piece itself.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { joinParts } from '@joinery/core/protocol'
 *
 * const first = joinParts([], { type: 'part', last: false, bytes: new Uint8Array([7]) }, 1_000)
 * assert.equal(first.frame, undefined)
 * const second = joinParts(first.pieces, { type: 'part', last: true, bytes: new Uint8Array([1]) }, 1_000)
 * assert.deepEqual(second, { pieces: [], frame: new Uint8Array([7, 1]) })
 * ```
 */
export function joinParts(
  before: Pieces,
  part: Part,
  max: number,
): { readonly pieces: Pieces; readonly frame: Uint8Array | undefined } {
  const pieces = [...before, part.bytes]
  const bytes = pieces.reduce((sum, piece) => sum + piece.length, 0)
  if (part.bytes.length === 0 || pieces.length > PARTS || bytes > max || isPart(before[0] ?? part.bytes))
    throw new JoineryError('BAD_FRAME', { bytes, parts: pieces.length })
  if (!part.last) return { pieces, frame: undefined }
  const frame = new Uint8Array(bytes)
  let at = 0
  for (const piece of pieces) {
    frame.set(piece, at)
    at += piece.length
  }
  return { pieces: [], frame }
}
