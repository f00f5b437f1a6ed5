/** What can be declared, and which types follow. */
import { describe, expect, expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import {
  blob,
  counter,
  defineKind,
  defineLibrary,
  folder,
  furthest,
  immutable,
  latest,
  list,
  note,
  number,
  ref,
  review,
  richText,
  set,
  string,
  text,
  type BlobRef,
  type CounterDraft,
  type Draft,
  type FurthestDraft,
  type Init,
  type ListItem,
  type ReadonlyText,
  type SetDraft,
  type View,
} from '../../src/kinds/index.ts'
import type { EngineText } from '../../src/ports/engine.ts'

const title = latest(string(), { default: '' })
const BAD_INPUT = expect.objectContaining({ code: 'BAD_INPUT' }) as unknown

describe('types', () => {
  const fields = {
    title,
    mood: latest(z.enum(['good', 'bad'])),
    folder: ref('folder'),
    cover: blob(),
    body: richText(),
    notes: text(),
    tags: set(string()),
    steps: list(z.object({ text: z.string() })),
    votes: counter(),
    page: furthest(number()),
    by: immutable(string()),
  }
  type Fields = typeof fields

  test('a view is read-only, and each field is what its policy shows', () => {
    type V = View<Fields>
    expectTypeOf<V['title']>().toEqualTypeOf<string>()
    expectTypeOf<V['mood']>().toEqualTypeOf<'good' | 'bad' | undefined>()
    expectTypeOf<V['folder']>().toEqualTypeOf<string | null>()
    expectTypeOf<V['cover']>().toEqualTypeOf<BlobRef | null>()
    expectTypeOf<V['body']>().toEqualTypeOf<ReadonlyText>()
    expectTypeOf<V['tags']>().toEqualTypeOf<readonly string[]>()
    expectTypeOf<V['steps']>().toEqualTypeOf<readonly ListItem<{ text: string }>[]>()
    expectTypeOf<V['votes']>().toEqualTypeOf<number>()
    expectTypeOf<V['page']['furthest']>().toEqualTypeOf<number | undefined>()
    expectTypeOf<V['by']>().toEqualTypeOf<string | undefined>()
    expectTypeOf<V['$trash']>().toEqualTypeOf<number | false>()
    // @ts-expect-error a view is not written
    const write = (view: V) => (view.title = 'x')
    expect(write).toBeTypeOf('function')
  })

  test('a draft takes values where they are assigned, and has methods where they are not', () => {
    type D = Draft<Fields>
    expectTypeOf<D['title']>().toEqualTypeOf<string>()
    expectTypeOf<D['mood']>().toEqualTypeOf<'good' | 'bad' | undefined>()
    expectTypeOf<D['body']>().toEqualTypeOf<EngineText>()
    expectTypeOf<D['tags']>().toEqualTypeOf<SetDraft<string>>()
    expectTypeOf<D['votes']>().toEqualTypeOf<CounterDraft>()
    expectTypeOf<D['page']>().toEqualTypeOf<FurthestDraft<number>>()
    const write = (draft: D) => {
      draft.title = 'x'
      draft.mood = undefined
      draft.by = 'me'
      // @ts-expect-error no such mood
      draft.mood = 'sleepy'
      // @ts-expect-error a set is written through
      draft.tags = []
      // @ts-expect-error no such field
      draft.other = 1
    }
    expect(write).toBeTypeOf('function')
  })

  test('first values are what fields are first filled with', () => {
    expectTypeOf<Init<Fields>>().branded.toEqualTypeOf<{
      readonly title?: string | undefined
      readonly mood?: 'good' | 'bad' | undefined
      readonly folder?: string | null | undefined
      readonly cover?: BlobRef | null | undefined
      readonly body?: string | undefined
      readonly notes?: string | undefined
      readonly tags?: readonly string[] | undefined
      readonly steps?: readonly { text: string }[] | undefined
      readonly votes?: number | undefined
      readonly page?: number | undefined
      readonly by?: string | undefined
    }>()
  })

  test('indexes name columns of the row, and rows have no standard columns of their own', () => {
    const make = () => {
      // @ts-expect-error no such column
      defineKind('x', { version: 1, fields: { title }, row: d => ({ head: d.title }), indexes: { a: ['haed'] } })
      // @ts-expect-error `id` is every row's
      defineKind('x', { version: 1, fields: { title }, row: d => ({ id: d.title }) })
      // @ts-expect-error a body is no column
      defineKind('x', { version: 1, fields: { body: text() }, row: d => ({ body: d.body }) })
      return defineKind('x', {
        version: 1,
        fields: { title },
        row: d => ({ head: d.title }),
        indexes: { a: ['head', 'updatedAt'] },
      })
    }
    expect(make().indexes).toEqual({ a: ['head', 'updatedAt'] })
    expectTypeOf<keyof ReturnType<typeof make>['indexes']>().toEqualTypeOf<'a'>()
  })

  test('furthest of objects needs a comparison', () => {
    const make = () =>
      // @ts-expect-error no order of its own
      furthest(z.object({ chapter: z.number() }))
    expect(make).not.toThrow()
  })
})

describe('declarations', () => {
  test.each([
    ['a name outside the grammar', () => defineKind('a b', { version: 1, fields: {} })],
    ['a version that is none', () => defineKind('a', { version: 0, fields: {} })],
    ['a field called as a standard part', () => defineKind('a', { version: 1, fields: { $trash: title } })],
    ['a field called as what objects have', () => defineKind('a', { version: 1, fields: { constructor: title } })],
    ['a former name in use', () => defineKind('a', { version: 1, fields: { a: title, b: title }, alias: { a: 'b' } })],
    ['two former names', () => defineKind('a', { version: 1, fields: { b: title }, alias: { a: 'b', c: 'b' } })],
    ['an alias of nothing', () => defineKind('a', { version: 1, fields: { b: title }, alias: { a: 'c' as 'b' } })],
    ['a seed of nothing', () => defineKind('a', { version: 1, fields: { b: title }, seed: ['c' as 'b'] })],
    ['a default that does not fit', () => latest(string(), { default: 7 as unknown as string })],
    ['a library with a kind under another name', () => defineLibrary('lib', { notes: note })],
    ['an id that is none', () => review.idOf({ date: '22/11' })],
    ['an id of missing values', () => review.idOf({})],
  ])('[BAD_INPUT] %s is refused', (_, declare) => {
    expect(declare).toThrow(BAD_INPUT)
  })

  test('the kinds that ship make a library', () => {
    const library = defineLibrary('notes', { note, folder, review })
    expect(Object.keys(library.kinds)).toEqual(['note', 'folder', 'review'])
    expect(library.kinds.review.idOf({ date: '2026-11-22' })).toBe('review-2026-11-22')
    expect(library.kinds.note.idOf({})).toBeUndefined()
    expectTypeOf(library.kinds.note.name).toEqualTypeOf<'note'>()
  })
})
