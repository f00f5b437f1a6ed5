// What an app that embeds the client ships, minified and gzipped: the very measurement that `pnpm check` holds against the same limits, on
// the packages as they are built.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { Bench } from './figure.ts'

const root = join(import.meta.dirname, '..')
/** As networks count: 1,000 bytes. */
const KB = 1_000

/** One line of what size-limit prints. */
interface Measured {
  readonly name: string
  readonly size: number
  readonly sizeLimit: number
}

export const size: Bench = {
  what: 'the client as a browser gets it, minified and gzipped, by size-limit and its configuration',
  run() {
    const figures = measured().map(({ name, size: bytes, sizeLimit }) => ({
      name,
      value: bytes / KB,
      unit: 'KB',
      limit: sizeLimit / KB,
    }))
    return Promise.resolve(figures)
  },
}

function measured(): readonly Measured[] {
  if (!existsSync(join(root, 'packages/client/dist/base.js'))) throw new Error('build first: pnpm build')
  const command = join(dirname(createRequire(join(root, 'package.json')).resolve('size-limit')), 'bin.js')
  const { stdout, stderr } = spawnSync(process.execPath, [command, '--json'], { cwd: root, encoding: 'utf8' })
  if (!stdout.startsWith('[')) throw new Error(stderr)
  return JSON.parse(stdout) as Measured[]
}
