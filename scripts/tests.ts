// Runs tests with vitest over all projects, and counts them.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root, run } from './run.ts'

export interface Count {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  /** False when something other than a test went wrong: a file that does not load, an error nobody caught. */
  readonly sound: boolean
}

// Tests run on the Node that runs this script, unless JOINERY_NODE names another: that is how Node 22 is tested.
const node = process.env['JOINERY_NODE'] || process.execPath
const vitest = [node, join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--config', 'vitest.workspace.ts']

/** Shows the run as it goes. `args` are vitest's own. */
export async function runTests(args: readonly string[] = []): Promise<Count> {
  const folder = mkdtempSync(join(tmpdir(), 'joinery-tests-'))
  const report = join(folder, 'report.json')
  try {
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
    const outcome = await run([...vitest, ...reporters, ...args], { show: true })
    const counted = JSON.parse(readFileSync(report, 'utf8'))
    const failed: number = counted.numFailedTests
    return {
      passed: counted.numPassedTests,
      failed,
      skipped: counted.numPendingTests,
      sound: outcome.passed || failed > 0,
    }
  } catch {
    return { passed: 0, failed: 0, skipped: 0, sound: false }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
