// The files in `deploy` name only what there is: metrics, labels, settings and flags. What is started with them is not started here.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parser } from '@prometheus-io/lezer-promql'
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

/** What a Prometheus refuses: what it cannot read, and labels to match by where there are no two vectors. */
function complaintsOf(expr: string): string[] {
  const complaints: string[] = []
  // Grafana puts a time there.
  parser.parse(expr.replaceAll('$__rate_interval', '5m')).iterate({
    enter({ type, name, from, node: { parent } }) {
      if (type.isError) complaints.push(`unreadable at ${from}`)
      const isNumber = [parent?.firstChild, parent?.lastChild].some(side => side?.name === 'NumberDurationLiteral')
      if (name === 'MatchingModifierClause' && isNumber) complaints.push(`a number has no labels, at ${from}`)
    },
  })
  return complaints
}

test('a Prometheus can read every expression of the dashboard and the alerts', () => {
  for (const expr of expressions()) expect([expr, complaintsOf(expr)]).toEqual([expr, []])
  expect(complaintsOf('sum by (le (rate(x[5m]))')).not.toEqual([])
  expect(complaintsOf('a{b="c"} > 0.8 * ignoring(b) d')).not.toEqual([])
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
  const units = ['joinery.service', 'joinery-doctor.service', 'joinery-backup.service']
  const texts = ['Dockerfile', 'compose.yaml', ...units].map(file)
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

test('[BK-01] a backup is made by the user of the relay, in a folder that both may write, as a unit and in a container', () => {
  const [relay, backup, compose] = [file('joinery.service'), file('joinery-backup.service'), file('compose.yaml')]
  for (const line of ['User=joinery', 'DynamicUser=yes', 'StateDirectory=joinery joinery-backups'])
    expect([relay, backup].map(text => text.split('\n').includes(line))).toEqual([true, true])
  const folders = [...backup.matchAll(/\/var\/lib\/([a-z-]+)/g)].map(([, name]) => name)
  expect(new Set(folders)).toEqual(new Set(['joinery', 'joinery-backups']))
  // A volume takes the owner of the folder that the image has in its place.
  expect(compose).toContain("'backups:/backups'")
  expect(file('Dockerfile')).toMatch(/install -d -o 65532 -g 65532 -m 700 .*\/backups$/m)
})

test('[OP-10] in a container and as a unit it is nobody, cannot become more, and writes to its data and backups alone', () => {
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
