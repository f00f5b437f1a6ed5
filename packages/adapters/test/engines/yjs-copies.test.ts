import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { oneYjs } from '@joinery/adapters/engines/yjs'
import * as Y from 'yjs'

test('[D2] a second copy of yjs is found out, by being given or by having loaded', () => {
  expect(() => oneYjs()).not.toThrow()
  expect(() => oneYjs(Y)).not.toThrow()
  // Yjs complains on the console too, of the second copy only.
  const complaints = vi.spyOn(console, 'error').mockImplementation(() => {})
  const require = createRequire(import.meta.url)
  const other: unknown = require(join(dirname(require.resolve('yjs/package.json')), 'dist/yjs.cjs'))
  expect(complaints).toHaveBeenCalledTimes(1)
  complaints.mockRestore()
  const theirs = { Doc: Reflect.get(Object(other), 'Doc') as unknown }
  expect(theirs.Doc).not.toBe(Y.Doc)
  const refusal = expect.objectContaining({ code: 'BAD_INPUT' })
  expect(() => oneYjs(theirs)).toThrow(refusal)
  expect(() => oneYjs()).toThrow(refusal)
})
