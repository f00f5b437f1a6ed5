// The bodies of requests over HTTP: their bytes, and what is not one.
import { expect, test } from 'vitest'
import { decodeExchange, encodeExchange, type Exchange } from '@joinery/core/protocol'

const full: Exchange = {
  sent: 300,
  got: 1,
  close: 4401,
  reason: 'no',
  frames: [Uint8Array.of(7, 1), new Uint8Array(0)],
}
const bytes = Uint8Array.of(0xac, 0x02, 1, 0xb1, 0x22, 2, 0x6e, 0x6f, 2, 2, 7, 1, 0)

test('[P100] a body has these bytes, both ways', () => {
  expect(encodeExchange(full)).toEqual(bytes)
  expect(decodeExchange(bytes)).toEqual(full)
})

test('[P100] a body is read to its last byte or refused whole', () => {
  for (let end = 0; end < bytes.length; end++) {
    expect(() => decodeExchange(bytes.subarray(0, end)), `${end} bytes`).toThrow(
      expect.objectContaining({ code: 'BAD_FRAME' }),
    )
  }
  const longer = Uint8Array.of(...bytes, 0)
  expect(() => decodeExchange(longer)).toThrow(expect.objectContaining({ code: 'BAD_FRAME' }))
  // A list that says to be longer than all there is.
  expect(() => decodeExchange(Uint8Array.of(0, 0, 0, 0, 0xff, 0xff, 0x03))).toThrow(
    expect.objectContaining({ code: 'BAD_FRAME' }),
  )
})

test('[P100] what nobody would read is not written', () => {
  expect(() => encodeExchange({ ...full, reason: 'x'.repeat(124) })).toThrow(
    expect.objectContaining({ code: 'BAD_INPUT' }),
  )
})
