/** SHA-256 against another implementation. */
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createEncoder, toUint8Array, writeVarString, writeVarUint8Array } from 'lib0/encoding'
import { digestOf, entryDigest, hex } from '../src/index.ts'
import { sha256 } from '../src/sha256.ts'

const known = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

test('[R4] digests are SHA-256, of every length around a block and of anything', () => {
  for (let length = 0; length < 200; length++) {
    const bytes = new Uint8Array(length).fill(length)
    expect(hex(sha256(bytes))).toBe(known(bytes))
  }
  fc.assert(fc.property(fc.uint8Array({ maxLength: 2_000 }), bytes => hex(sha256(bytes)) === known(bytes)))
})

test('[S4] an entry is digested as its names and bytes, one behind the other with their lengths, whatever they are', () => {
  const names = fc.oneof(fc.string({ maxLength: 140 }), fc.string({ unit: 'binary', maxLength: 140 }))
  const entries = fc.record({
    type: names,
    document: names,
    kind: names,
    engine: names,
    bytes: fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.constantFrom(127, 128, 16_383, 16_384).map(length => new Uint8Array(length).fill(7)),
    ),
  })
  fc.assert(
    fc.property(entries, entry => {
      const encoder = createEncoder()
      for (const name of [entry.type, entry.document, entry.kind, entry.engine]) writeVarString(encoder, name)
      writeVarUint8Array(encoder, entry.bytes)
      const all = toUint8Array(encoder)
      const native = entryDigest(entry, bytes => new Uint8Array(createHash('sha256').update(bytes).digest()))
      return hex(entryDigest(entry)) === hex(digestOf(all)) && hex(native) === hex(digestOf(all))
    }),
  )
})
