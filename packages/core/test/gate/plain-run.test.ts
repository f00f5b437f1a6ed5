// Most of a long text is read by a shorter way than the rest: where a struct stands must make no difference to what is said of it.
import * as encoding from 'lib0/encoding'
import { describe, expect, test } from 'vitest'
import { SCAN_LIMITS, scanYjsUpdate, type ScanResult } from '@joinery/core/gate'
import { any, deleted, item, rawText, run, text, update, type Write } from './craft.ts'
import { expectRefused, scanned } from './expecting.ts'

/** So many that what stands before them is far from the end. */
const MANY = 10
/** Where the struct stands: behind a value under a key, and five characters. */
const CLOCK = 6

/** The struct as the last of an update, or with plain ones behind it. */
function around(struct: Write, { isLast }: { isLast: boolean }): Uint8Array {
  const before = [item(any(1), { parent: 'map', key: 'key' }), item(text('start'))]
  const behind = Array.from({ length: isLast ? 0 : MANY }, () => item(deleted(1), { left: [1, 2] }))
  return update([{ author: 1, clock: 0, structs: [...before, struct, ...behind] }])
}

function both(struct: Write): { last: ScanResult; amid: ScanResult } {
  const [last, amid] = [true, false].map(isLast => scanYjsUpdate(around(struct, { isLast }), SCAN_LIMITS))
  return { last: last as ScanResult, amid: amid as ScanResult }
}

/** A struct of which each number is given as it is written. */
const raw =
  (...numbers: readonly number[]): Write =>
  e => {
    for (const byte of numbers) encoding.writeUint8(e, byte)
  }

const DAMAGED: Readonly<Record<string, Write>> = {
  'an author longer than it need be': raw(0x84, 0x81, 0x00, 0x02, 0x01, 0x61),
  'a clock longer than it need be': raw(0x84, 0x01, 0x82, 0x80, 0x00, 0x01, 0x61),
  'a length longer than it need be': raw(0x81, 0x01, 0x02, 0x83, 0x80, 0x80, 0x80, 0x00),
  'an author over 2^53': raw(0x84, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0x02, 0x01, 0x61),
  'a left neighbour that is itself': item(text('a'), { left: [1, CLOCK] }),
  'a left neighbour that comes later': item(text('a'), { left: [1, CLOCK + 3] }),
  'a right neighbour that is itself': item(text('a'), { right: [1, CLOCK] }),
  'a right neighbour beside a left one that comes later': item(text('a'), { left: [1, 2], right: [1, CLOCK + 1] }),
  'a place between another and itself': item(text('a'), { left: [1, 2], right: [1, 2] }),
  'no text': item(text(''), { left: [1, 2] }),
  'nothing deleted': item(deleted(0), { left: [1, 2] }),
  'more deleted than there are clocks': item(deleted(SCAN_LIMITS.maxClock), { left: [1, 2] }),
  'text that goes on behind the end': raw(0x84, 0x01, 0x02, 0xff, 0xff, 0x7f, 0x61),
  'text that is not UTF-8': item(rawText([0x61, 0xc3, 0x28]), { left: [1, 2] }),
  'text cut inside a character': item(rawText([0xe2, 0x82]), { left: [1, 2] }),
  'half a surrogate pair': item(rawText([0xed, 0xa0, 0x80]), { left: [1, 2] }),
  'several values under one key': item(text('ab'), { left: [1, 0] }),
  'no known kind': run(1, 0x80 | 31),
  'a gap': run(1, 0x80 | 10),
}

describe('damage is refused amid plain structs for the same reason as at the end', () => {
  for (const [what, struct] of Object.entries(DAMAGED)) {
    test(`[D2] ${what}`, () => {
      const { last, amid } = both(struct)
      expect(last.ok).toBe(false)
      expect(amid).toEqual(last)
      expectRefused(around(struct, { isLast: false }), 'BAD_UPDATE')
    })
  }
})

describe('what is sound is read amid plain structs as at the end', () => {
  const sound: Readonly<Record<string, { struct: Write; length: number }>> = {
    'text': { struct: item(text('ab'), { left: [1, 2], right: [1, 3] }), length: 2 },
    'text of other scripts': { struct: item(text('жü漢😀'), { left: [1, 2] }), length: 5 },
    'deleted text': { struct: item(deleted(300), { right: [1, 2] }), length: 300 },
    "another author's, with ids of every length": {
      struct: item(text('a'), { left: [2 ** 32 - 1, 2 ** 21], right: [300, 2 ** 14 - 1] }),
      length: 1,
    },
    "an author's of more than five bytes": { struct: item(text('a'), { left: [2 ** 40, 2 ** 35] }), length: 1 },
  }
  for (const [what, { struct, length }] of Object.entries(sound)) {
    test(`[D2] ${what}`, () => {
      const last = scanned(around(struct, { isLast: true }))
      const amid = scanned(around(struct, { isLast: false }))
      expect(last.authors).toEqual([{ author: 1, from: 0, to: CLOCK + length, gcOnly: false }])
      expect(amid.authors).toEqual([{ author: 1, from: 0, to: CLOCK + length + MANY, gcOnly: false }])
      expect({ ...amid, authors: [], structs: 0 }).toEqual({ ...last, authors: [], structs: 0 })
      expect(amid.structs).toBe(3 + MANY)
    })
  }

  test('what it needs of others is told when nothing else has to be arranged', () => {
    const structs = Array.from({ length: MANY }, (_, at) => item(text('a'), { left: [2, at], right: [3, 0] }))
    const own = Array.from({ length: MANY }, () => item(deleted(1), { left: [1, 0] }))
    const { references } = scanned(update([{ author: 1, clock: 0, structs: [...structs, ...own] }]))
    expect(references).toEqual([
      { author: 2, clock: MANY - 1 },
      { author: 3, clock: 0 },
    ])
  })

  test('a clock beyond the last one is refused where it is', () => {
    const limits = { ...SCAN_LIMITS, maxClock: CLOCK + 2 }
    const results = [true, false].map(isLast =>
      scanYjsUpdate(around(item(text('abc'), { left: [1, 2] }), { isLast }), limits),
    )
    expect(results[0]).toMatchObject({ ok: false, detail: 'a struct beyond the last clock' })
    expect(results[1]).toEqual(results[0])
  })

  test('nothing is read beyond what the author is said to have', () => {
    const structs = Array.from({ length: MANY * 2 }, () => item(text('a'), { left: [2, 0] }))
    const whole = update([{ author: 1, clock: 0, structs, count: MANY }])
    expect(scanYjsUpdate(whole, SCAN_LIMITS).ok).toBe(false)
  })
})
