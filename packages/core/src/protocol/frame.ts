/**
 * A frame while it is written, and while it is read. The forms are those of lib0: numbers in groups of seven bits, the lowest first, and
 * bytes behind their length. Law: nothing is made of a length before that much is there.
 */
import { JoineryError } from '../errors.ts'

export interface FrameOut {
  bytes: Uint8Array
  at: number
}

export interface FrameIn {
  readonly bytes: Uint8Array
  at: number
}

const FIRST_BYTES = 64
/** Of a safe integer. */
const NUMBER_BYTES = 8

export function writing(): FrameOut {
  return { bytes: new Uint8Array(FIRST_BYTES), at: 0 }
}

/** A view, with as much room behind it again at most: a frame may be megabytes, and is gone when it is sent. */
export function written({ bytes, at }: FrameOut): Uint8Array {
  return bytes.subarray(0, at)
}

export function writeNumber(out: FrameOut, value: number): void {
  const { bytes } = roomFor(out, NUMBER_BYTES)
  let rest = value
  while (rest > 127) {
    bytes[out.at++] = (rest % 128) | 128
    rest = Math.floor(rest / 128)
  }
  bytes[out.at++] = rest
}

export function writeBytes(out: FrameOut, bytes: ArrayLike<number>): void {
  writeNumber(out, bytes.length)
  roomFor(out, bytes.length).bytes.set(bytes, out.at)
  out.at += bytes.length
}

/**
 * What `read` makes of a frame, to its last byte: whatever it throws is BAD_FRAME. Behind it may stand fields of a newer peer, each a number
 * and bytes, which are passed over (MN-12).
 */
export function readWhole<T>(bytes: Uint8Array, read: (input: FrameIn) => T): T {
  const input = { bytes, at: 0 }
  try {
    const value = read(input)
    while (input.at < bytes.length) {
      readNumber(input)
      readBytes(input)
    }
    return value
  } catch (cause) {
    throw new JoineryError('BAD_FRAME', { bytes: bytes.length }, { cause })
  }
}

/** Throws for what is no safe integer, or not in its shortest form. */
export function readNumber(input: FrameIn): number {
  let value = 0
  for (let unit = 1; ; unit *= 128) {
    const byte = input.bytes[input.at++]
    if (byte === undefined || unit > 128 ** 7) throw new Error('number')
    value += (byte % 128) * unit
    if (byte >= 128) continue
    if (value > Number.MAX_SAFE_INTEGER || (byte === 0 && unit > 1)) throw new Error('number')
    return value
  }
}

/** A view of the frame. */
export function readBytes(input: FrameIn): Uint8Array {
  const length = readNumber(input)
  const { bytes, at } = input
  if (length > bytes.length - at) throw new Error('frame')
  return bytes.subarray(at, (input.at += length))
}

function roomFor(out: FrameOut, count: number): FrameOut {
  const needed = out.at + count
  if (needed > out.bytes.length) {
    const larger = new Uint8Array(needed * 2)
    larger.set(out.bytes)
    out.bytes = larger
  }
  return out
}
