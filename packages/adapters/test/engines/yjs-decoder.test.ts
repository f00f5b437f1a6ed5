// Ids are read by shorter ways than Yjs reads them: the document must be the one that Yjs makes of the same bytes.
import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { yjs } from '@joinery/adapters/engines/yjs'

/** Ids of one byte up to eight. */
const AUTHORS = [1, 127, 128, 2 ** 14 - 1, 2 ** 14, 2 ** 21, 2 ** 28 - 1, 2 ** 28, 2 ** 32 - 1, 2 ** 40, 2 ** 53 - 1]

/** One text that all of them write in, each beside the others' and over what was there. */
function written(): Y.Doc {
  const whole = new Y.Doc()
  for (const author of AUTHORS) {
    const doc = new Y.Doc()
    doc.clientID = author
    Y.applyUpdate(doc, Y.encodeStateAsUpdate(whole))
    const text = doc.getText('body')
    const middle = text.length >> 1
    text.insert(middle, `${'x'.repeat(200)}é漢😀`)
    if (middle > 0) text.delete(middle - 1, 2)
    text.insert(0, 'a')
    doc.getMap('map').set(`k${author}`, [author, { nested: true }])
    Y.applyUpdate(whole, Y.encodeStateAsUpdate(doc))
  }
  return whole
}

test('[D1] authors of any length: the document is what Yjs makes of the bytes, to the byte', () => {
  const update = Y.encodeStateAsUpdate(written())
  const theirs = new Y.Doc()
  Y.applyUpdate(theirs, update)
  const ours = yjs.open('7')
  ours.apply(update)
  expect(ours.waiting()).toBe(false)
  expect(ours.encode()).toEqual(Y.encodeStateAsUpdate(theirs))
  expect(ours.text('body').toString()).toBe(theirs.getText('body').toJSON())
})

test('[D2] bytes that end in the middle are refused wherever Yjs refuses them', () => {
  const update = Y.encodeStateAsUpdate(written())
  for (let end = 0; end < update.length; end += 3) {
    const cut = update.slice(0, end)
    expect(() => Y.applyUpdate(new Y.Doc(), cut)).toThrow()
    expect(() => yjs.open('7').apply(cut)).toThrow(expect.objectContaining({ code: 'BAD_UPDATE' }))
  }
})
