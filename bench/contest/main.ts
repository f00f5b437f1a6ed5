/**
 * The contest: `pnpm bench peers [scenario …]`. With `--long` more rounds of longer measurements; with `--servers a,b` some of them; with
 * `--check` it compares with the committed ratios and writes nothing; `--keep PAGE` makes this run's ratios the committed ones, which needs a
 * page in decisions/. What was run with all its servers goes to bench/results.
 */
import { existsSync } from 'node:fs'
import { availableParallelism, loadavg } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { keep, readKept, writeResults } from './results.ts'
import { runScenario } from './run.ts'
import { SCENARIOS } from './scenarios.ts'
import { RELAY, SERVERS, type ServerName } from './servers.ts'
import type { Size } from './scenario.ts'
import { goalsOf, type Part, tableOf } from './table.ts'
import { type Committed, fallenBehind, ratiosOf } from './verdict.ts'

const decisions = join(import.meta.dirname, '../../decisions')

/** Gives the status to exit with. */
export async function contest(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      long: { type: 'boolean', default: false },
      check: { type: 'boolean', default: false },
      keep: { type: 'string' },
      servers: { type: 'string' },
    },
  })
  const names = chosenOf(positionals)
  const unknown = positionals.filter(asked => !names.some(name => matches(name, asked)))
  const servers = (values.servers?.split(',') ?? Object.keys(SERVERS)) as ServerName[]
  const wrong = servers.filter(name => !(name in SERVERS))
  if (unknown.length > 0 || wrong.length > 0) {
    console.error(`There is ${Object.keys(SCENARIOS).join(', ')}; servers: ${Object.keys(SERVERS).join(', ')}.`)
    return 2
  }
  if (values.keep !== undefined && !existsSync(join(decisions, values.keep))) {
    console.error(`Say why in decisions/${values.keep} first.`)
    return 2
  }
  if (!existsSync(RELAY)) throw new Error('build first: pnpm build')

  const size: Size = values.long ? 'long' : 'short'
  for (const name of servers) console.log(`${SERVERS[name].label}: ${SERVERS[name].configuration}`)
  const parts: Part[] = []
  for (const name of names) {
    const scenario = SCENARIOS[name]
    if (scenario === undefined) continue
    const circumstances = circumstancesOf(size)
    console.log(`\n${name}: ${scenario.what}\n  ${circumstances}`)
    const medians = await runScenario(scenario, size, servers, line => console.log(`  ${line}`))
    const part = { name, scenario, circumstances, medians, ratios: ratiosOf(name, scenario, medians) }
    parts.push(part)
    for (const goal of goalsOf(part)) console.log(`  ${goal}`)
  }

  console.log(`\n${tableOf(parts)}`)
  if (values.servers === undefined && !values.check) writeResults(parts)
  const ratios = parts.flatMap(part => part.ratios)
  if (values.keep !== undefined) keep(ratios, values.keep)
  if (!values.check) return parts.every(holds) ? 0 : 1

  const behind = fallenBehind(ratios, ofRun(readKept().ratios, names))
  for (const { id, value, committed, least } of behind) {
    console.log(`BEHIND ${id}: ${value.toPrecision(3)}, was ${committed} (below ${least.toPrecision(3)} is not noise)`)
  }
  console.log(behind.length === 0 ? 'No ratio fell behind.' : `${behind.length} ratios fell behind.`)
  return behind.length === 0 ? 0 : 1
}

/** Those of the scenarios that were run. */
function ofRun(committed: Committed, names: readonly string[]): Committed {
  return Object.fromEntries(Object.entries(committed).filter(([id]) => names.includes(id.slice(0, id.indexOf(' ')))))
}

/** `fan-out` is all that begin so. */
function chosenOf(asked: readonly string[]): string[] {
  const all = Object.keys(SCENARIOS)
  return asked.length === 0 ? all : all.filter(name => asked.some(one => matches(name, one)))
}

function matches(name: string, asked: string): boolean {
  return name === asked || name.startsWith(`${asked}-`)
}

function holds({ scenario, medians, ratios }: Part): boolean {
  return (
    ratios.every(({ value, least }) => least === undefined || value >= least) &&
    scenario.limits.every(({ subject, metric, most }) => (medians.get(subject)?.[metric] ?? Number.NaN) <= most)
  )
}

function circumstancesOf(size: Size): string {
  const [load = 0] = loadavg()
  const versions = `Node ${process.versions.node} on ${process.platform} ${process.arch}`
  return `${size === 'long' ? 'A long run' : 'A short run'}, ${versions}, ${availableParallelism()} cores; load of the machine before it: ${load.toFixed(1)}.`
}
