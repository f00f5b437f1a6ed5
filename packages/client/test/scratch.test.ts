// What a device shows of a document whose engine breaks on it, until the relay voids what breaks it.
import { yjs } from '@joinery/adapters/engines/yjs'
import { canonical, type Engine } from '@joinery/core'
import { seededRandom } from '@joinery/core/testing'
import { expect, test } from 'vitest'
import { HIDDEN } from '../../relay/test/replay/poison.ts'
import { scratch } from '../src/replica/scratch.ts'

test('[D2] what breaks the engine only when all is opened in one step is left out, and the rest is shown and edited', () => {
  const { doc, whole } = scratch(yjs, seededRandom(1), Object.values(HIDDEN))
  expect(whole).toBe(false)
  doc.change(() => doc.map('fields').set('title', 'still mine'))
  const content = canonical(doc.content())
  for (const shown of ['honest', 'still mine']) expect(content).toContain(shown)
})

test('[D2] what breaks the engine in a long log is found by halves', () => {
  let opened = 0
  const counted: Engine = { ...yjs, open: author => ((opened += 1), yjs.open(author)) }
  const phone = yjs.open('7')
  const updates: Uint8Array[] = []
  phone.onUpdate(update => void updates.push(update))
  for (let n = 0; n < 1_000; n++) phone.text('body').insert(0, 'x')
  const bad = new Uint8Array([9])
  const { doc, whole } = scratch(counted, seededRandom(1), [...updates.slice(0, 600), bad, ...updates.slice(600)])
  expect([whole, doc.digest()]).toEqual([false, phone.digest()])
  expect(opened).toBeLessThan(40)
  const none = scratch(counted, seededRandom(1), [bad])
  expect([none.whole, none.doc.digest()]).toEqual([false, yjs.open('8').digest()])
})
