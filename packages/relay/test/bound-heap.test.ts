// How much a relay that runs for long takes for what is young, and for garbage that is old. In a process of its own: it is V8's for all of it.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const LIVELY = `
  import { PerformanceObserver } from 'node:perf_hooks'
  import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8'
  import { setImmediate as turn } from 'node:timers/promises'
  import { runInNewContext } from 'node:vm'
  import { Worker } from 'node:worker_threads'

  const size = () => getHeapSpaceStatistics().find(space => space.space_name === 'new_space').space_size
  const work = async () => {
    let kept = []
    for (let at = 0; at < 500; at++) {
      for (let n = 0; n < 10_000; n++) kept.push({ at, n })
      if (kept.length > 500_000) kept = []
      await turn()
    }
    return size()
  }
  const { boundHeap } = await import(process.argv[1])
  boundHeap(look => new PerformanceObserver(look).observe({ entryTypes: ['gc'] }))
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc')
  const shrunk = async () => {
    for (let at = 0; at < 3; at++) {
      collect({ type: 'major', flavor: 'last-resort' })
      await turn()
    }
    return size()
  }
  // As a relay that has started.
  await shrunk()
  const lively = await work()
  const idle = await shrunk()
  const again = await work()
  const limits = { resourceLimits: { maxYoungGenerationSizeMb: 12 }, eval: true }
  const code = 'import { getHeapSpaceStatistics } from "node:v8"; import { parentPort } from "node:worker_threads";' +
    'import { setImmediate as turn } from "node:timers/promises";' +
    'const size = ' + size + '; const work = ' + work + '; parentPort.postMessage(await work())'
  const thread = await new Promise(done => new Worker(code, limits).once('message', done))
  console.log(JSON.stringify({ lively, idle, again, thread }))
`

const LONG = `
  import { PerformanceObserver } from 'node:perf_hooks'
  import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8'
  import { setImmediate as turn } from 'node:timers/promises'
  import { runInNewContext } from 'node:vm'

  const { boundHeap } = await import(process.argv[1])
  boundHeap(look => new PerformanceObserver(look).observe({ entryTypes: ['gc'] }))
  setFlagsFromString('--expose-gc')
  const size = () => getHeapSpaceStatistics().find(space => space.space_name === 'old_space').space_used_size
  const kept = Array.from({ length: 500_000 }, (_, n) => ({ n }))
  runInNewContext('gc')({ type: 'major' })
  const alive = size()
  let most = 0
  const passing = []
  for (let at = 0; at < 200; at++) {
    passing.push(Array.from({ length: 50_000 }, (_, n) => ({ at, n })))
    if (passing.length > 4) passing.shift()
    await turn()
    most = Math.max(most, size())
  }
  console.log(JSON.stringify({ kept: kept.length, alive, most }))
`
const MB = 1_048_576

async function heapsOf(code: string): Promise<Record<string, number>> {
  const module = join(import.meta.dirname, '../src/bound-heap.ts')
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', code, module])
  return JSON.parse(stdout) as Record<string, number>
}

test('[DU-18] what is young takes 8 MB, or what it grew to before that could be told, also after an idle time, and in threads', async () => {
  const { idle, ...others } = await heapsOf(LIVELY)
  for (const bytes of Object.values(others)) expect(bytes).toBeLessThanOrEqual(16 * MB)
  // It grows again, and threads are not held to what the first one needs.
  for (const bytes of Object.values(others)) expect(bytes).toBeGreaterThan(2 * (idle ?? Infinity))
})

test('[DU-18] what is old and garbage is swept when it is about as much as is alive', async () => {
  const { alive = 0, most = Infinity, kept } = await heapsOf(LONG)
  expect(kept).toBe(500_000)
  expect(most).toBeLessThan(4 * alive)
})
