import { createDecoder, readVarUint } from 'lib0/decoding'
import { createEncoder, toUint8Array, writeVarString, writeVarUint } from 'lib0/encoding'
import { expect, test } from 'vitest'
import { decodeHint, encodeHint, encodeTelling } from '../src/hint.ts'

const trace = { trace: '0af7651916cd43dd8448eb211c80319c', span: 'b7ad6b7169203331' }

test('a hint comes back as it was, with a trace and without', () => {
  expect(decodeHint(encodeHint(300, trace))).toEqual({ seq: 300, trace, news: undefined, before: undefined })
  expect(decodeHint(encodeHint(7))).toEqual({ seq: 7, trace: undefined, news: undefined, before: undefined })
})

test('[MN-02] the longest hint is a seq and a trace, and 34 bytes', () => {
  expect(encodeHint(Number.MAX_SAFE_INTEGER, trace)).toHaveLength(8 + 2 + 24)
})

test('a hint brings what was committed, and the mark before it', () => {
  const [news, before] = [Uint8Array.of(1, 2, 3), new Uint8Array(16).fill(7)]
  expect(decodeHint(encodeHint(7, trace, { news, before }))).toEqual({ seq: 7, trace, news, before })
})

test('old nodes read the seq of a new hint, and new nodes that of an old one or of a newer one', () => {
  expect(readVarUint(createDecoder(encodeHint(300, trace)))).toBe(300)
  const old = createEncoder()
  writeVarUint(old, 300)
  expect(toUint8Array(old)).toEqual(encodeHint(300))
  // A field that nobody knows yet, before one that is known.
  const newer = createEncoder()
  writeVarUint(newer, 300)
  writeVarUint(newer, 99)
  writeVarString(newer, 'to come')
  const known = encodeHint(300, trace).subarray(encodeHint(300).length)
  expect(decodeHint(Uint8Array.from([...toUint8Array(newer), ...known]))).toEqual({
    seq: 300,
    trace,
    news: undefined,
    before: undefined,
  })
})

test('what a node says of itself comes back, moves no log, and says nothing to nodes that do not know it', () => {
  const said = encodeTelling({ node: 'n1', ms: 4.321 })
  expect(decodeHint(said)).toEqual({ seq: 0, telling: { node: 'n1', ms: 4.321 } })
  expect(readVarUint(createDecoder(said))).toBe(0)
  for (let length = 0; length < said.length; length++)
    expect(decodeHint(said.subarray(0, length))).toEqual({ seq: 0, telling: undefined })
  expect(decodeHint(encodeTelling({ node: 'n'.repeat(65), ms: 1 })).telling).toBeUndefined()
})

test('[R5] what is cut off or of another length is no trace, and the seq stands', () => {
  const whole = encodeHint(300, trace)
  for (let length = encodeHint(300).length; length < whole.length; length++) {
    expect(decodeHint(whole.subarray(0, length))).toEqual({
      seq: 300,
      trace: undefined,
      news: undefined,
      before: undefined,
    })
  }
  expect(decodeHint(Uint8Array.of(5, 1, 2, 0, 0))).toEqual({
    seq: 5,
    trace: undefined,
    news: undefined,
    before: undefined,
  })
  expect(decodeHint(new Uint8Array())).toEqual({ seq: 0, trace: undefined, news: undefined, before: undefined })
})
