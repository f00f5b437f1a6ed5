import { PLAIN_DEPTH, readRegister, REGISTER_BYTES, writeRegister, type Plain, type RegisterState } from '@joinery/core'
import { seededRandom } from '@joinery/core/testing'
import { expect, test } from 'vitest'

const STATE: RegisterState = {
  turn: 7,
  at: 1_700_000_000_000,
  by: 'device-1',
  n: 2,
  value: { play: { rate: 1.5, tracks: [{ id: 'a' }] } },
}

test('[D2] a state is read as it was written, its keys in any order', () => {
  expect(readRegister(writeRegister(STATE))).toEqual(STATE)
  const turned = { ...STATE, value: { play: { tracks: [{ id: 'a' }], rate: 1.5 } } }
  expect(writeRegister(turned)).toEqual(writeRegister(STATE))
  let deep: Plain = 1
  for (let depth = 0; depth < PLAIN_DEPTH; depth++) deep = [deep]
  expect(readRegister(writeRegister({ ...STATE, value: { m: { deep } } })).value).toEqual({ m: { deep } })
})

test('[CR-13] a state cut anywhere, or that goes on, is none', () => {
  const bytes = writeRegister(STATE)
  const bad = expect.objectContaining({ code: 'BAD_UPDATE' })
  for (let length = 0; length < bytes.length; length++)
    expect(() => readRegister(bytes.subarray(0, length))).toThrow(bad)
  expect(() => readRegister(new Uint8Array([...bytes, 0]))).toThrow(bad)
})

test('[CR-01] noise is refused, or is a state in its one encoding', () => {
  const random = seededRandom(2)
  const bytes = writeRegister(STATE)
  for (let i = 0; i < 3000; i++) {
    const noise = i % 2 === 0 ? random.bytes(Math.floor(random.number() * 50)) : Uint8Array.from(bytes)
    const at = Math.floor(random.number() * noise.length)
    noise[at] = Math.floor(random.number() * 256)
    try {
      expect(writeRegister(readRegister(noise))).toEqual(noise)
    } catch (error) {
      expect(error).toMatchObject({ code: 'BAD_UPDATE' })
    }
  }
})

test('[D2] a state above 64 KiB is neither written nor read', () => {
  const large = { ...STATE, value: { m: { k: 'x'.repeat(REGISTER_BYTES) } } }
  expect(() => writeRegister(large)).toThrow(expect.objectContaining({ code: 'TOO_LARGE' }))
  expect(() => readRegister(new Uint8Array(REGISTER_BYTES + 1))).toThrow(
    expect.objectContaining({ code: 'BAD_UPDATE' }),
  )
})
