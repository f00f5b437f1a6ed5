import { virtualClock } from '@joinery/core/testing'
import { expect, test } from 'vitest'
import { createElsewhereTelling } from '../src/elsewhere-telling.ts'

function rig() {
  const clock = virtualClock()
  const said: number[] = []
  const telling = createElsewhereTelling(clock, ms => void said.push(ms))
  /** So many hints, a millisecond apart. */
  const hints = async (count: number, ms: number): Promise<void> => {
    for (let n = 0; n < count; n++) {
      telling.took(ms)
      await clock.advance(1)
    }
  }
  return { clock, said, telling, hints }
}

test('[R5] how long telling takes is said once in a second at most, as it was lately', async () => {
  const { said, hints } = rig()
  await hints(19, 8)
  expect(said).toEqual([])
  await hints(1_000, 4)
  expect(said).toHaveLength(1)
  await hints(2, 4)
  expect(said).toHaveLength(2)
  expect(said[0]).toBeGreaterThan(5)
  expect(said[1]).toBeCloseTo(4)
})

test('[T3] it is said once for twenty times, however seldom they are, and a pause of the machine is no telling', async () => {
  const { clock, said, hints } = rig()
  for (let n = 0; n < 59; n++) {
    await clock.advance(5_000)
    await hints(1, n === 38 ? 10_000 : 8)
  }
  expect(said).toHaveLength(2)
  expect(said[1]).toBeLessThan(10)
})

test('[R5] what others say counts together, each as it said last and a millisecond for the way, until it is said no more', async () => {
  const { clock, telling } = rig()
  expect(telling.elsewhere()).toBe(0)
  telling.heard({ node: 'b', ms: 9 })
  await clock.advance(2_000)
  telling.heard({ node: 'b', ms: 2 })
  telling.heard({ node: 'c', ms: 3 })
  expect(telling.elsewhere()).toBe(2 + 1 + 3 + 1)
  await clock.advance(1_500)
  telling.heard({ node: 'c', ms: 4 })
  await clock.advance(1_500)
  expect(telling.elsewhere()).toBe(4 + 1)
  await clock.advance(3_000)
  expect(telling.elsewhere()).toBe(0)
})

test('[T3] who invents nodes is heard of sixty-four, and keeps nobody out for long', async () => {
  const { clock, telling } = rig()
  for (let n = 0; n < 1_000; n++) telling.heard({ node: `n${n}`, ms: 1 })
  expect(telling.elsewhere()).toBe(2 * 64)
  await clock.advance(3_000)
  // Nobody asked meanwhile.
  telling.heard({ node: 'real', ms: 1 })
  expect(telling.elsewhere()).toBe(2)
})
