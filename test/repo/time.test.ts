// What lint has no rule for: a date made from nothing is a clock that nobody passed in.
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')
const compositionRoots = ['packages/client/src/index.ts', 'packages/relay/src/main.ts']

test('no date is made from nothing in core, client or relay', () => {
  const files = globSync('packages/{core,client,relay}/src/**/*.ts', { cwd: root, exclude: ['**/*.test.ts'] })
  const reading = files
    .filter(file => !compositionRoots.includes(file))
    .filter(file => /\bnew Date\(\s*\)|[^.\w]Date\(\)/.test(readFileSync(join(root, file), 'utf8')))
  expect(reading).toEqual([])
})
