// `pnpm test`: the whole judgement. Provides the programs that tests need, runs every check, then every test,
// and ends with one line: how many passed and failed, checks and tests together.
import { runSteps } from './steps.ts'
import { provide, systemPackages } from './system-packages.ts'
import { runTests } from './tests.ts'

const missing = await provide(Object.values(systemPackages))
for (const sentence of missing) console.error(sentence)
if (missing.length > 0) process.exit(1)

const checks = await runSteps()
const tests = await runTests()

// A test that was skipped judged nothing, and a run that broke says nothing about the tests it did not reach.
if (tests.skipped > 0) console.log(`${tests.skipped} tests were skipped: each counts as failed.`)
if (!tests.sound) console.log('The test run broke outside of a test: that counts as one failure.')

const passed = checks.passed + tests.passed
const failed = checks.failed + tests.failed + tests.skipped + (tests.sound ? 0 : 1)
process.exitCode = failed === 0 ? 0 : 1
console.log(`${passed} passed, ${failed} failed`)
