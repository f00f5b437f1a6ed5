import { expect, test } from 'vitest'
import { yjs } from '@joinery/adapters/engines/yjs'

test('[D1] two documents that exchange updates show the same', () => {
  const a = yjs.open('1')
  const b = yjs.open('2')
  const updates: Uint8Array[] = []
  a.onUpdate(u => updates.push(u))
  b.onUpdate(u => updates.push(u))
  a.change(() => {
    a.text('body').insert(0, 'hello')
    a.map('title').set('k', { x: [1, null, 'a'] })
  })
  b.text('body').insert(0, 'world')
  expect(updates.length).toBe(2)
  for (const u of updates) expect(yjs.check(u)).toBe(undefined)
  expect(a.applyAll(updates)).toBe(true)
  expect(b.applyAll(updates.toReversed())).toBe(true)
  expect(b.applyAll(updates.toReversed())).toBe(false)
  expect(a.digest()).toBe(b.digest())
  expect(a.encode(b.version())).toBe(undefined)
  expect(yjs.authorsOf(updates[0]!)).toEqual([{ author: '1', from: 0, to: 6 }])
  a.undo()
  expect(a.text('body').toString()).toBe('world')
  expect(a.content()).toEqual({ body: 'world' })
  b.apply(a.encode(b.version())!)
  expect(a.digest()).toBe(b.digest())
})
