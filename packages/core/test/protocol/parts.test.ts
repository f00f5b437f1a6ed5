// Large messages in pieces.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { JoineryError, sameBytes } from '@joinery/core'
import { decodeMessage, encodeMessage, joinParts, splitFrame, type Part, type Pieces } from '@joinery/core/protocol'

const part = (last: boolean, ...bytes: number[]): Part => ({ type: 'part', last, bytes: Uint8Array.from(bytes) })

/** What a reader makes of frames: the whole ones, in order. */
function joined(frames: readonly Uint8Array[], max: number): Uint8Array[] {
  let pieces: Pieces = []
  return frames.flatMap(frame => {
    const message = decodeMessage(frame)
    if (message?.type !== 'part') return [frame]
    const next = joinParts(pieces, message, max)
    pieces = next.pieces
    return next.frame ?? []
  })
}

describe('[P65] a frame that is too large travels in parts', () => {
  test('and comes out as it was', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 3_000 }),
        fc.integer({ min: 64, max: 400 }),
        (bytes, max) => {
          const frame = encodeMessage({
            type: 'have',
            space: 'me',
            documents: [{ document: 'd', engine: 'yjs', version: bytes }],
          })
          const frames = splitFrame(frame, max)
          expect(frames.every(piece => piece.length <= max)).toBe(true)
          expect(joined(frames, frame.length)).toEqual([frame])
        },
      ),
    )
  })

  test('one that fits travels as it is', () => {
    const frame = new Uint8Array(64).fill(1)
    expect(splitFrame(frame, 64)).toEqual([frame])
    expect(splitFrame(new Uint8Array(65).fill(1), 64)).toHaveLength(2)
  })

  test('also at 16 MiB, where the length takes most bytes', () => {
    const max = 16 * 1_024 * 1_024
    const frames = splitFrame(new Uint8Array(2 * max).fill(1), max)
    expect(frames.map(frame => frame.length).every(length => length <= max)).toBe(true)
    const [whole = new Uint8Array()] = joined(frames, 2 * max)
    expect(sameBytes(whole, new Uint8Array(2 * max).fill(1))).toBe(true)
  })

  test('[P66] other messages may come between its pieces', () => {
    const frame = encodeMessage({ type: 'auth', token: 'x'.repeat(100) })
    const [first = frame, ...rest] = splitFrame(frame, 64)
    const time = encodeMessage({ type: 'time', id: 1 })
    expect(joined([first, time, ...rest], 200)).toEqual([time, frame])
  })

  test('more than 1,024 pieces are not sent', () => {
    expect(splitFrame(new Uint8Array(57 * 1_024).fill(1), 64)).toHaveLength(1_024)
    expect(() => splitFrame(new Uint8Array(57 * 1_024 + 1).fill(1), 64)).toThrow('TOO_LARGE')
    expect(() => splitFrame(new Uint8Array(10), 63)).toThrow('BAD_INPUT')
  })
})

describe('[P67] whoever joins keeps what its limits allow, whatever is sent', () => {
  test('bytes', () => {
    const { pieces } = joinParts([], part(false, 1, 2, 3), 4)
    expect(joinParts(pieces, part(true, 4), 4).frame).toEqual(new Uint8Array([1, 2, 3, 4]))
    expect(() => joinParts(pieces, part(true, 4, 5), 4)).toThrow('BAD_FRAME')
    expect(() => joinParts(pieces, part(false, 4, 5), 4)).toThrow('BAD_FRAME')
  })

  test('pieces', () => {
    let pieces: Pieces = []
    for (let i = 0; i < 1_024; i++) pieces = joinParts(pieces, part(false, 1), 10_000).pieces
    expect(() => joinParts(pieces, part(false, 1), 10_000)).toThrow('BAD_FRAME')
    expect(() => joinParts(pieces, part(true, 1), 10_000)).toThrow('BAD_FRAME')
  })

  test('an empty piece, which would go on for ever', () => {
    expect(() => joinParts([], part(false), 10)).toThrow('BAD_FRAME')
    expect(() => joinParts([], part(true), 10)).toThrow('BAD_FRAME')
  })

  test('a piece of pieces', () => {
    const nested = encodeMessage(part(true, 7, 1))
    expect(() => joinParts([], part(true, ...nested), 100)).toThrow('BAD_FRAME')
  })

  test('a refusal leaves the pieces that were there as they were', () => {
    const before = joinParts([], part(false, 1, 2, 3), 4).pieces
    expect(() => joinParts(before, part(false, 4, 5), 4)).toThrow(JoineryError)
    expect(before).toEqual([new Uint8Array([1, 2, 3])])
  })
})
