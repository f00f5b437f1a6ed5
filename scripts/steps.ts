// The checks that are not tests, in the order in which they run. Each has a name that a person reads and a
// function that says whether it passed.
import { buildStale } from './builds.ts'
import { checkExports } from './exports.ts'
import { run, type Outcome } from './run.ts'

interface Step {
  readonly name: string
  readonly run: () => Promise<Outcome>
}

const silent = (): void => {}

const steps: readonly Step[] = [
  { name: 'format', run: () => run(['oxfmt', '--check', '.']) },
  { name: 'lint, with arrows and import cycles', run: () => run(['oxlint', '--format=unix']) },
  { name: 'types', run: () => run(['tsc', '-b', '--pretty', 'false']) },
  { name: 'dead code', run: () => run(['knip', '--no-progress', '--no-config-hints']) },
  { name: 'build', run: () => buildStale(silent) },
  { name: 'exports', run: checkExports },
  { name: 'size', run: () => run(['size-limit']) },
]

/** Runs every step, also after one that failed, and shows what the failed ones printed. */
export async function runSteps(): Promise<{ passed: number; failed: number }> {
  const count = { passed: 0, failed: 0 }
  for (const step of steps) {
    const start = performance.now()
    const { passed, output } = await step.run()
    const seconds = ((performance.now() - start) / 1000).toFixed(1)
    console.log(`${passed ? 'pass' : 'FAIL'}  ${step.name}  (${seconds} s)`)
    if (!passed) console.log(output.replaceAll(/^/gm, '      '))
    count[passed ? 'passed' : 'failed'] += 1
  }
  return count
}
