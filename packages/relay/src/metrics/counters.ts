/**
 * Counters in memory. Laws:
 * - Counting is adding to a plain number: who reads them, and when, costs whoever counts nothing.
 * - However a label came about, there are few of them: from `LABELS` on, a new one counts as `other`.
 */
import type { Cell, Counters, Distribution } from '../log.ts'
import { HISTOGRAMS, type CounterName, type HistogramName } from './table.ts'

const LABELS = 64
const OTHER = 'other'

/**
 * Counters and distributions of one relay, all of them 0. `read` names a counter `name` or `name.label`, and leaves out what never happened.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { createCounters } from '@joinery/relay'
 *
 * const counters = createCounters()
 * counters.add('answered', 'acked')
 * counters.add('answered', 'acked', 2)
 * assert.equal(counters.read().get('answered.acked'), 3)
 * ```
 */
export function createCounters(): Counters {
  const cellsByName = new Map<CounterName, Map<string, Cell>>()
  const distributions = Object.fromEntries(
    Object.entries(HISTOGRAMS).map(([name, { bounds }]) => [name, emptyDistribution(bounds)]),
  ) as Record<HistogramName, MutableDistribution>

  const cell = (name: CounterName, label = ''): Cell => {
    let cells = cellsByName.get(name)
    if (cells === undefined) cellsByName.set(name, (cells = new Map()))
    const known = cells.get(label)
    if (known !== undefined) return known
    if (cells.size >= LABELS && label !== OTHER) return cell(name, OTHER)
    const made = { value: 0 }
    cells.set(label, made)
    return made
  }

  return {
    cell,
    add(name, label, by = 1) {
      cell(name, label).value += by
    },
    observe(name, value) {
      const distribution = distributions[name]
      const { bounds, counts } = distribution
      let at = 0
      while (at < bounds.length && value > (bounds[at] ?? Infinity)) at += 1
      counts[at] = (counts[at] ?? 0) + 1
      distribution.sum += value
    },
    read() {
      const all = new Map<string, number>()
      for (const [name, cells] of cellsByName) {
        for (const [label, { value }] of cells) if (value > 0) all.set(label === '' ? name : `${name}.${label}`, value)
      }
      return all
    },
    labelled: name => new Map([...(cellsByName.get(name) ?? [])].map(([label, { value }]) => [label, value])),
    distribution: name => distributions[name],
  }
}

interface MutableDistribution extends Distribution {
  readonly counts: number[]
  sum: number
}

function emptyDistribution(bounds: readonly number[]): MutableDistribution {
  return { bounds, counts: Array.from({ length: bounds.length + 1 }, () => 0), sum: 0 }
}
