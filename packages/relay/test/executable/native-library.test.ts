import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { loadFromFirst } from '../../src/executable/native-library.ts'

const driver = dirname(dirname(createRequire(import.meta.url).resolve('better-sqlite3')))
const library = readFileSync(join(driver, `prebuilds/${process.platform}-${process.arch}.node`))

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'joinery-places-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

test('a library is loaded from the first place that takes it, and is in no file afterwards', () => {
  const place = folder()
  const missing = join(place, 'missing')
  const loaded = loadFromFirst([missing, place], 'better-sqlite3.node', library)
  expect(loaded).toHaveProperty('Database')
  expect(readdirSync(place)).toEqual([])
})

test('where no place takes it, the error names each with its reason, and what to do', () => {
  const place = folder()
  const full = join(place, 'full')
  mkdirSync(full)
  // Nothing that the system can load.
  const damaged = library.subarray(0, 100)
  const load = (): unknown => loadFromFirst([join(place, 'missing'), full], 'damaged.node', damaged)
  expect(load).toThrow(
    expect.objectContaining({
      code: 'UNAVAILABLE',
      details: {
        reason: 'no-place',
        sentence: expect.stringMatching(/missing \(ENOENT\), .*full \(ERR_DLOPEN_FAILED\)\. Set TMPDIR to /),
      },
    }),
  )
  expect(readdirSync(full)).toEqual([])
})
