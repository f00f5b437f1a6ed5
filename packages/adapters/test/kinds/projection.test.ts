/** What projecting and reading cost, and what drafts refuse, on a real engine. */
import { hybridClock, type EngineDocument, type EngineText } from '@joinery/core'
import {
  createDocument,
  defineKind,
  draftOf,
  latest,
  note,
  projectDocument,
  projectRow,
  readDocument,
  string,
  text,
} from '@joinery/core/kinds'
import { expect, test } from 'vitest'
import { yjs } from '../../src/engines/yjs.ts'

const clock = hybridClock({ now: () => 1_000 })
const context = { device: 'laptop', stamp: () => clock.next(), id: () => 'unused' }
const ENVELOPE = { id: 'n1', space: 'me', createdAt: 1, updatedAt: 2 }

test('[T1] a projection builds the string of a body once, for row and search together', () => {
  const doc = yjs.open('1')
  createDocument(note, doc, context, { title: 'Shopping', body: 'Bread' })
  let built = 0
  const counted = (text: EngineText | undefined): EngineText => ({
    length: 0,
    toString: () => ((built += 1), text?.toString() ?? ''),
    insert: () => undefined,
    delete: () => undefined,
  })
  const counting: EngineDocument = {
    ...doc,
    rich: name => counted(doc.rich?.(name)),
    text: name => counted(doc.text(name)),
  }
  expect(projectDocument(note, counting, ENVELOPE)).toMatchObject({
    row: { excerpt: 'Bread' },
    texts: ['Shopping', 'Bread'],
  })
  expect(built).toBe(1)
})

test('[R2] a row has no undefined columns, which no storage holds, and nothing that is not plain', () => {
  const fields = { mood: latest(string()), body: text() }
  const kind = defineKind('x', { version: 1, fields, row: d => ({ mood: d.mood, length: d.body.length }) })
  const standard = ['createdAt', 'id', 'kind', 'space', 'trashed', 'updatedAt']
  expect(Object.keys(projectRow(kind, yjs.open('1'), ENVELOPE)).sort()).toEqual([...standard, 'length'].sort())
  const careless = defineKind('x', { version: 1, fields, row: d => ({ body: d.body as unknown as string }) })
  expect(() => projectRow(careless, yjs.open('1'), ENVELOPE)).toThrow(
    expect.objectContaining({ code: 'BAD_INPUT', details: expect.objectContaining({ column: 'body' }) as unknown }),
  )
})

test('[D4] a view reads the present, each time it is asked', () => {
  const doc = yjs.open('1')
  const view = readDocument(note, doc)
  const draft = draftOf(note, doc, context)
  expect(view.title).toBe('')
  draft.title = 'now'
  draft.body.insert(0, 'text')
  expect([view.title, view.body.toString(), draft.title]).toEqual(['now', 'text', 'now'])
})

test('[CR-26] a draft refuses values that do not fit, and fields that nobody declared', () => {
  const draft = draftOf(note, yjs.open('1'), context)
  expect(() => (draft.title = 7 as unknown as string)).toThrow(
    expect.objectContaining({
      code: 'BAD_INPUT',
      details: { field: 'title', issues: [{ message: 'must be a string of at most 1000', path: '' }] },
    }),
  )
  expect(() => (draft.folder = '../x')).toThrow(expect.objectContaining({ code: 'BAD_INPUT' }))
  expect(() => draft.tags.add('ok', 5 as unknown as string)).toThrow(expect.objectContaining({ code: 'BAD_INPUT' }))
  expect(() => ((draft as { titel?: string }).titel = 'typo')).toThrow(TypeError)
  expect(() => draftOf(note, yjs.open('1'), { ...context, device: 'a/b' })).toThrow(
    expect.objectContaining({ code: 'BAD_INPUT' }),
  )
})
