/** The hybrid logical clock. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hybridClock, isStamp, millisOf, STAMP_AHEAD_MS, stampOf } from '../src/hlc.ts'

const NOW = 1_767_225_600_000

function clockAt(start: number) {
  let wall = start
  return Object.assign(hybridClock({ now: () => wall }), { turn: (to: number) => (wall = to) })
}

describe('stamps', () => {
  test('[D1] comparing strings compares stamps, for all of time', () => {
    const moment = fc.tuple(fc.nat({ max: 2 ** 49 }), fc.nat({ max: 32 ** 4 - 1 }))
    fc.assert(
      fc.property(moment, moment, ([a, i], [b, j]) => {
        expect(Math.sign(stampOf(a, i) < stampOf(b, j) ? -1 : stampOf(a, i) > stampOf(b, j) ? 1 : 0)).toBe(
          Math.sign(a - b || i - j),
        )
        expect(millisOf(stampOf(a, i))).toBe(a)
      }),
    )
  })

  test('[D1] a stamp is fifteen ASCII characters, and nothing else is one', () => {
    expect(stampOf(NOW, 1)).toMatch(/^~[0-9a-v]{14}$/)
    for (const other of [
      '',
      '~',
      stampOf(NOW, 1).slice(1),
      `${stampOf(NOW, 1)}0`,
      '~w0000000000000',
      7,
      null,
      undefined,
    ]) {
      expect(isStamp(other)).toBe(false)
    }
  })
})

describe('a clock', () => {
  test('[D1] never gives the same or a smaller stamp, also when the wall clock jumps back or stands still', () => {
    const jump = fc.oneof(fc.integer({ min: -1_000_000, max: 1_000_000 }), fc.constant(0))
    fc.assert(
      fc.property(fc.array(jump, { maxLength: 60 }), jumps => {
        const clock = clockAt(NOW)
        let wall = NOW
        let last = clock.next()
        for (const by of jumps) {
          clock.turn((wall += by))
          const stamp = clock.next()
          expect(stamp > last).toBe(true)
          last = stamp
        }
      }),
    )
  })

  test('[D1] goes on to the next millisecond when the counter is used up', () => {
    const clock = clockAt(NOW)
    clock.saw(stampOf(NOW + 5, 32 ** 4 - 1))
    expect(clock.next()).toBe(stampOf(NOW + 6, 0))
  })

  test('[D1] what it has seen is before what it gives', () => {
    const clock = clockAt(NOW)
    clock.saw(stampOf(NOW + 500, 3))
    expect(clock.next()).toBe(stampOf(NOW + 500, 4))
    clock.saw(stampOf(NOW + 400, 900))
    expect(clock.next()).toBe(stampOf(NOW + 500, 5))
    clock.saw(stampOf(NOW + 500, 900))
    expect(clock.next()).toBe(stampOf(NOW + 500, 901))
  })

  test('[I12] one that runs slow and was never told the time follows what it sees, however far ahead', () => {
    const clock = clockAt(NOW - 3_600_000)
    clock.saw(stampOf(NOW, 0))
    expect(clock.next() > stampOf(NOW, 0)).toBe(true)
  })

  test('[CR-10] one that was told the time does not follow a stamp that no relay would take', () => {
    const clock = clockAt(NOW - 3_600_000)
    clock.correct(3_600_000)
    expect(clock.now()).toBe(NOW)
    clock.saw(stampOf(NOW + STAMP_AHEAD_MS + 1, 0))
    expect(millisOf(clock.next())).toBe(NOW)
    clock.saw(stampOf(NOW + STAMP_AHEAD_MS, 0))
    expect(clock.next()).toBe(stampOf(NOW + STAMP_AHEAD_MS, 1))
  })

  test('[CR-10] none follows a stamp beyond all clocks, or what is no stamp', () => {
    const clock = clockAt(NOW)
    for (const bad of [stampOf(2 ** 50 - 1, 32 ** 4 - 1), 'zzzz', '~']) clock.saw(bad)
    expect(clock.next()).toBe(stampOf(NOW, 0))
  })

  test('[C2] after a refused stamp it starts again from the corrected time', () => {
    const clock = clockAt(NOW + 600_000)
    expect(millisOf(clock.next())).toBe(NOW + 600_000)
    clock.correct(-600_000)
    clock.restart()
    expect(clock.next()).toBe(stampOf(NOW, 0))
  })
})
