// Long text is looked at by words: wherever it begins, and whatever is where, it is counted and refused as a strict decoder would.
import { expect, test } from 'vitest'
import { SCAN_LIMITS, scanYjsUpdate } from '@joinery/core/gate'
import { by, item, rawText, text } from './craft.ts'
import { scanned } from './expecting.ts'

const LONG = 3_000

/** The same bytes, at another place in memory. */
function shifted(bytes: Uint8Array, by: number): Uint8Array {
  const room = new Uint8Array(bytes.length + by)
  room.set(bytes, by)
  return room.subarray(by)
}

test('[CR-19] long text of any script is counted in UTF-16 units, wherever it lies in memory', () => {
  for (const odd of ['', 'é', '漢', '😀', 'жжжж']) {
    for (const at of [0, 1, 2, 3, 1_500, LONG]) {
      const content = 'a'.repeat(at) + odd + 'a'.repeat(LONG - at)
      const update = by(1, item(text(content)))
      for (let shift = 0; shift < 4; shift++) {
        expect(scanned(shifted(update, shift)).authors[0]?.to).toBe(content.length)
      }
    }
  }
})

test('[CR-19] one byte that is not UTF-8 is refused wherever it is in a long text', () => {
  for (let at = 0; at < 40; at++) {
    for (const place of [at, 1_500 + at, LONG - 1 - at]) {
      const content = Array.from({ length: LONG }, (_, index) => (index === place ? 0xff : 0x61))
      const update = by(1, item(rawText(content)))
      expect(scanYjsUpdate(shifted(update, at % 4), SCAN_LIMITS)).toMatchObject({
        ok: false,
        detail: expect.stringContaining('UTF-8'),
      })
    }
  }
})
