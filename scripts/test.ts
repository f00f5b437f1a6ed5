// `pnpm test`: the whole judgement. Provides the programs that tests need, runs every check, then every test,
// and ends with one line: how many passed and failed, checks and tests together.
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { root, run } from './run.ts'
import { runSteps } from './steps.ts'
import { provide, systemPackages } from './system-packages.ts'

const missing = await provide(Object.values(systemPackages))
for (const sentence of missing) console.error(sentence)
if (missing.length > 0) process.exit(1)

const checks = await runSteps()
const tests = await runTests()

const passed = checks.passed + tests.passed
const failed = checks.failed + tests.failed
process.exitCode = failed === 0 ? 0 : 1
console.log(`${passed} passed, ${failed} failed`)

/** Runs every project. A run that breaks without a failed test, or finds none, counts as one failure. */
async function runTests(): Promise<{ passed: number; failed: number }> {
  const report = join(root, '.cache/tests.json')
  mkdirSync(join(root, '.cache'), { recursive: true })
  rmSync(report, { force: true })
  const outcome = await run([...testNode(), 'run', '--config', 'vitest.workspace.ts', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`], { show: true })
  try {
    const { numPassedTests, numFailedTests } = JSON.parse(readFileSync(report, 'utf8'))
    const broken = numFailedTests === 0 && (!outcome.passed || numPassedTests === 0)
    return { passed: numPassedTests, failed: numFailedTests + (broken ? 1 : 0) }
  } catch {
    return { passed: 0, failed: 1 }
  }
}

/** Tests run on the Node that runs this script, unless JOINERY_NODE names another: that is how 22 is tested. */
function testNode(): string[] {
  return [process.env['JOINERY_NODE'] || process.execPath, join(root, 'node_modules/vitest/vitest.mjs')]
}
