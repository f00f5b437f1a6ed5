// `pnpm fault <ID>` runs the test of one fault, `pnpm fault --group WS` those of a group. A fault's id stands
// in brackets in the title of its test. Passes only if a test ran and all that ran passed.
import { parseArgs } from 'node:util'
import { runTests } from './tests.ts'

const { values, positionals } = parseArgs({ allowPositionals: true, options: { group: { type: 'string' } } })
const ids = values.group ? `${values.group}-\\d+` : positionals[0]
if (ids === undefined) {
  console.error('Say which: pnpm fault WS-01, or pnpm fault --group WS.')
  process.exit(2)
}

const { passed, failed, sound } = await runTests(['--testNamePattern', `\\[${ids}\\]`, '--passWithNoTests'])
if (passed + failed === 0) console.error(`No test has ${values.group ?? ids} in brackets in its title.`)
process.exitCode = passed > 0 && failed === 0 && sound ? 0 : 1
