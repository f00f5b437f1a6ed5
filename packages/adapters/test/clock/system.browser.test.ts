// The platform's own time, in a browser.
import { test } from 'vitest'
import { clockLaws } from '@joinery/core/testing'
import { systemClock } from '@joinery/adapters/clock/system'

const wait = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))

for (const law of clockLaws)
  test(`[${law.rule}] ${law.title}`, () => law.check(() => ({ clock: systemClock(), pass: ms => wait(ms + 2) })))
