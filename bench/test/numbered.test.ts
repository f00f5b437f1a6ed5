// What the driver counts by, read back from every form in which a server may send it.
import { joinUpdates } from '@joinery/core/gate'
import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { lastNumber, numbered, numberedYjs } from '../driver/numbered.ts'

const COUNT = 300
const edits = numberedYjs(COUNT)
const text = Array.from({ length: COUNT }, (_, at) => numbered(at + 1)).join('')

function built(): Y.Doc {
  const doc = new Y.Doc()
  for (const edit of edits) Y.applyUpdate(doc, edit)
  return doc
}

test('numbered updates are what Yjs reads, whole and in order', () => {
  expect(built().getText('t').toJSON()).toBe(text)
  expect(
    Y.parseUpdateMeta(edits[7] ?? new Uint8Array())
      .from.values()
      .next().value,
  ).toBe(70)
})

test('the number of an update is found in it alone, joined, merged and as a whole document', () => {
  const some = edits.slice(4, 9)
  expect(edits.map(edit => lastNumber(Buffer.from(edit)))).toEqual(edits.map((_, at) => at + 1))
  expect(lastNumber(Buffer.from(joinUpdates(some) ?? []))).toBe(9)
  expect(lastNumber(Buffer.from(Y.mergeUpdates(some)))).toBe(9)
  expect(lastNumber(Buffer.from(Y.encodeStateAsUpdate(built())))).toBe(COUNT)
})

test('bytes without a mark, or with half of one, have no number', () => {
  expect(lastNumber(Buffer.of(0, 1, 2, 0, 0))).toBe(0)
  expect(lastNumber(Buffer.from('~~0000'))).toBe(0)
  expect(lastNumber(Buffer.alloc(0))).toBe(0)
})
