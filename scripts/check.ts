// `pnpm check`: everything short of the tests, and the tests that look at the repository itself.
import { run } from './run.ts'
import { runSteps } from './steps.ts'

const { failed } = await runSteps()
const { passed } = await run(['vitest', 'run', '--config', 'vitest.workspace.ts', '--project', 'repo'], { show: true })
process.exitCode = failed === 0 && passed ? 0 : 1
