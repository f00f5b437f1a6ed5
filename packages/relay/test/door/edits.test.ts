/** How what a stock client sends becomes entries of the log. */
import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { rig, writer, type Rig } from '../rig.ts'
import { visitor, type Visitor } from './visitor.ts'

const typing =
  (text: string) =>
  (doc: Y.Doc): void =>
    doc.getText('body').insert(doc.getText('body').length, text)

async function inside(at: Rig, name = 'ann'): Promise<Visitor> {
  const one = visitor(at, 'team/plan', name)
  one.step1()
  await at.rest()
  one.forget()
  return one
}

const stored = (at: Rig) => at.store.body('team', 'plan')

function textIn(updates: readonly Uint8Array[]): string {
  const doc = new Y.Doc()
  for (const update of updates) Y.applyUpdate(doc, update)
  expect(doc.store.pendingStructs).toBe(null)
  return doc.getText('body').toJSON()
}

test('what arrives while an entry is written is the next entry, joined, and goes out as one frame', async () => {
  const at = rig()
  const reader = await inside(at, 'bob')
  const ann = await inside(at)
  const pen = writer(7)
  const edits = Array.from({ length: 100 }, (_, i) => pen.edit(typing(`${i} `)))
  for (const edit of edits) ann.update(edit)
  await at.rest()
  const entries = await stored(at)
  expect(entries.length).toBeLessThanOrEqual(2)
  expect(textIn(entries.map(({ bytes }) => bytes))).toBe(pen.doc.getText('body').toJSON())
  const shown = reader.of('update')
  expect(shown).toHaveLength(entries.length)
  expect(textIn(shown.map(({ bytes }) => bytes))).toBe(pen.doc.getText('body').toJSON())
  expect(ann.of('update')).toHaveLength(entries.length)
})

test('an edit among others that is refused takes none of them with it', async () => {
  const at = rig()
  const bob = await inside(at, 'bob')
  const bobs = writer(9)
  bob.update(bobs.edit(typing('bob ')))
  await at.rest()
  const ann = await inside(at)
  const pen = writer(7)
  ann.update(pen.edit(typing('before ')))
  // Of an author who is bound to somebody else.
  ann.update(bobs.edit(typing('forged ')))
  await at.rest()
  expect(ann.closed).toEqual([{ code: 4403, reason: 'CONFLICTING_AUTHORSHIP' }])
  const text = textIn((await stored(at)).map(({ bytes }) => bytes))
  expect(text).toContain('before')
  expect(text).not.toContain('forged')
})

test('a gap among others asks for what is missing, and what has none is stored', async () => {
  const at = rig()
  const ann = await inside(at)
  const [pen, other] = [writer(7), writer(8)]
  other.edit(typing('lost '))
  ann.update(pen.edit(typing('whole ')))
  ann.update(other.edit(typing('gapped ')))
  ann.update(pen.edit(typing('too ')))
  await at.rest()
  expect(ann.of('step1')).toHaveLength(1)
  expect(ann.closed).toEqual([])
  expect(textIn((await stored(at)).map(({ bytes }) => bytes))).toBe('whole too ')
})

test('what is larger together than is scanned at once is not joined', async () => {
  const at = rig({ limits: { inlineScanBytes: 1_000 } })
  const ann = await inside(at)
  const pen = writer(7)
  for (let i = 0; i < 6; i++) ann.update(pen.edit(typing(String(i).repeat(400))))
  await at.rest()
  const entries = await stored(at)
  expect(entries.length).toBeGreaterThanOrEqual(3)
  for (const { bytes } of entries) expect(bytes.length).toBeLessThanOrEqual(1_000)
  expect(textIn(entries.map(({ bytes }) => bytes))).toBe(pen.doc.getText('body').toJSON())
})

test('[CR-08] [CR-09] nobody writes under the id that another goes by, before him or after he left', async () => {
  const at = rig()
  // Who is there keeps it known who was.
  await inside(at, 'cid')
  const bob = await inside(at, 'bob')
  bob.awareness([8, 1, {}])
  await at.rest()
  const forged = writer(8).edit(typing('forged '))
  const eve = await inside(at, 'eve')
  eve.update(forged)
  await at.rest()
  expect(eve.closed).toEqual([{ code: 4403, reason: 'CONFLICTING_AUTHORSHIP' }])
  bob.breaks()
  const again = await inside(at, 'eve')
  again.update(forged)
  await at.rest()
  expect([again.closed.length, (await stored(at)).length]).toEqual([1, 0])
  const back = await inside(at, 'bob')
  back.update(writer(8).edit(typing('bob ')))
  await at.rest()
  expect([back.closed, textIn((await stored(at)).map(({ bytes }) => bytes))]).toEqual([[], 'bob '])
})

test('[CR-08] whose id somebody else has written under is told, and what he writes is not taken for stored', async () => {
  const at = rig()
  const eve = await inside(at, 'eve')
  eve.update(writer(8).edit(typing('forged and longer ')))
  await at.rest()
  const bob = await inside(at, 'bob')
  bob.awareness([8, 1, {}])
  bob.update(writer(8).edit(typing('bob ')))
  await at.rest()
  expect(bob.closed).toEqual([{ code: 4403, reason: 'CONFLICTING_AUTHORSHIP' }])
  // Of another's, whom it heard of elsewhere, a copy of what is stored is nothing new.
  const cid = await inside(at, 'cid')
  cid.awareness([9, 1, {}])
  cid.update(writer(8).edit(typing('forged and longer ')))
  await at.rest()
  expect([cid.closed, (await stored(at)).length]).toEqual([[], 1])
})

test('[R4] after a loss each brings what all had, though they are all there', async () => {
  const at = rig()
  const [ann, bob] = [await inside(at, 'ann'), await inside(at, 'bob')]
  const [anns, bobs] = [writer(7), writer(8)]
  anns.edit(doc => Y.applyUpdate(doc, bobs.edit(typing('bob '))))
  anns.edit(typing('ann '))
  Y.applyUpdate(bobs.doc, Y.encodeStateAsUpdate(anns.doc))
  ann.awareness([7, 1, {}])
  bob.awareness([8, 1, {}])
  await at.rest()
  for (const [one, { doc }] of [[ann, anns], [bob, bobs]] as const) one.step2(Y.encodeStateAsUpdate(doc)) // prettier-ignore
  await at.rest()
  expect([ann.closed, bob.closed]).toEqual([[], []])
  expect(textIn((await stored(at)).map(({ bytes }) => bytes))).toBe('bob ann ')
})

test('[A3] what a client has binds nobody but the name that it goes by: others come with more of theirs', async () => {
  const at = rig()
  const ann = await inside(at)
  const [anns, bobs] = [writer(7), writer(8)]
  const bobsFirst = bobs.edit(typing('bob '))
  const bobsLater = bobs.edit(typing('offline '))
  anns.edit(doc => Y.applyUpdate(doc, bobsFirst))
  anns.edit(typing('ann '))
  ann.awareness([7, 1, {}])
  ann.step2(Y.encodeStateAsUpdate(anns.doc))
  await at.rest()
  const bob = await inside(at, 'bob')
  bob.step2(Y.mergeUpdates([bobsFirst, bobsLater]))
  await at.rest()
  expect(bob.closed).toEqual([])
  expect(textIn((await stored(at)).map(({ bytes }) => bytes))).toContain('offline')
  const mallory = await inside(at, 'mallory')
  mallory.update(anns.edit(typing('forged ')))
  await at.rest()
  expect(mallory.closed).toEqual([{ code: 4403, reason: 'CONFLICTING_AUTHORSHIP' }])
})
