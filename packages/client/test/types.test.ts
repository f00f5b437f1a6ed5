/** What the compiler knows of a library: accessors by kind, rows by what `row` gives, drafts by policy. Checked when this file is compiled. */
import {
  counter,
  defineKind,
  defineLibrary,
  latest,
  list,
  number,
  optional,
  set,
  string,
  text,
} from '@joinery/core/kinds'
import { expect, expectTypeOf, test } from 'vitest'
import type { Client, Receipt } from '../src/base.ts'
import { world } from './kit.ts'

const song = defineKind('song', {
  version: 1,
  fields: {
    title: latest(string(), { default: '' }),
    year: latest(optional(number())),
    lyrics: text(),
    tags: set(string()),
    takes: list(string()),
    plays: counter(),
  },
  row: d => ({ title: d.title, year: d.year, tags: d.tags }),
  indexes: { title: ['title'] },
})

const music = defineLibrary('music', { song })

type Music = Client<(typeof music)['kinds']>
type Row = Awaited<ReturnType<Music['song']['get']>>['rows'][number]

test('types follow from the library', () => {
  expectTypeOf<Row['title']>().toEqualTypeOf<string>()
  expectTypeOf<Row['year']>().toEqualTypeOf<number | undefined>()
  expectTypeOf<Row['trashed']>().toEqualTypeOf<number | false>()
  expectTypeOf<Row>().toHaveProperty('createdAt').toEqualTypeOf<number>()
  expectTypeOf<Music>().not.toHaveProperty('note')
  expectTypeOf<ReturnType<Music['space']>['song']>().toEqualTypeOf<Music['song']>()

  const uses = async (client: Music): Promise<void> => {
    expectTypeOf(client.song.create({ title: 'One', tags: ['a'] })).toMatchTypeOf<Receipt & { readonly id: string }>()
    // @ts-expect-error a title is a string
    client.song.create({ title: 1 })
    // @ts-expect-error no such field
    client.song.create({ name: 'x' })
    client.song
      .where({ title: 'One', tags: 'a', year: { from: 1990 } })
      .orderBy('title')
      .limit(3)
    // @ts-expect-error no such column
    client.song.where({ lyrics: 'x' })
    // @ts-expect-error not what the column holds
    client.song.where({ title: 1 })
    // @ts-expect-error no such column
    client.song.orderBy('lyrics')
    const handle = await client.song.open('id')
    expectTypeOf(handle.view.title).toEqualTypeOf<string>()
    expectTypeOf(handle.view.plays).toEqualTypeOf<number>()
    handle.change(d => {
      d.title = 'Two'
      d.tags.add('b')
      d.lyrics.insert(0, 'La')
      d.plays.add(1)
      // @ts-expect-error a set is written through its methods
      d.tags = []
      // @ts-expect-error a title is a string
      d.title = 2
    })
    handle.losers('title')
    // @ts-expect-error only what the last writer wins can tell what lost
    handle.losers('tags')
  }
  expect(typeof uses).toBe('function')
})

test('[C1] importing the browser entry does nothing, on a server too', async () => {
  const before = Object.keys(globalThis).length
  const { createClient } = await import('../src/index.ts')
  expect(typeof createClient).toBe('function')
  expect(Object.keys(globalThis).length).toBe(before)
  const client = await world().device('server').open()
  expect(client.status.get().connection).toBe('no-relay')
})
