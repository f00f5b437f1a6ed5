// Ratios, goals, and what counts as fallen behind.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createPosition } from '../driver/fan-out.ts'
import { mediansOf } from '../contest/run.ts'
import type { Scenario } from '../contest/scenario.ts'
import type { ServerName } from '../contest/servers.ts'
import { plotOf } from '../contest/plot.ts'
import { listOf, readKept } from '../contest/results.ts'
import { SCENARIOS } from '../contest/scenarios.ts'
import { digits, goalsOf, tableOf } from '../contest/table.ts'
import { fallenBehind, ratio, ratiosOf } from '../contest/verdict.ts'

const scenario: Scenario = {
  what: 'a test',
  metrics: {
    deliveries: { label: 'deliveries', unit: '1/s', better: 'higher' },
    ms: { label: 'time', unit: 'ms', better: 'lower' },
  },
  servers: ['joinery-door', 'hocuspocus'],
  comparisons: [
    { metric: 'deliveries', subject: 'joinery-door', against: 'hocuspocus', least: 2, noise: 0.25 },
    { metric: 'ms', subject: 'joinery-door', against: 'hocuspocus', noise: 0.5 },
  ],
  limits: [{ metric: 'ms', subject: 'joinery-door', most: 4 }],
  rounds: () => 1,
  measure: () => Promise.resolve({}),
}

const medians = new Map<ServerName, Record<string, number>>([
  ['joinery-door', { deliveries: 300, ms: 5 }],
  ['hocuspocus', { deliveries: 100, ms: 20 }],
])

test('a ratio of more than 1 is in favour of ours, whichever way is better', () => {
  expect(ratiosOf('some', scenario, medians)).toEqual([
    { id: 'some deliveries: joinery-door to hocuspocus', value: 3, least: 2, noise: 0.25 },
    { id: 'some ms: joinery-door to hocuspocus', value: 4, least: undefined, noise: 0.5 },
  ])
})

test('a figure that is missing makes no ratio, and what is below all measure does not divide by nothing', () => {
  expect(ratio(scenario.metrics['ms'], 5, undefined)).toBeNaN()
  expect(ratio(scenario.metrics['ms'], 0, 20)).toBe(2_000)
})

test('worse than the committed ratio by more than noise has fallen behind; a missing one has; a new one has not', () => {
  const at = (value: number) => [{ id: 'a', value, least: undefined, noise: 0.25 }]
  expect(fallenBehind(at(3), { a: 4 })).toEqual([])
  expect(fallenBehind(at(2.99), { a: 4 })).toEqual([{ id: 'a', value: 2.99, committed: 4, least: 3 }])
  expect(fallenBehind(at(Number.NaN), { a: 4 })).toHaveLength(1)
  expect(fallenBehind([], { a: 4 })).toHaveLength(1)
  expect(fallenBehind(at(0.1), {})).toEqual([])
})

test('the committed ratios are those of the page in decisions/ that says why', () => {
  const { decision, ratios } = readKept()
  const page = readFileSync(join(import.meta.dirname, '../../decisions', decision), 'utf8')
  expect(page.endsWith(listOf(ratios))).toBe(true)
  expect(Object.keys(ratios).length).toBeGreaterThan(0)
})

test('each committed ratio is still measured', () => {
  const measured = Object.entries(SCENARIOS).flatMap(([name, scenario]) => ratiosOf(name, scenario, new Map()))
  const ids = new Set(measured.map(({ id }) => id))
  expect(Object.keys(readKept().ratios).filter(id => !ids.has(id))).toEqual([])
})

test('the table says of every goal whether it holds', () => {
  const part = { name: 'some', scenario, medians, ratios: ratiosOf('some', scenario, medians) }
  expect(goalsOf(part)).toEqual([
    '- deliveries: joinery-door to hocuspocus: 3× (at least 2: yes)',
    '- ms: joinery-door to hocuspocus: 4×',
    '- ms: joinery-door 5 (at most 4: NO)',
  ])
  expect(tableOf([{ ...part, circumstances: 'Here.' }])).toContain('| Hocuspocus | 100 | 20 |')
})

test('a server without a figure has a dash, and numbers have three digits', () => {
  expect(goalsOf({ scenario, medians: new Map(), ratios: [] })).toEqual(['- ms: joinery-door – (at most 4: NO)'])
  expect([undefined, 0.123_45, 12.345, 1_234_567].map(digits)).toEqual(['–', '0.123', '12.3', '1,230,000'])
})

test('the median of a metric is of the rounds that have it', () => {
  expect(
    mediansOf([
      { a: 1, b: 5 },
      { a: 9, b: Number.NaN },
      { a: 4, b: 7 },
    ]),
  ).toEqual({ a: 4, b: 7 })
})

test('the plot has a bar for each server of a chart, also for one without a figure', () => {
  const name = 'cold-load'
  const cpu = { label: 'CPU', unit: 'ms', better: 'lower' as const }
  const empty = { circumstances: '', medians: new Map(), ratios: [] }
  const part = { name, scenario: { ...scenario, metrics: { cpu } }, ...empty }
  const svg = plotOf([part])
  expect(svg.match(/<rect class="(ours|peer|floor)"/g)).toHaveLength(2)
  expect(svg).not.toContain('NaN')
})

test('everybody has an edit when the slowest reader has it, however many came in one frame', () => {
  const position = createPosition(2)
  expect(position.step(0, 5)).toBe(false)
  expect(position.step(1, 3)).toBe(true)
  expect([position.ofAll(), position.sum()]).toEqual([3, 8])
  expect(position.step(1, 3)).toBe(false)
  expect(position.step(1, 7)).toBe(true)
  expect(position.ofAll()).toBe(5)
})
