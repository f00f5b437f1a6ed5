// How much a relay that runs for long takes for what is young. In a process of its own: it is V8's for all of it.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const LIVELY = `
  import { PerformanceObserver } from 'node:perf_hooks'
  import { getHeapSpaceStatistics } from 'node:v8'
  import { setImmediate as turn } from 'node:timers/promises'
  const { boundYoung } = await import(process.argv[1])
  boundYoung(look => {
    const sweeps = new PerformanceObserver(look)
    sweeps.observe({ entryTypes: ['gc'] })
    return () => sweeps.disconnect()
  })
  let kept = []
  for (let at = 0; at < 200; at++) {
    for (let n = 0; n < 50_000; n++) kept.push({ at, n })
    if (kept.length > 500_000) kept = []
    await turn()
  }
  console.log(getHeapSpaceStatistics().find(space => space.space_name === 'new_space').space_size)
`

test('[DU-18] what is young takes 32 MB at most, however much memory there is', async () => {
  const module = join(import.meta.dirname, '../src/bound-young.ts')
  const run = ['--input-type=module', '--eval', LIVELY, module]
  const { stdout } = await promisify(execFile)(process.execPath, run)
  const bytes = Number(stdout)
  expect(bytes).toBeGreaterThan(0)
  expect(bytes).toBeLessThanOrEqual(2 * 16 * 1_048_576)
})
