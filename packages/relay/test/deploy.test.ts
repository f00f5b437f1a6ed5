// The files in `deploy` name only what there is: metrics, labels, settings and flags. What is started with them is not started here.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { CODES } from '@joinery/core'
import { configurationOf } from '../src/configuration/configuration.ts'
import { KEYS, SETTINGS } from '../src/configuration/settings.ts'
import type { Setting } from '../src/configuration/setting.ts'
import { createCounters } from '../src/metrics/counters.ts'
import { createExposition } from '../src/metrics/exposition.ts'
import { COUNTERS, GAUGES, HISTOGRAMS, type Figures, type Row } from '../src/metrics/table.ts'

const file = (name: string): string => readFileSync(join(import.meta.dirname, '../../../deploy', name), 'utf8')

interface Dashboard {
  readonly panels: readonly {
    readonly id: number
    readonly title: string
    readonly type: string
    readonly targets?: readonly { readonly expr: string }[]
  }[]
}

const dashboard = JSON.parse(file('grafana-dashboard.json')) as Dashboard
const alerts = file('alerts.yaml') + file('fleet-alerts.yaml')
const ours: readonly Row[] = [COUNTERS, GAUGES, HISTOGRAMS].flatMap(table => Object.values<Row>(table))

async function exposed(): Promise<Set<string>> {
  const figures = Object.fromEntries(Object.keys(GAUGES).map(name => [name, 0])) as unknown as Omit<
    Figures,
    'loopDelay'
  >
  const text = await createExposition({ counters: createCounters(), figures: async () => figures }).text()
  const names = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].flatMap(([, name = '', type]) =>
    type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
  )
  return new Set(names)
}

function expressions(): string[] {
  const inPanels = dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr))
  const inAlerts = [...alerts.matchAll(/^ {8}expr: (.+)$/gm)].map(([, expr = '']) => expr)
  expect(inPanels.length).toBeGreaterThan(20)
  expect(inAlerts.length).toBe(alerts.match(/- alert:/g)?.length)
  return [...inPanels, ...inAlerts]
}

test('every metric that the dashboard and the alerts name is one that the relay exposes, by a label that it has', async () => {
  const known = await exposed()
  for (const expr of expressions()) {
    const metrics = [...expr.matchAll(/\b(?:joinery|process|nodejs)_[a-z0-9_]+/g)].map(([name]) => name)
    expect([expr, metrics.length > 0 || expr.startsWith('up')]).toEqual([expr, true])
    expect(metrics.filter(name => !known.has(name))).toEqual([])
    const labels = metrics.map(
      name => ours.find(({ metric }) => name.replace(/_(bucket|sum|count)$/, '') === metric)?.label,
    )
    const allowed = new Set(['instance', 'job', 'le', ...labels])
    const matched = [...expr.matchAll(/[{,]\s*([a-z_]+)\s*(?:=|!)/g)].map(([, label = '']) => label)
    const grouped = [...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = '']) =>
      list.split(',').map(one => one.trim()),
    )
    expect([expr, [...matched, ...grouped].filter(label => !allowed.has(label))]).toEqual([expr, []])
    for (const [, code = ''] of expr.matchAll(/code!?="([^"]+)"/g)) expect(code === 'acked' || code in CODES).toBe(true)
  }
})

test('each alert says what is wrong and what to do, and panels have names and numbers of their own', () => {
  for (const rule of alerts.split('- alert: ').slice(1)) {
    expect(rule).toMatch(/^ {10}summary: .{10}/m)
    expect(rule).toMatch(/^ {10}todo: .{10}/m)
    expect(rule).toMatch(/severity: (page|ticket)/)
  }
  expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length)
})

test('settings in the container, compose and unit files are settings, and will do', () => {
  const texts = ['Dockerfile', 'compose.yaml', 'joinery.service', 'joinery-doctor.service'].map(file)
  const variables = new Set(texts.flatMap(text => [...text.matchAll(/\bJOINERY_[A-Z_]+/g)].map(([name]) => name)))
  const known = KEYS.flatMap(key => {
    const { variable, isSecret }: Setting = SETTINGS[key]
    return variable === undefined ? [] : [variable, ...(isSecret === true ? [`${variable}_FILE`] : [])]
  })
  expect(variables.size).toBeGreaterThan(4)
  expect([...variables].filter(name => !known.includes(name))).toEqual([])
  const said = texts.flatMap(text => [...text.matchAll(/\b(JOINERY_[A-Z_]+)(?:=|: )'?([^\s']+)/g)])
  const environment = Object.fromEntries(said.map(([, name = '', value = '']) => [name, value]))
  const { JOINERY_SECRET_FILE: secret, ...others } = environment
  expect(secret).toBeDefined()
  expect(configurationOf({ environment: others, flags: {}, file: undefined }).mistakes).toEqual([])
  for (const text of texts)
    for (const [, flags = ''] of text.matchAll(/joinery (?:serve|doctor) (--.*)$/gm))
      for (const [, flag = ''] of flags.matchAll(/--([a-z-]+)/g)) expect(['config', 'data', 'deep']).toContain(flag)
})

test('[OP-10] in a container and as a unit it is nobody, cannot become more, and writes to its data alone', () => {
  const [image, compose, unit] = [file('Dockerfile'), file('compose.yaml'), file('joinery.service')]
  const last = image.slice(image.lastIndexOf('FROM '))
  expect(last).toMatch(/^USER 65532:65532$/m)
  expect(last.indexOf('USER ')).toBeLessThan(last.indexOf('ENTRYPOINT'))
  expect(last).toMatch(/^HEALTHCHECK [\s\S]*\/readyz/m)
  for (const line of ['read_only: true', 'cap_drop: [ALL]', "'no-new-privileges:true'", "'127.0.0.1:4321:4321'"])
    expect(compose).toContain(line)
  for (const line of ['DynamicUser=yes', 'ProtectSystem=strict', 'NoNewPrivileges=yes', 'CapabilityBoundingSet=\n'])
    expect(unit).toContain(line)
})
