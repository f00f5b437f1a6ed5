// Several tabs in one process.
import { setImmediate as settle } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { tabsLaws, virtualClock } from '@joinery/core/testing'
import { memoryTabs } from '@joinery/adapters/tabs/memory'

describe('by microtasks', () => {
  for (const law of tabsLaws)
    test(`[${law.rule}] ${law.title}`, () =>
      law.check(() => {
        const [device, other] = [memoryTabs(), memoryTabs()]
        return { open: device.open, stranger: other.open, settle: () => settle() }
      }))
})

describe('on virtual time', () => {
  for (const law of tabsLaws)
    test(`[${law.rule}] ${law.title}`, () =>
      law.check(() => {
        const clock = virtualClock()
        const schedule = (run: () => void) => void clock.after(3, run)
        const [device, other] = [memoryTabs({ schedule }), memoryTabs({ schedule })]
        return { open: device.open, stranger: other.open, settle: () => clock.advance(100) }
      }))
})

test('nothing happens but by the scheduler', async () => {
  const steps: (() => void)[] = []
  const device = memoryTabs({ schedule: run => steps.push(run) })
  const [a, b] = [device.open(), device.open()]
  const seen: unknown[] = []
  b.listen(news => seen.push(news))
  b.lead(() => seen.push('leads'))
  a.send(1)
  a.send(2)
  await settle()
  expect(seen).toEqual([])
  for (const step of steps) step()
  expect(seen).toEqual(['leads', 1, 2])
})

test('[CL-05] a tab that crashed is called no more, and its role passes on', async () => {
  const device = memoryTabs()
  const [a, b, c] = [device.open(), device.open(), device.open()]
  const seen: string[] = []
  a.lead(() => seen.push('a leads'))
  b.lead(() => seen.push('b leads'))
  c.lead(() => seen.push('c leads'))
  a.listen(() => seen.push('a hears'))
  await settle()
  c.send('news')
  a.crash()
  b.crash()
  await settle()
  expect(seen).toEqual(['a leads', 'c leads'])
})

test('[CL-05] a tab that crashes when it has just been given the role leads nothing', async () => {
  const device = memoryTabs()
  const [a, b] = [device.open(), device.open()]
  const seen: string[] = []
  a.lead(() => seen.push('a'))
  b.lead(() => seen.push('b'))
  a.crash()
  await settle()
  expect(seen).toEqual(['b'])
})

test('news that is no plain value is the sender’s error, as in a browser', () => {
  const device = memoryTabs()
  const [a] = [device.open(), device.open()]
  expect(() => a.send(() => {})).toThrow('could not be cloned')
})
