// `pnpm fault <ID>` runs the test of one fault, `pnpm fault --group WS` those of a group. A fault's id stands
// in brackets in the title of its test. Passes only if a test ran and all that ran passed.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { run } from './run.ts'

const { values, positionals } = parseArgs({ allowPositionals: true, options: { group: { type: 'string' } } })
const id = positionals[0]
const titles = values.group ? `\\[${values.group}-\\d` : id ? `\\[${id}\\]` : undefined
if (titles === undefined) {
  console.error('Say which: pnpm fault WS-01, or pnpm fault --group WS.')
  process.exit(2)
}

const folder = mkdtempSync(join(tmpdir(), 'joinery-fault-'))
const report = join(folder, 'tests.json')
const { passed } = await run(
  ['vitest', 'run', '--config', 'vitest.workspace.ts', '-t', titles, '--passWithNoTests', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
  { show: true },
)
const { numPassedTests, numFailedTests } = JSON.parse(readFileSync(report, 'utf8'))
rmSync(folder, { recursive: true })

if (numPassedTests + numFailedTests === 0) console.error(`No test has ${values.group ? `an id of group ${values.group}` : `the id [${id}]`} in its title.`)
process.exitCode = passed && numPassedTests > 0 && numFailedTests === 0 ? 0 : 1
