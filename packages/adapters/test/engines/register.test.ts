import { readRegister, REGISTER_BYTES, writeRegister, type RegisterState } from '@joinery/core'
import { engineLaws, seededRandom } from '@joinery/core/testing'
import { describe, expect, test } from 'vitest'
import { registerEngine } from '@joinery/adapters/engines/register'
import { testedRegister } from './tested.ts'

describe('the contract', () => {
  for (const law of engineLaws) {
    test(`[${law.rule}] ${law.title}`, () =>
      law.check(() => ({ engine: testedRegister({ now: () => 1_000 }), random: seededRandom(1) })))
  }
})

const PLAY = { turn: 3, at: 50, by: 'a', n: 1, value: { play: { playing: true } } }

/** Which of two states stands, whichever came first. */
function winner(
  a: RegisterState,
  b: RegisterState,
  prefer?: (a: RegisterState, b: RegisterState) => number,
): RegisterState {
  const engine = registerEngine({ now: () => 0, ...(prefer === undefined ? {} : { prefer }) })
  const [first, second] = [engine.open('x'), engine.open('y')]
  first.applyAll([writeRegister(a), writeRegister(b)])
  second.applyAll([writeRegister(b), writeRegister(a)])
  expect(first.digest()).toBe(second.digest())
  expect(first.encode()).toEqual(second.encode())
  return readRegister(first.encode())
}

describe('two commands', () => {
  test('[D1] the greater turn stands; on one turn the later, then the greater id', () => {
    const turn = { ...PLAY, turn: 4, at: 1 }
    const later = { ...PLAY, at: 51, value: { play: { playing: false } } }
    const greaterId = { ...PLAY, by: 'b' }
    expect(winner(PLAY, turn)).toEqual(turn)
    expect(winner(PLAY, later)).toEqual(later)
    expect(winner(later, greaterId)).toEqual(later)
    expect(winner(PLAY, greaterId)).toEqual(greaterId)
  })

  test('[D1] a rule may prefer one before the clock does, but never an earlier turn', () => {
    const pauses = ({ value }: RegisterState): number => Number(value['play']?.['playing'] === false)
    const prefer = (a: RegisterState, b: RegisterState): number => pauses(a) - pauses(b)
    const pause = { ...PLAY, at: 1, value: { play: { playing: false } } }
    expect(winner(PLAY, pause, prefer)).toEqual(pause)
    expect(winner({ ...PLAY, turn: 4 }, pause, prefer)).toEqual({ ...PLAY, turn: 4 })
  })

  test('[D1] states forged to differ in their value alone still have one order', () => {
    const random = seededRandom(4)
    const states = Array.from({ length: 400 }, () => ({
      turn: 2 + Math.floor(random.number() * 2),
      at: Math.floor(random.number() * 2),
      by: random.number() < 0.5 ? 'a' : 'b',
      n: 1 + Math.floor(random.number() * 2),
      value: { play: { rate: Math.floor(random.number() * 3) } },
    }))
    const encoded = states.map(writeRegister)
    const standing = Array.from({ length: 50 }, () => {
      const document = registerEngine({ now: () => 0 }).open('x')
      document.applyAll(encoded.toSorted(() => random.number() - 0.5))
      return document.encode().join()
    })
    expect(new Set(standing).size).toBe(1)
  })
})

test('[R2] a command says when, by whom and at which turn, for a relay to read', () => {
  let now = 1_700_000_000_000.9
  const engine = registerEngine({ now: () => now })
  const [one, other] = [engine.open('one'), engine.open('other')]
  one.map('play').set('position', 1.5)
  other.apply(one.encode())
  now += 100
  other.map('play').set('position', 2.5)
  expect(readRegister(one.encode())).toEqual({
    turn: 1,
    at: 1_700_000_000_000,
    by: 'one',
    n: 1,
    value: { play: { position: 1.5 } },
  })
  expect(readRegister(other.encode())).toEqual({
    turn: 2,
    at: 1_700_000_000_100,
    by: 'other',
    n: 1,
    value: { play: { position: 2.5 } },
  })
  expect(other.raw).toEqual(readRegister(other.encode()))
})

describe('bytes', () => {
  test('[D2] a state has one encoding: other orders, doubled keys and poisoned ones are refused', () => {
    const engine = registerEngine({ now: () => 0 })
    const ascii = (text: string): number[] => [text.length, ...Buffer.from(text)]
    const record = (...entries: number[][]): number[] => [118, entries.length, ...entries.flat()]
    const state = (value: number[], { n = 1, turn = 1, by = 'a' } = {}): Uint8Array =>
      new Uint8Array([1, turn, 5, ...ascii(by), n, ...value])
    const [one, two] = [
      [125, 1],
      [125, 2],
    ]
    const good = state(
      record([...ascii('m'), ...record([...ascii('a'), ...(one ?? [])], [...ascii('b'), ...(two ?? [])])]),
    )
    expect(engine.check(good)).toBe(undefined)
    const a = [...ascii('a'), ...(one ?? [])]
    const b = [...ascii('b'), ...(two ?? [])]
    const bad: Record<string, Uint8Array> = {
      'keys out of order': state(record([...ascii('m'), ...record(b, a)])),
      'a key twice': state(record([...ascii('m'), ...record(a, a)])),
      'a poisoned key': state(record([...ascii('m'), ...record([...ascii('__proto__'), ...record(a)])])),
      'a poisoned name': state(record([...ascii('constructor'), ...record(a)])),
      'a map without entries': state(record([...ascii('m'), ...record()])),
      'a value that is no record': state([125, 1]),
      'a map that is no record': state(record([...ascii('m'), 125, 1])),
      'undefined inside': state(record([...ascii('m'), ...record([...ascii('a'), 127])])),
      'an integer as a float': state(record([...ascii('m'), ...record([...ascii('a'), 124, 63, 128, 0, 0])])),
      'a command before the first': state(record([...ascii('m'), ...record(a)]), { n: 0 }),
      'more commands than turns': state(record([...ascii('m'), ...record(a)]), { n: 2 }),
      'no author': state(record([...ascii('m'), ...record(a)]), { by: '' }),
      'another format': Uint8Array.from(good, (byte, at) => (at === 0 ? 2 : byte)),
      'nesting without end': state(
        record([...ascii('m'), ...record([...ascii('a'), ...Array.from({ length: 30_000 }, () => [117, 1]).flat()])]),
      ),
      'a count without end': state(record([...ascii('m'), ...record([...ascii('a'), 117, 255, 255, 255, 255, 15])])),
    }
    for (const [what, bytes] of Object.entries(bad))
      expect(engine.check(bytes), what).toMatchObject({ code: 'BAD_UPDATE' })
  })

  test('[D2] a value that grows too large is refused, and the document is as before', () => {
    const document = registerEngine({ now: () => 0 }).open('a')
    document.map('play').set('k', 1)
    const before = document.encode()
    const large = 'x'.repeat(REGISTER_BYTES)
    expect(() => document.map('play').set('k', large)).toThrow(expect.objectContaining({ code: 'TOO_LARGE' }))
    expect(document.map('play').get('k')).toBe(1)
    expect(document.encode()).toEqual(before)
    document.map('play').set('k', 2)
    expect(readRegister(document.encode())).toMatchObject({ turn: 2, n: 2 })
  })

  test('[D2] when one of several states is damaged, none is taken', () => {
    const engine = registerEngine({ now: () => 0 })
    const [a, b] = [engine.open('a'), engine.open('b')]
    a.map('play').set('k', 1)
    expect(() => b.applyAll([a.encode(), a.encode().subarray(1)])).toThrow(
      expect.objectContaining({ code: 'BAD_UPDATE' }),
    )
    expect(b.content()).toEqual({})
  })
})
