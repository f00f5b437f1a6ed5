// Power losses on virtual time: `pnpm bench power [--seeds 1000] [--from N] [--keep]` runs the histories of `pnpm sim` and counts them.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import type { Bench } from './figure.ts'
import { keepLosses } from './losses.ts'

/** A seed that fails may show two long documents. */
const MOST_WORDS = 2 ** 28
const simulator = join(import.meta.dirname, '../test/sim/main.ts')

export const power: Bench = {
  what: 'simulated histories of people, relays, disks and Postgres, in which among others the power goes',
  async run() {
    const { values } = parseArgs({
      args: process.argv.slice(3),
      options: {
        seeds: { type: 'string', default: '1000' },
        from: { type: 'string', default: '1' },
        keep: { type: 'boolean', default: false },
      },
    })
    const flags = ['--conditions=joinery-source', simulator, '--seed', values.from, '--seeds', values.seeds]
    const { stdout } = await promisify(execFile)(process.execPath, flags, { maxBuffer: MOST_WORDS }).catch(
      // It exits with 1 when a seed failed, and says which.
      (error: { stdout: string }) => error,
    )
    for (const line of stdout.split('\n')) if (line.includes('FAILED')) console.log(`  ${line}`)
    const failed = found(stdout, /(\d+) failed/)
    const losses = found(stdout, /(\d+) × a relay lost power/)
    if (values.keep) {
      const command = `pnpm bench power --seeds ${values.seeds}`
      keepLosses([{ fault: 'power', setting: 'simulated', command, times: losses, promised: undefined, lost: failed }])
    }
    return [
      { name: 'histories', value: Number(values.seeds), unit: '' },
      { name: 'power losses in them', value: losses, unit: '' },
      { name: 'histories in which something did not hold', value: failed, unit: '', limit: 0 },
    ]
  },
}

function found(output: string, what: RegExp): number {
  const [, count] = what.exec(output) ?? []
  if (count === undefined) throw new Error(`the simulator said: ${output}`)
  return Number(count)
}
