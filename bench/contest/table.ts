// The table of a run, as Markdown: a part for each scenario, what must hold under it, and how each server was configured.
import type { Medians } from './run.ts'
import type { Ratio } from './verdict.ts'
import type { Scenario } from './scenario.ts'
import { SERVERS } from './servers.ts'

export interface Part {
  readonly name: string
  readonly scenario: Scenario
  /** How long a run, on what, beside what else. */
  readonly circumstances: string
  readonly medians: Medians
  readonly ratios: readonly Ratio[]
}

export function tableOf(parts: readonly Part[]): string {
  const servers = [...new Set(parts.flatMap(({ scenario }) => scenario.servers))]
  return [
    '# Joinery and its peers',
    '',
    'Written by `pnpm bench peers`; do not edit.',
    'All servers ran in turn on one machine under one driver in a process of its own. CPU and memory are what the operating system counts for the server.',
    '',
    ...parts.flatMap(part => ['', ...partOf(part)]),
    '',
    '## Who was measured',
    '',
    ...servers.map(name => `- **${SERVERS[name].label}**: ${SERVERS[name].configuration}.`),
    '',
  ].join('\n')
}

function partOf({ name, scenario, circumstances, medians, ratios }: Part): string[] {
  const metrics = Object.entries(scenario.metrics)
  const head = ['', ...metrics.map(([, { label, unit }]) => (unit === '' ? label : `${label}, ${unit}`))]
  const rows = scenario.servers.map(server => [
    SERVERS[server].label,
    ...metrics.map(([metric]) => digits(medians.get(server)?.[metric])),
  ])
  return [
    `## ${name}`,
    '',
    `${scenario.what}. ${circumstances}`,
    '',
    line(head),
    line(head.map((_, at) => (at === 0 ? '---' : '---:'))),
    ...rows.map(line),
    '',
    ...goalsOf({ scenario, medians, ratios }),
  ]
}

export function goalsOf({ scenario, medians, ratios }: Pick<Part, 'scenario' | 'medians' | 'ratios'>): string[] {
  return [
    ...ratios.map(({ id, value, least }) => {
      const said = `${id.slice(id.indexOf(' ') + 1)}: ${digits(value)}×`
      return least === undefined ? `- ${said}` : `- ${said} (at least ${digits(least)}: ${yes(value >= least)})`
    }),
    ...scenario.limits.map(({ metric, subject, most }) => {
      const value = medians.get(subject)?.[metric]
      return `- ${metric}: ${subject} ${digits(value)} (at most ${most}: ${yes(value !== undefined && value <= most)})`
    }),
  ]
}

function yes(holds: boolean): string {
  return holds ? 'yes' : 'NO'
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}

/** Three digits that count. */
export function digits(value: number | undefined): string {
  if (value === undefined || Number.isNaN(value)) return '–'
  const rounded = Number(value.toPrecision(3))
  return Math.abs(rounded) >= 1_000 ? rounded.toLocaleString('en-US') : String(rounded)
}
