// A thousand histories of the shipping code hold, on one node and on several, and the same seeds notice when one line of it is wrong.
import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { readBug } from './plant.ts'

const SEEDS = 1_000
/** Within so many, a planted bug is noticed that does not say otherwise. */
const BUG_SEEDS = 150
const bugs = readdirSync(join(import.meta.dirname, 'bugs'))
  .filter(file => file.endsWith('.json'))
  .map(file => file.slice(0, -'.json'.length))

/** Few seeds tell such a history: a device sleeps with its storage full, and hears of an ack long after the log was put back. */
const RARE = [47_492]

/** Nodes and databases that lost power in all of them together. */
const POWER_LOSSES = 1_000

test.concurrent(`[DU-02] [MN-01] [MN-06] [MN-07] [MN-08] [MN-09] [MN-13] ${SEEDS} seeds hold, and everything that must happen sometimes does`, async () => {
  const { code, output } = await simulate('--seeds', String(SEEDS))
  expect(output).toContain(`${SEEDS} seeds`)
  expect(code, output).toBe(0)
  const [, losses] = /(\d+) × a relay lost power/.exec(output) ?? []
  expect(Number(losses)).toBeGreaterThanOrEqual(POWER_LOSSES)
})

test.concurrent.for(RARE)('seed %i holds', async seed => {
  const { code, output } = await simulate('--seed', String(seed))
  expect(code, output).toBe(0)
})

test('there are at least 25 planted bugs', () => {
  expect(bugs.length).toBeGreaterThanOrEqual(25)
})

test.concurrent.for(bugs)('planted bug %s is caught', async bug => {
  const { breaks, within = BUG_SEEDS } = readBug(bug)
  const { code, output } = await simulate('--seeds', String(within), '--bug', bug)
  expect(code, `${bug} breaks ${breaks}, and no seed noticed:\n${output}`).toBe(1)
  expect(output).toMatch(/^seed \d+ FAILED I\d+/m)
})

async function simulate(...args: string[]): Promise<{ code: number; output: string }> {
  const main = join(import.meta.dirname, 'main.ts')
  try {
    const { stdout } = await promisify(execFile)(process.execPath, ['--conditions=joinery-source', main, ...args], {
      maxBuffer: 1 << 26,
    })
    return { code: 0, output: stdout }
  } catch (error) {
    const { code, stdout } = error as { code?: number; stdout?: string }
    return { code: code ?? -1, output: stdout ?? '' }
  }
}
