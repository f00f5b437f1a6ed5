// Every dependency is pinned, so two people who install get the same bytes. Peers are ranges: they are promises.
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')
const manifests = globSync(
  ['package.json', '{packages,examples}/*/package.json', '{bench,bench/peers,test}/package.json'],
  {
    cwd: root,
  },
)
const pinned = /^(catalog:|workspace:\*|\d+\.\d+\.\d+(-[\w.]+)?)$/

test.for(manifests)('%s pins what it depends on', file => {
  const { dependencies, devDependencies, optionalDependencies } = JSON.parse(readFileSync(join(root, file), 'utf8'))
  const versions = Object.entries<string>({ ...dependencies, ...devDependencies, ...optionalDependencies })
  expect(versions.filter(([, version]) => !pinned.test(version))).toEqual([])
})

test('the catalog pins too', () => {
  const workspace = readFileSync(join(root, 'pnpm-workspace.yaml'), 'utf8')
  const catalog = workspace.slice(workspace.indexOf('\ncatalog:') + 1).split('\n\n')[0] ?? ''
  const versions = [...catalog.matchAll(/^ {2}\S+: (.+)$/gm)].map(([, version = '']) => version)
  expect(versions.length).toBeGreaterThan(0)
  expect(versions.filter(version => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([])
})
