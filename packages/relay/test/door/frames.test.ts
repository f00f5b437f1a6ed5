/** Which frames bring a document on. */
import type { Entry } from '@joinery/core'
import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { framesOf } from '../../src/door/frames.ts'
import { updateFrame } from '../../src/door/messages.ts'
import { type, writer } from '../rig.ts'

const entry = (bytes: Uint8Array): Entry => ({ type: 'update', bytes }) as Entry

test('[T2] what is more together than is joined at once goes as it is stored, in order', () => {
  const w = writer(1)
  const small = [w.edit(type('a')), w.edit(type('b'))]
  const large = w.edit(type('x'.repeat(300_000)))
  const after = [w.edit(type('c')), w.edit(type('d'))]
  const frames = framesOf([...small, large, ...after].map(entry))
  expect(frames).toHaveLength(3)
  expect(frames[1]).toEqual(updateFrame(large))
  expect(frames[0]).toEqual(updateFrame(Y.mergeUpdates(small)))
  expect(framesOf([...small, ...after].map(entry))).toHaveLength(1)
  expect(framesOf([])).toEqual([])
})
