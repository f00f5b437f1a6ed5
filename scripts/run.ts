// Runs a command for a script: from the root of the repository, with its tools on the path.
import { spawn } from 'node:child_process'
import { join } from 'node:path'

/** The root of the repository. */
export const root = join(import.meta.dirname, '..')

/** Where the tools of the repository are. Scripts started by pnpm have it on the path; a bare `node` does not. */
const tools = join(root, 'node_modules/.bin')

export interface Outcome {
  readonly passed: boolean
  /** What the command printed, both streams; empty when it was shown as it came. */
  readonly output: string
}

/** Runs `command` to its end. `show` passes its output on as it comes; otherwise it is collected. */
export function run(command: readonly string[], { show = false, cwd = root } = {}): Promise<Outcome> {
  const [program = '', ...args] = command
  const child = spawn(program, args, {
    cwd,
    env: {
      ...process.env,
      PATH: `${tools}:${process.env['PATH']}`,
      ...(show ? {} : { NO_COLOR: '1', FORCE_COLOR: '0' }),
    },
    stdio: ['ignore', show ? 'inherit' : 'pipe', show ? 'inherit' : 'pipe'],
  })
  const chunks: string[] = []
  child.stdout?.on('data', chunk => chunks.push(String(chunk)))
  child.stderr?.on('data', chunk => chunks.push(String(chunk)))
  return new Promise(resolve => {
    child.on('error', error => resolve({ passed: false, output: `${program}: ${error.message}` }))
    child.on('close', code => resolve({ passed: code === 0, output: chunks.join('') }))
  })
}
