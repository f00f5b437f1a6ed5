/**
 * What a run leaves in bench/results: the table, its numbers, the plot. Laws:
 * - A scenario that was run with all its servers takes the place of its last run; the others stay, each with its own circumstances.
 * - The committed ratios are another file, which only `--keep` writes, together with the page in decisions/ that says why.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { plotOf } from './plot.ts'
import type { Medians } from './run.ts'
import type { Measured } from './scenario.ts'
import { SCENARIOS } from './scenarios.ts'
import { SERVERS, type ServerName } from './servers.ts'
import { type Part, tableOf } from './table.ts'
import { type Committed, type Ratio, ratiosOf } from './verdict.ts'

const folder = join(import.meta.dirname, '../results')
const decisions = join(import.meta.dirname, '../../decisions')
const numbersFile = join(folder, 'peers.json')
const ratiosFile = join(folder, 'ratios.json')

interface Kept {
  /** The page in decisions/ that says why they are what they are. */
  readonly decision: string
  readonly ratios: Committed
}

interface Numbers {
  readonly servers: Readonly<Record<string, { readonly label: string; readonly configuration: string }>>
  readonly scenarios: Readonly<Record<string, ScenarioNumbers>>
}

interface ScenarioNumbers {
  readonly what: string
  readonly circumstances: string
  readonly medians: Readonly<Partial<Record<ServerName, Measured>>>
  readonly ratios: Committed
}

export function writeResults(parts: readonly Part[]): void {
  mkdirSync(folder, { recursive: true })
  const known = existsSync(numbersFile) ? (JSON.parse(readFileSync(numbersFile, 'utf8')) as Numbers).scenarios : {}
  const scenarios = { ...known, ...Object.fromEntries(parts.map(part => [part.name, numbersOf(part)])) }
  const servers = Object.entries(SERVERS).map(([name, { label, configuration }]) => [name, { label, configuration }])
  const numbers: Numbers = { servers: Object.fromEntries(servers) as Numbers['servers'], scenarios }
  writeFileSync(numbersFile, `${JSON.stringify(numbers, undefined, 2)}\n`)
  const all = partsOf(numbers)
  writeFileSync(join(folder, 'peers.md'), tableOf(all))
  writeFileSync(join(folder, 'peers.svg'), plotOf(all))
}

function numbersOf({ scenario, circumstances, medians, ratios }: Part): ScenarioNumbers {
  return {
    what: scenario.what,
    circumstances,
    medians: Object.fromEntries([...medians].map(([name, measured]) => [name, rounded(measured)])),
    ratios: Object.fromEntries(ratios.map(({ id, value }) => [id, value])),
  }
}

function rounded(measured: Measured): Measured {
  return Object.fromEntries(Object.entries(measured).map(([metric, value]) => [metric, Number(value.toPrecision(4))]))
}

/** In the order of the scenarios. */
function partsOf({ scenarios }: Numbers): Part[] {
  return Object.entries(SCENARIOS).flatMap(([name, scenario]) => {
    const known = scenarios[name]
    if (known === undefined) return []
    const medians = new Map(Object.entries(known.medians)) as Medians
    return [{ name, scenario, circumstances: known.circumstances, medians, ratios: ratiosOf(name, scenario, medians) }]
  })
}

export function readKept(): Kept {
  return JSON.parse(readFileSync(ratiosFile, 'utf8')) as Kept
}

const HEADING = '## The ratios'

/** Two digits are all that a machine with other things to do can tell. Ratios that were not measured stay. */
export function keep(ratios: readonly Ratio[], decision: string): void {
  const before = existsSync(ratiosFile) ? readKept().ratios : {}
  const measured = ratios
    .filter(({ value }) => Number.isFinite(value))
    .map(({ id, value }): [string, number] => [id, Number(value.toPrecision(2))])
  const kept: Kept = { decision, ratios: { ...before, ...Object.fromEntries(measured) } }
  mkdirSync(folder, { recursive: true })
  writeFileSync(ratiosFile, `${JSON.stringify(kept, undefined, 2)}\n`)
  const page = join(decisions, decision)
  const [text = ''] = readFileSync(page, 'utf8').split(HEADING)
  writeFileSync(page, `${text}${HEADING}\n\n${listOf(kept.ratios)}`)
}

/** As a page in decisions/ has them. */
export function listOf(ratios: Committed): string {
  const rows = Object.entries(ratios).map(([id, value]) => `| ${id} | ${value} |\n`)
  return `| ratio | |\n| --- | ---: |\n${rows.join('')}`
}
