/**
 * One half of a request over HTTP, its body or its answer's: frames of a link by their place in it. Laws: what is named by its place may be
 * sent twice and is taken once, so any request may be repeated, cut off or overtaken; a sender keeps its frames until the other side says
 * that it has got them.
 */
import { fields } from './codec.ts'
import { readWhole, writing, written } from './frame.ts'
import { bytes, list, text, uint } from './primitives.ts'

export interface Exchange {
  /** Frames that went this way before these. */
  readonly sent: number
  /** Frames that came the other way and were taken. */
  readonly got: number
  /** How the sender ends the link behind these frames, as a WebSocket would: a close code, or 0. */
  readonly close: number
  readonly reason: string
  readonly frames: readonly Uint8Array[]
}

/** As a WebSocket's. */
const REASON_BYTES = 123

const exchange = fields<Exchange>({
  sent: uint,
  got: uint,
  close: uint,
  reason: text(REASON_BYTES),
  frames: list(bytes),
})

/**
 * The body of a request, or of its answer. Throws BAD_INPUT for a reason of more than 123 bytes and for more than 65,536 frames.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { decodeExchange, encodeExchange } from '@joinery/core/protocol'
 *
 * const poll = { sent: 3, got: 7, close: 0, reason: '', frames: [] }
 * assert.deepEqual(decodeExchange(encodeExchange(poll)), poll)
 * ```
 */
export function encodeExchange(value: Exchange): Uint8Array {
  const out = writing()
  exchange.write(out, value)
  return written(out)
}

/**
 * What a body says. Throws BAD_FRAME and nothing else; the frames in it are not looked at.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { decodeExchange } from '@joinery/core/protocol'
 *
 * assert.throws(() => decodeExchange(new Uint8Array([1])), { code: 'BAD_FRAME' })
 * ```
 */
export function decodeExchange(body: Uint8Array): Exchange {
  return readWhole(body, exchange.read)
}
