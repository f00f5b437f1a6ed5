import fc from 'fast-check'
import { expect, test } from 'vitest'
import { documentOfRoom, isId } from '../src/index.ts'

/** Names that lie close to each other: ids, what an id may not have, and what looks like an escape. */
const name = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 200 }),
  fc
    .array(fc.constantFrom('_y_', '_z_', '_', '2f', '/', 'a', '-', '%', '計'), { maxLength: 60 })
    .map(parts => parts.join('')),
  fc.constantFrom('__proto__', 'constructor', 'prototype', '', '.', '..'),
)

test('[AU-15] every room has a document of its own, whatever it is called', () => {
  const roomByDocument = new Map<string, string>()
  fc.assert(
    fc.property(name, room => {
      const document = documentOfRoom(room)
      expect(isId(document)).toBe(true)
      expect(roomByDocument.get(document) ?? room).toBe(room)
      roomByDocument.set(document, room)
    }),
    { numRuns: 5_000 },
  )
})

test('[AU-15] a room that is called by an id is that document, unless it is called as what another one became', () => {
  for (const id of ['plan', 'a_b', '_y', 'x'.repeat(128)]) expect(documentOfRoom(id)).toBe(id)
  const became = documentOfRoom('a/b')
  expect(documentOfRoom(became)).not.toBe(became)
  const digested = documentOfRoom('x'.repeat(129))
  expect(documentOfRoom(digested)).not.toBe(digested)
})
