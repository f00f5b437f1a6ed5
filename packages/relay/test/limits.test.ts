import { expect, test } from 'vitest'
import { RELAY_LIMITS } from '../src/index.ts'

test('the limits are those of the table of faults', () => {
  expect(RELAY_LIMITS).toMatchObject({
    linksPerSubject: 20,
    doorSocketsPerSubject: 2_000,
    unfinishedBytes: 268_435_456,
    connections: 5_000,
    sendBuffer: 4_194_304,
    stuckMs: 30_000,
    bytesPerSecond: 4_194_304,
    burstBytes: 33_554_432,
    documentBytes: 52_428_800,
  })
})
