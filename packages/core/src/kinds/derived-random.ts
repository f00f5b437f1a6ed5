/** Chance that follows from a name, for what must come out the same on every device. Nothing secret may be drawn from it. */
import { createEncoder, toUint8Array, writeVarString, writeVarUint, writeUint8Array } from 'lib0/encoding'
import { DIGEST_BYTES, digestOf } from '../digest.ts'
import type { Random } from '../ports/random.ts'

/**
 * Bytes that are equal for equal names only, to derive from.
 *
 * @internal
 */
export function seedBytes(...names: readonly string[]): Uint8Array {
  const encoder = createEncoder()
  for (const name of names) writeVarString(encoder, name)
  return toUint8Array(encoder)
}

/**
 * A sequence that follows from `seed`: the digests of the seed and a count, one after the other.
 *
 * @internal
 */
export function derivedRandom(seed: Uint8Array): Random {
  let drawn = 0
  function bytes(count: number): Uint8Array {
    const out = new Uint8Array(count)
    for (let at = 0; at < count; at += DIGEST_BYTES) {
      const encoder = createEncoder()
      writeUint8Array(encoder, seed)
      writeVarUint(encoder, drawn++)
      out.set(digestOf(toUint8Array(encoder)).subarray(0, count - at), at)
    }
    return out
  }
  return {
    bytes,
    number() {
      const [a = 0, b = 0, c = 0, d = 0] = bytes(4)
      return ((a << 24) | (b << 16) | (c << 8) | d) / 2 ** 32 + (a < 128 ? 0 : 1)
    },
  }
}
