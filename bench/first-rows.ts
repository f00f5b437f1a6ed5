// The first screen of a large library, in a browser that has just been started.
import type { BenchPage } from './page/page.ts'
import { benchBrowser } from './browser.ts'
import { type Bench, median, percentile } from './figure.ts'

declare const bench: BenchPage
const DOCUMENTS = 10_000
const RUNS = 7

export const firstRows: Bench = {
  what: `50 rows of a library of ${DOCUMENTS} notes, from createClient to the list, each time in a new browser`,
  async run() {
    const browser = await benchBrowser()
    const page = await browser.cold()
    await page.evaluate(count => bench.fill(count), DOCUMENTS)
    const runs: { ms: number; rows: number; built: number }[] = []
    for (let run = 0; run < RUNS; run++) runs.push(await (await browser.cold()).evaluate(() => bench.firstRows()))
    await browser.remove()
    if (runs.some(({ rows }) => rows !== 50)) throw new Error(`${runs.map(({ rows }) => rows).join(' ')} rows`)
    const took = runs.map(({ ms }) => ms)
    return [
      { name: `median of ${RUNS}`, value: median(took), unit: 'ms', limit: 150 },
      { name: 'slowest', value: percentile(took, 1), unit: 'ms' },
      { name: 'documents built', value: Math.max(...runs.map(({ built }) => built)), unit: '', limit: 0 },
    ]
  },
}
