// The lint rules that hold the arrows between packages do bite: one forbidden line each, in a copy of the layout.
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')

const forbidden = [
  ['packages/core/src/a.ts', `import '@joinery/adapters/clock/system'`, 'no-restricted-imports'],
  ['packages/core/src/a.ts', `import '@joinery/client'`, 'no-restricted-imports'],
  ['packages/core/src/a.ts', `import 'node:fs'`, 'no-restricted-imports'],
  ['packages/core/src/a.ts', `import 'vitest'`, 'no-restricted-imports'],
  ['packages/core/src/testing/a.ts', `import 'node:fs'`, 'no-restricted-imports'],
  ['packages/core/src/a.ts', `export const now = Date.now()`, 'no-restricted-properties'],
  ['packages/core/src/a.ts', `export const dice = Math.random()`, 'no-restricted-properties'],
  ['packages/adapters/src/store/a.ts', `import '@joinery/client'`, 'no-restricted-imports'],
  ['packages/adapters/src/store/a.ts', `import '@joinery/relay'`, 'no-restricted-imports'],
  ['packages/client/src/a.ts', `import '@joinery/adapters/storage/indexeddb'`, 'no-restricted-imports'],
  ['packages/client/src/a.ts', `export type { Relay } from '@joinery/relay'`, 'no-restricted-imports'],
  ['packages/client/src/a.ts', `setTimeout(() => {}, 1)`, 'no-restricted-globals'],
  ['packages/client/src/a.ts', `await fetch('/')`, 'no-restricted-globals'],
  ['packages/client/src/index.ts', `import '@joinery/relay'`, 'no-restricted-imports'],
  ['packages/relay/src/a.ts', `import '@joinery/adapters/store/sqlite'`, 'no-restricted-imports'],
  ['packages/relay/src/a.ts', `import '@joinery/client'`, 'no-restricted-imports'],
  ['packages/relay/src/a.ts', `import 'node:timers/promises'`, 'no-restricted-imports'],
  ['packages/relay/src/a.ts', `export const port = process.env['PORT']`, 'no-restricted-globals'],
  ['packages/relay/src/main.ts', `import '@joinery/client'`, 'no-restricted-imports'],
] as const

const allowed = [
  ['packages/core/src/a.ts', `import 'lib0/encoding'`],
  ['packages/core/src/testing/a.ts', `import 'vitest'`],
  ['packages/core/src/a.test.ts', `import '@joinery/adapters/clock/system'`],
  ['packages/adapters/src/store/a.ts', `import '@joinery/core/gate'`],
  ['packages/client/src/index.ts', `import '@joinery/adapters/storage/indexeddb'`],
  ['packages/relay/src/main.ts', `import '@joinery/adapters/store/sqlite'`],
  ['packages/relay/src/main.ts', `export const port = process.env['PORT']`],
  ['test/sim/a.ts', `import '@joinery/relay'`],
] as const

let layout: string
beforeAll(() => {
  mkdirSync(join(root, '.cache'), { recursive: true })
  layout = mkdtempSync(join(root, '.cache/arrows-'))
  copyFileSync(join(root, '.oxlintrc.json'), join(layout, '.oxlintrc.json'))
})
afterAll(() => rmSync(layout, { recursive: true }))

test.for(forbidden)('%s may not say %s', ([file, line, rule]) => {
  expect(lint(file, line)).toContain(rule)
})

test.for(allowed)('%s may say %s', ([file, line]) => {
  expect(lint(file, line)).toBe('')
})

test('files that import each other are refused, also when only for types', () => {
  write('packages/core/src/b.ts', `import type { A } from './a.ts'\nexport type B = A | 1`)
  expect(lint('packages/core/src/a.ts', `import type { B } from './b.ts'\nexport type A = B | 2`)).toContain('no-cycle')
})

/** What the lint says about a file that holds `text` and nothing else; '' when it is content. */
function lint(file: string, text: string): string {
  write(file, text)
  // No ignore files: the copy lives in a folder that git ignores. Types are not needed to judge an import.
  const args = ['--config', join(layout, '.oxlintrc.json'), '--format=unix', '--no-ignore', file]
  const { stdout } = spawnSync(join(root, 'node_modules/.bin/oxlint'), args, { cwd: layout, encoding: 'utf8' })
  return stdout.trim()
}

function write(file: string, text: string): void {
  mkdirSync(dirname(join(layout, file)), { recursive: true })
  writeFileSync(join(layout, file), `${text}\n`)
}
