// How long an edit takes until it is on the device's disk, in real Chromium, strict durability.
import type { BenchPage } from './page/page.ts'
import { benchBrowser } from './browser.ts'
import { type Bench, percentile } from './figure.ts'

declare const bench: BenchPage
const EDITS = 300

export const saved: Bench = {
  what: `${EDITS} edits of one note, one after the other, from the edit to its receipt`,
  async run() {
    const browser = await benchBrowser()
    const took = await (await browser.cold()).evaluate(count => bench.saved(count), EDITS)
    await browser.remove()
    return [
      { name: 'p50', value: percentile(took, 0.5), unit: 'ms' },
      { name: 'p95', value: percentile(took, 0.95), unit: 'ms', limit: 15 },
    ]
  },
}
