// A driver of an adapter is loaded by exactly one file, so an app that does not use the adapter never needs it.
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const adapters = join(import.meta.dirname, '../../packages/adapters')
const { exports, peerDependencies, peerDependenciesMeta } = JSON.parse(
  readFileSync(join(adapters, 'package.json'), 'utf8'),
)
const drivers = Object.keys(peerDependencies)

test.for(drivers)('%s is an optional peer, loaded by at most one adapter', driver => {
  expect(peerDependenciesMeta[driver]).toEqual({ optional: true })
  const loaded = new RegExp(
    String.raw`^(?!import type|export type|\s*\*).*\b(?:from|import)\b\s*\(?['"]${driver}(?:/[^'"]*)?['"]`,
    'm',
  )
  const files = globSync('src/**/*.ts', { cwd: adapters, exclude: ['**/*.test.ts'] })
  const loaders = files.filter(file => loaded.test(readFileSync(join(adapters, file), 'utf8')))
  // A folder is one adapter: `engines/yjs.ts` and `engines/yjs/…` count once.
  expect(new Set(loaders.map(adapterOf)).size).toBeLessThanOrEqual(1)
})

test('a folder of adapters is its own registry: there is no index file', () => {
  expect(globSync('src/**/index.ts', { cwd: adapters })).toEqual([])
})

test('each folder of adapters can be imported, and each import has a folder', () => {
  const folders = globSync('src/*/', { cwd: adapters }).map(folder => `./${folder.split('/')[1]}/*`)
  expect(
    Object.keys(exports)
      .filter(entry => entry.endsWith('/*'))
      .toSorted(),
  ).toEqual(folders.toSorted())
})

/** `src/engines/yjs/apply.ts` and `src/engines/yjs-worker.ts` belong to `engines/yjs`. */
function adapterOf(file: string): string {
  const [, port, name = ''] = file.split('/')
  return `${port}/${name.replace(/(-worker)?\.ts$/, '')}`
}
