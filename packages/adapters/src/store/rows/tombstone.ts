/** Whether what the log knows by a digest was the purge of a document: also where its entry cannot be read. */
import { entryDigest, sameBytes } from '@joinery/core'

interface Named {
  readonly name: string
  readonly kind: string
  readonly engine: string
}

const NO_BYTES = new Uint8Array(0)

export function isTombstoneOf({ name, kind, engine }: Named, digest: Uint8Array): boolean {
  return sameBytes(entryDigest({ type: 'tombstone', document: name, kind, engine, bytes: NO_BYTES }), digest)
}
