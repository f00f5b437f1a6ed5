// What comes in from others, and what goes out to them.
import { existsSync, globSync, lstatSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, isAbsolute, join, relative, resolve } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { sqliteVersion } from '@joinery/adapters/store/sqlite'
import { root, run } from '../../scripts/run.ts'

const PUBLISHED = ['core', 'adapters', 'client', 'relay']

interface Manifest {
  readonly name: string
  readonly version: string
  readonly gypfile?: boolean
  readonly scripts?: Readonly<Record<string, string>>
  readonly publishConfig?: Readonly<Record<string, unknown>>
}

const text = (file: string): string => readFileSync(join(root, file), 'utf8')
const manifestIn = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest
const lock = text('pnpm-lock.yaml')
const workspace = text('pnpm-workspace.yaml')

test('[OP-07] the lock file names each package with its digest, from a registry and from nowhere else', () => {
  const packages = lock.slice(lock.indexOf('\npackages:\n'), lock.indexOf('\nsnapshots:\n'))
  const entries = packages.split(/\n\n(?= {2}\S)/).slice(1)
  expect(entries.length).toBeGreaterThan(300)
  for (const entry of entries) expect(entry).toMatch(/^ {4}resolution: \{integrity: sha512-[\w+/]+=*\}$/m)
  expect(lock).not.toMatch(/git\+|codeload|github:|tarball:|https?:\/\//)
})

test('[OP-07] what would run a script at installation is listed, with whether it may, and nothing else is', () => {
  const listed = /^((?:#.*\n)+)allowBuilds:\n((?: {2}.+\n)+)/m.exec(workspace)
  const [, why = '', rows = ''] = listed ?? []
  expect(why.length).toBeGreaterThan(20)
  const allowed = new Map(
    [...rows.matchAll(/^ {2}'?([^':]+)'?: (true|false)(.*)$/gm)].map(([, name, may, reason]) => [
      name,
      { may, reason },
    ]),
  )
  for (const [name, { may, reason = '' }] of allowed)
    if (may === 'true') expect([name, reason]).toEqual([name, expect.stringMatching(/# .{20}/)])
  const store = join(root, 'node_modules/.pnpm')
  const wanting = globSync(['*/node_modules/*/package.json', '*/node_modules/@*/*/package.json'], { cwd: store })
    .map(file => join(store, dirname(file)))
    .filter(folder => !lstatSync(folder).isSymbolicLink())
    .filter(folder => {
      const { scripts = {}, gypfile } = manifestIn(folder)
      const isBuilt = existsSync(join(folder, 'binding.gyp')) && gypfile !== false
      return isBuilt || ['preinstall', 'install', 'postinstall'].some(name => Object.hasOwn(scripts, name))
    })
    .map(folder => manifestIn(folder).name)
  expect(wanting.filter(name => !allowed.has(name))).toEqual([])
})

test(
  '[OP-07] the bill of materials names what a relay is made of, each with its digest',
  { timeout: 120_000 },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'joinery-sbom-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    const out = join(folder, 'sbom.json')
    const { passed, output } = await run([
      'npx',
      '-y',
      'pnpm@12.21.0',
      'sbom',
      '--lockfile-only',
      '--sbom-format',
      'cyclonedx',
      '--out',
      out,
    ])
    expect([passed, output]).toEqual([true, expect.anything()])
    const { components } = JSON.parse(readFileSync(out, 'utf8')) as {
      components: { name: string; version: string; externalReferences?: { hashes?: unknown[] }[] }[]
    }
    const bySpec = new Map(components.map(one => [`${one.name}@${one.version}`, one]))
    for (const [, name = '', version = ''] of workspace.matchAll(
      /^ {2}'?(better-sqlite3|hono|jose|ws|yjs)'?: (\S+)$/gm,
    ))
      expect(bySpec.get(`${name}@${version}`)?.externalReferences?.[0]?.hashes).toHaveLength(1)
  },
)

test('[OP-07] [OP-08] a change of the lock file waits for a week, and what is published is by a trusted publisher and two people', () => {
  const ci = text('.github/workflows/ci.yml')
  expect(ci).toContain('--config.minimumReleaseAge=10080')
  const release = text('.github/workflows/release.yml')
  expect(release).toMatch(/^ {6}id-token: write$/m)
  expect(release).toMatch(/^ {4}environment: release$/m)
  expect(release).not.toMatch(/NPM_TOKEN|NODE_AUTH_TOKEN|_authToken/)
  for (const name of PUBLISHED)
    expect(manifestIn(join(root, 'packages', name)).publishConfig).toEqual({ access: 'public', provenance: true })
  const security = text('SECURITY.md')
  for (const said of ['trusted publish', 'provenance', 'two people', 'bill of materials'])
    expect(security).toContain(said)
})

test('[OP-09] what is packed is sources, what is built of them, and no more', { timeout: 120_000 }, async () => {
  for (const name of PUBLISHED) {
    const folder = mkdtempSync(join(tmpdir(), 'joinery-pack-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    const cwd = join(root, 'packages', name)
    const packed = await run(['npx', '-y', 'pnpm@12.21.0', 'pack', '--pack-destination', folder], { cwd })
    expect([name, packed.passed]).toEqual([name, true])
    const unpacked = await run(['sh', '-c', 'tar -xzf ./*.tgz'], { cwd: folder })
    expect(unpacked.passed).toBe(true)
    const files = globSync('package/**/*', { cwd: folder, withFileTypes: true })
      .filter(one => one.isFile())
      .map(one => relative(join(folder, 'package'), join(one.parentPath, one.name)))
    const others = files.filter(file => !/^(src|dist)\/.*\.(ts|js|map)$/.test(file))
    expect(others.toSorted()).toEqual(
      ['LICENSE', 'README.md', 'package.json', ...(name === 'relay' ? ['joinery.schema.json'] : [])].toSorted(),
    )
    expect(files.filter(file => /\.test\.|fixture|\.env|\.pem$/.test(file))).toEqual([])
    for (const file of files) {
      const content = readFileSync(join(folder, 'package', file), 'utf8')
      expect([file, /-----BEGIN [A-Z ]*PRIVATE KEY-----\s*\w|k3Vt9sQz7LmXw2Rb8NcY5dHf1GjP6aEu/.test(content)]).toEqual([
        file,
        false,
      ])
      if (!file.endsWith('.map')) continue
      // A map leads to sources that are in the package, and holds no path of whoever built it.
      const { sources } = JSON.parse(content) as { sources: string[] }
      for (const source of sources) {
        expect([file, isAbsolute(source)]).toEqual([file, false])
        if (!source.includes('node_modules'))
          expect(files).toContain(relative('/', resolve('/', dirname(file), source)))
      }
    }
  }
})

/** Below it something is known that we would not run with. */
const FLOORS: Readonly<Record<string, string>> = {
  'better-sqlite3': '13.2.0',
  'hono': '4.12.21',
  '@hono/node-server': '2.1.0',
  'jose': '6.0.0',
  'lib0': '0.2.117',
  'ws': '8.21.0',
  'yjs': '13.6.27',
  'zod': '4.0.0',
}

test('[OP-12] nothing is older than what is known to be sound', () => {
  for (const [name, floor] of Object.entries(FLOORS)) {
    const found = [...lock.matchAll(new RegExp(`^ {2}'?${name}@(\\d+\\.\\d+\\.\\d+)'?:$`, 'gm'))].map(
      ([, version = '']) => version,
    )
    expect([name, found.length > 0]).toEqual([name, true])
    for (const version of found.filter(one => !isOfOldServer(name, one)))
      expect([name, version, isAtLeast(version, floor)]).toEqual([name, version, true])
  }
  expect(isAtLeast(sqliteVersion(), '3.51.3')).toBe(true)
})

test('[OP-12] the comparison of versions tells', () => {
  expect([isAtLeast('4.12.21', '4.12.21'), isAtLeast('4.13.0', '4.12.21'), isAtLeast('10.0.0', '9.9.9')]).toEqual([
    true,
    true,
    true,
  ])
  expect([isAtLeast('4.12.20', '4.12.21'), isAtLeast('3.99.0', '4.12.21')]).toEqual([false, false])
})

/** Servers that people come from, and what they are measured beside, bring what they bring: no relay runs it. */
function isOfOldServer(name: string, version: string): boolean {
  return (
    !new RegExp(`^ {2}'?${name}'?: ${version.replaceAll('.', '\\.')}$`, 'm').test(workspace) &&
    workspace.includes(`  ${name}: `)
  )
}

function isAtLeast(version: string, floor: string): boolean {
  const [ours, theirs] = [version, floor].map(one => one.split('.').map(Number))
  for (const [at, wanted] of (theirs ?? []).entries()) {
    const part = ours?.[at] ?? 0
    if (part !== wanted) return part > wanted
  }
  return true
}
