import { emptied, partsOf, SCAN_LIMITS, scanYjsUpdate, type Leaving } from '@joinery/core/gate'
import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import * as craft from './craft.ts'

/** One update with every kind of struct that Yjs writes. */
function everything(): Uint8Array {
  const doc = new Y.Doc()
  doc.clientID = 7
  const text = doc.getText('body')
  text.insert(0, 'plain 😀')
  text.format(0, 3, { bold: true })
  text.insertEmbed(2, { image: 1 })
  text.delete(1, 2)
  const map = doc.getMap('map')
  map.set('any', { deep: [1, 2, 3] })
  map.set('bytes', new Uint8Array([1, 2]))
  map.set('inner', new Y.Map([['key', 'value']]))
  map.set('doc', new Y.Doc({ guid: 'other' }))
  doc.getArray('list').insert(0, [1, 2, 3])
  doc.getXmlFragment('rich').insert(0, [new Y.XmlElement('p'), new Y.XmlText('t')])
  return Y.encodeStateAsUpdate(doc)
}

const clocksOf = (update: Uint8Array): unknown => Y.decodeUpdate(update).structs.map(({ id, length }) => [id, length])

describe.each<Leaving>(['places', 'clocks'])('[D2] an update that is voided to its %s', leaving => {
  test('has the same clocks, no content and no deletes, and passes the scan', () => {
    const update = everything()
    const left = emptied(update, leaving) ?? new Uint8Array()
    expect(scanYjsUpdate(left, SCAN_LIMITS).ok).toBe(true)
    expect(clocksOf(left)).toEqual(clocksOf(update))
    expect(partsOf(left)?.deletes).toEqual([])
    const doc = new Y.Doc()
    Y.applyUpdate(doc, left)
    expect(doc.store.pendingStructs).toBeNull()
    expect(doc.toJSON()).toEqual({})
    expect(doc.getText('body').length + doc.getArray('list').length + doc.getMap('map').size).toBe(0)
    // Emptied again, it stays what it is.
    expect(emptied(left, leaving)).toEqual(left)
  })

  test('is none when it cannot be read', () => {
    const update = everything()
    for (let length = 1; length < 60; length++) expect(emptied(update.subarray(0, length), leaving)).toBeUndefined()
  })
})

test('[D2] what others wrote beside a voided word stays, and what a voided value stood over is back', () => {
  const [word, beside] = [
    craft.by(1, craft.item(craft.text('bad'))),
    craft.by(2, craft.item(craft.text('good'), { left: [1, 1] })),
  ]
  const shown = (updates: readonly Uint8Array[]): string => {
    const doc = new Y.Doc()
    for (const one of updates) Y.applyUpdate(doc, one)
    return doc.getText('root').toJSON()
  }
  expect(shown([emptied(word, 'places')!, beside])).toBe('good')
  expect(shown([emptied(word, 'clocks')!, beside])).toBe('')
  const first = craft.by(1, craft.item(craft.any('tea'), { parent: 'map', key: 'k' }))
  const over = craft.update([{ author: 2, clock: 0, structs: [craft.item(craft.any('bad'), { left: [1, 0] })] }])
  const doc = new Y.Doc()
  for (const one of [first, emptied(over, 'clocks')!]) Y.applyUpdate(doc, one)
  expect(doc.getMap('map').toJSON()).toEqual({ k: 'tea' })
})
