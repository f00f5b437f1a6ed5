/** Documents that have had very many authors: sessions come and go for years, or somebody makes them up. */
import { yjs } from '@joinery/adapters/engines/yjs'
import { expect, test } from 'vitest'
import * as Y from 'yjs'
import * as craft from '../../../core/test/gate/craft.ts'
import { served } from '../served.ts'
import { type as typing, update, writer } from '../rig.ts'

/** A letter of each of so many new authors, from this one on, each behind the letter of the one before. */
function newcomers(first: number, count: number, isBeginning = true): Uint8Array {
  return craft.update(
    Array.from({ length: count }, (_, at) => {
      const author = first + count - 1 - at
      const place = isBeginning && author === first ? { parent: 'body' } : { left: [author - 1, 0] as const }
      return { author, clock: 0, structs: [craft.item(craft.text('x'), place)] }
    }),
  )
}

const DAYS = 365
const A_DAY = 200

test('[CR-07] a document that 200 new authors a day wrote for a year opens, takes an edit, and was told of', async () => {
  const relay = await served()
  const ann = await relay.device('ann', 'phone')
  const days = Array.from({ length: DAYS }, (_, day) => newcomers(1_000 + day * A_DAY, A_DAY, day === 0))
  days.forEach((bytes, day) => ann.push('garden', update(day + 1, 'd', bytes)))
  for (let day = 1; day <= DAYS; day++) expect(await ann.answer(day)).toBe(day)
  expect(relay.lines.filter(({ event }) => event === 'crowded')).toMatchObject([{ fields: { document: 'd' } }])
  expect(relay.counted('crowded')).toBe(1)

  const bob = await relay.device('bob', 'laptop')
  bob.say({ type: 'fetch', space: 'garden', document: 'd', before: 0 })
  const { entries } = await bob.next('bodies')
  const doc = yjs.open('8')
  doc.applyAll(entries.map(({ bytes }) => bytes))
  expect(doc.text('body').toString()).toHaveLength(DAYS * A_DAY)
  expect(Y.decodeStateVector(Y.encodeStateVectorFromUpdate(doc.encode())).size).toBe(DAYS * A_DAY)
  const edits: Uint8Array[] = []
  doc.onUpdate(bytes => edits.push(bytes))
  doc.text('body').insert(0, 'hello ')
  bob.push('garden', update(1, 'd', edits[0]!))
  expect(await bob.answer(1)).toBe(DAYS + 1)
})

test('[CR-06] a document takes no more authors than it may have; who is in it already goes on, and so do all others', async () => {
  const relay = await served({ limits: { documentAuthors: 10_000 } })
  const [eve, ann] = [await relay.device('eve', 'evil'), await relay.device('ann', 'phone')]
  const honest = writer(1)
  ann.push('garden', update(1, 'd', honest.edit(typing('hello'))))
  await ann.answer(1)
  // Each for itself passes: the limit of one update is 4,096.
  for (let n = 1; n <= 4; n++) eve.push('garden', update(n, 'd', newcomers(n * 10_000, 4_000)))
  expect([await eve.answer(1), await eve.answer(2)]).toEqual([2, 3])
  expect([await eve.answer(3), await eve.answer(4)]).toEqual(['TOO_MANY_AUTHORS', 'TOO_MANY_AUTHORS'])
  eve.push('garden', update(5, 'd', newcomers(90_000, 1_999)), update(6, 'd', newcomers(95_000, 1)))
  expect([await eve.answer(5), await eve.answer(6)]).toEqual([4, 'TOO_MANY_AUTHORS'])
  ann.push('garden', update(2, 'd', honest.edit(typing(' again'))), update(3, 'e', newcomers(1, 4_000)))
  expect([await ann.answer(2), await ann.answer(3)]).toEqual([expect.any(Number), expect.any(Number)])
  expect(await relay.store.authors('garden', 'd')).toHaveLength(10_000)
})
