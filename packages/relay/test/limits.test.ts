import { expect, test } from 'vitest'
import { RELAY_LIMITS } from '../src/index.ts'
import { limitsOf } from '../src/limits.ts'

test('the limits are those of the table of faults', () => {
  expect(RELAY_LIMITS).toMatchObject({
    linksPerSubject: 20,
    doorSocketsPerSubject: 2_000,
    connections: 5_000,
    sendBuffer: 4_194_304,
    stuckMs: 30_000,
    bytesPerSecond: 4_194_304,
    burstBytes: 33_554_432,
    documentBytes: 52_428_800,
  })
})

test('[OP-04] a limit is set by its name and a number, and what is neither does not start', () => {
  expect(limitsOf([])).toEqual({})
  expect(limitsOf(['connections=10', 'commitDistanceMs=0'])).toEqual({ connections: 10, commitDistanceMs: 0 })
  for (const bad of [
    '',
    'connections',
    'connections=',
    'connections=many',
    'connections=-1',
    'connections=Infinity',
    'toString=1',
  ])
    expect(() => limitsOf([bad]), bad).toThrow()
})
