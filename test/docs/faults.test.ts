// Every fault that a test, a comment or a page cites stands in the index, once.
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from './examples.ts'

const INDEX = 'test/faults/README.md'
const cited = [
  '*.md',
  'decisions/*.md',
  'packages/*/{src,test}/**/*.ts',
  'test/**/*.ts',
  'bench/**/*.ts',
  'scripts/**/*.ts',
]
const read = (file: string): string => readFileSync(join(root, file), 'utf8')
const ID = /\b(?:WS|AU|CR|DU|MN|CL|BK|OP)-\d\d\b/g

test('every fault that is cited somewhere is in the index, once', () => {
  const files = globSync(cited, { cwd: root, exclude: ['**/node_modules/**', '**/dist/**'] })
  const named = new Set(files.flatMap(file => read(file).match(ID) ?? []))
  expect(named.size).toBeGreaterThan(100)
  const indexed = [...read(INDEX).matchAll(/^\| ([A-Z]{2}-\d\d) \| \S/gm)].map(([, id = '']) => id)
  expect([...named].filter(id => !indexed.includes(id)).toSorted()).toEqual([])
  expect(new Set(indexed).size).toBe(indexed.length)
})
