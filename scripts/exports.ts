// Whether the packages, packed as they would be published, can be imported with types: publint looks at the
// manifest and the files, attw resolves every entry as TypeScript does.
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root, run, type Outcome } from './run.ts'

const packages = ['core', 'adapters', 'client', 'relay']

/** Packs and checks the four packages. They must be built. */
export async function checkExports(): Promise<Outcome> {
  const outcomes = await Promise.all(packages.map(checkPackage))
  return {
    passed: outcomes.every(outcome => outcome.passed),
    output: outcomes.flatMap(outcome => (outcome.passed ? [] : [outcome.output])).join('\n'),
  }
}

async function checkPackage(name: string): Promise<Outcome> {
  const cwd = join(root, 'packages', name)
  const folder = mkdtempSync(join(tmpdir(), 'joinery-pack-'))
  try {
    const packed = await run(['pnpm', 'pack', '--pack-destination', folder], { cwd })
    if (!packed.passed) return packed
    const [tarball = ''] = globSync('*.tgz', { cwd: folder }).map(file => join(folder, file))
    const linted = await run(['publint', tarball, '--strict'], { cwd })
    if (!linted.passed) return linted
    return await run(['attw', tarball, '--profile', 'esm-only', '--format', 'ascii', ...wildcardEntries(cwd)], { cwd })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** attw skips patterns such as `./store/*`: the files behind them are named one by one. */
function wildcardEntries(folder: string): string[] {
  const { exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const files = Object.keys(exports)
    .filter(entry => entry.endsWith('/*'))
    .flatMap(entry =>
      globSync(`${entry.slice('./'.length)}.ts`, { cwd: join(folder, 'src'), exclude: ['**/*.test.ts'] }),
    )
  return files.length === 0 ? [] : ['--include-entrypoints', ...files.map(file => file.slice(0, -'.ts'.length))]
}
