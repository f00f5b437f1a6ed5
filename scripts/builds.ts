// What is built, and whether that is stale. A build is fresh while the bytes that it reads are the same as
// when it was made, so a checkout with new file times does not build again and a changed dependency does.
import { createHash } from 'node:crypto'
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root, run, type Outcome } from './run.ts'

interface Build {
  readonly name: string
  readonly folder: string
  readonly command: readonly string[]
  /** Globs, from the root, of what it reads. */
  readonly reads: readonly string[]
  /** A file that is there once it was built. */
  readonly makes: string
}

const everyBuildReads = ['pnpm-lock.yaml', 'tsconfig.base.json', 'scripts/package-build.ts']
const sources = (folder: string): string[] => [`${folder}/src/**/*`, `${folder}/*.json`, `${folder}/*.config.ts`]

/** A package also reads the packages that it imports: their declarations go into its own. */
function packageBuild(name: string, imports: readonly string[], makes: string): Build {
  return {
    name,
    folder: `packages/${name}`,
    command: ['tsdown'],
    reads: [name, ...imports].flatMap(each => sources(`packages/${each}`)),
    makes: `packages/${name}/${makes}`,
  }
}

/** In the order in which they are built. */
const builds: readonly Build[] = [
  packageBuild('core', [], 'dist/index.js'),
  packageBuild('adapters', ['core'], 'dist'),
  packageBuild('client', ['core', 'adapters'], 'dist/index.js'),
  packageBuild('relay', ['core', 'adapters'], 'dist/main.js'),
  {
    name: 'notes',
    folder: 'examples/notes',
    command: ['vite', 'build'],
    reads: [
      ...sources('examples/notes'),
      'examples/notes/index.html',
      'examples/notes/public/**/*',
      ...['core', 'adapters', 'client'].flatMap(each => sources(`packages/${each}`)),
    ],
    makes: 'examples/notes/dist/index.html',
  },
]

/** What `pnpm executable` builds besides: it takes seconds, and most people run what is in the folders. */
const executable: Build = {
  name: 'executable',
  folder: '.',
  command: [process.execPath, 'scripts/executable/make.ts'],
  reads: [
    'scripts/executable/*.ts',
    'package.json',
    'examples/notes/dist/**/*',
    ...['core', 'adapters', 'relay'].flatMap(each => sources(`packages/${each}`)),
  ],
  makes: 'dist/joinery',
}

/** Builds what is missing or stale, and stops at the first that fails. */
export async function buildStale(
  say: (line: string) => void,
  { all = false, executable: withExecutable = false } = {},
): Promise<Outcome> {
  for (const build of withExecutable ? [...builds, executable] : builds) {
    const print = fingerprint(build)
    if (!all && existsSync(join(root, build.makes)) && print === lastPrint(build)) continue
    say(`building ${build.name}`)
    rmSync(stamp(build), { force: true })
    const outcome = await run(build.command, { cwd: join(root, build.folder) })
    if (!outcome.passed) return { passed: false, output: `${build.name} does not build\n${outcome.output}` }
    mkdirSync(join(root, '.cache/builds'), { recursive: true })
    writeFileSync(stamp(build), print)
  }
  return { passed: true, output: '' }
}

/** The digest of all that a build reads: names and bytes. */
function fingerprint(build: Build): string {
  const digest = createHash('sha256')
  const files = globSync([...everyBuildReads, ...build.reads], { cwd: root, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name))
  for (const file of files.toSorted()) digest.update(file).update('\0').update(readFileSync(file)).update('\0')
  return digest.digest('hex')
}

const stamp = (build: Build): string => join(root, '.cache/builds', build.name)

const lastPrint = (build: Build): string | undefined =>
  existsSync(stamp(build)) ? readFileSync(stamp(build), 'utf8') : undefined
