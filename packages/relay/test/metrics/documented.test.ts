import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { COUNTERS, GAUGES, HISTOGRAMS, type Row } from '../../src/metrics/table.ts'

const page = readFileSync(join(import.meta.dirname, '../../../../RUNNING.md'), 'utf8')

test('the page for whoever runs a relay has every metric, with its type, label and meaning, and no other', () => {
  const rows = (type: string, table: Readonly<Record<string, Row>>): string[] =>
    Object.values(table).map(({ metric, label, help }) => {
      const labelled = label === undefined ? '' : `\`${label}\``
      return `| \`${metric}\` | ${type} | ${labelled} | ${help} |`
    })
  const documented = page.split('\n').filter(line => line.startsWith('| `joinery_'))
  expect(documented).toEqual([...rows('counter', COUNTERS), ...rows('gauge', GAUGES), ...rows('histogram', HISTOGRAMS)])
})

test('metrics that the page names in its text are there', () => {
  const all = [COUNTERS, GAUGES, HISTOGRAMS].flatMap(table => Object.values<Row>(table).map(({ metric }) => metric))
  const named = [...page.matchAll(/joinery_[a-z_]+/g)].map(([name]) => name.replace(/_bucket$/, ''))
  expect(named.filter(name => !all.includes(name))).toEqual([])
})
