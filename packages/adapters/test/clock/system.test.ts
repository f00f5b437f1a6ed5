// The platform's own time, in Node.
import { execFile } from 'node:child_process'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'
import { expect, test, vi } from 'vitest'
import { clockLaws } from '@joinery/core/testing'
import { systemClock } from '@joinery/adapters/clock/system'

for (const law of clockLaws)
  test(`[${law.rule}] ${law.title}`, () => law.check(() => ({ clock: systemClock(), pass: ms => wait(ms + 2) })))

test('timers keep the process alive, unless it was asked that they do not', async () => {
  const printed = async (options: string): Promise<string> => {
    const program = `import { systemClock } from '@joinery/adapters/clock/system'
      systemClock(${options}).after(50, () => console.log('ran'))`
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--conditions=joinery-source', '--input-type=module', '--eval', program],
      { cwd: import.meta.dirname },
    )
    return stdout
  }
  expect(await Promise.all([printed(''), printed('{ unref: true }')])).toEqual(['ran\n', ''])
})

test('a wait that is too long for a timer is made of timers that are not', () => {
  const timers = vi.spyOn(globalThis, 'setTimeout')
  const cancel = systemClock().after(2 ** 40, () => {})
  expect(timers.mock.calls.map(([, ms]) => ms)).toEqual([2 ** 31 - 1])
  cancel()
  timers.mockRestore()
})
