/** SHA-256 against another implementation. */
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { hex } from '../src/index.ts'
import { sha256 } from '../src/sha256.ts'

const known = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

test('[R4] digests are SHA-256, of every length around a block and of anything', () => {
  for (let length = 0; length < 200; length++) {
    const bytes = new Uint8Array(length).fill(length)
    expect(hex(sha256(bytes))).toBe(known(bytes))
  }
  fc.assert(fc.property(fc.uint8Array({ maxLength: 2_000 }), bytes => hex(sha256(bytes)) === known(bytes)))
})
