import { seededRandom, virtualClock } from '@joinery/core/testing'
import { expect, test } from 'vitest'
import { openTelemetry } from '../../src/tracer/opentelemetry.ts'

function sampled(sample: number, of: number): number {
  const clock = virtualClock()
  const tracer = openTelemetry({ url: 'http://127.0.0.1:1', sample, version: '0.0.0', clock, random: seededRandom(3) })
  let count = 0
  for (let n = 0; n < of; n++) if (tracer.samples()) count += 1
  return count
}

test('of so many edits, the fraction that was asked for is traced, and all or none when that was', () => {
  expect(sampled(1, 1_000)).toBe(1_000)
  expect(sampled(0, 1_000)).toBe(0)
  // Within three deviations of a draw for each.
  expect(Math.abs(sampled(0.01, 100_000) - 1_000)).toBeLessThan(95)
  expect(Math.abs(sampled(0.5, 100_000) - 50_000)).toBeLessThan(475)
})
