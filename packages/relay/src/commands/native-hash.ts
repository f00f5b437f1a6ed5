/** Node's SHA-256: for a few dozen bytes it is no quicker than ours, for a few thousand ten times. */
import { hash } from 'node:crypto'

export function nativeHash(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(hash('sha256', bytes, 'buffer'))
}
