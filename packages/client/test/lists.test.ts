/** Lists: the same rows from an index, from a scan and kept up live; search; rows that follow a new version of a kind. */
import { defineKind, defineLibrary, latest, number, set, string, text } from '@joinery/core/kinds'
import { memoryDisk, memoryStorage } from '@joinery/adapters/storage/memory'
import { memoryTabs } from '@joinery/adapters/tabs/memory'
import { yjs } from '@joinery/adapters/engines/yjs'
import { seededRandom, virtualClock, virtualNetwork } from '@joinery/core/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createClient } from '../src/base.ts'
import { settle, world } from './kit.ts'

const card = defineKind('card', {
  version: 1,
  fields: {
    title: latest(string(), { default: '' }),
    box: latest(string(), { default: 'a' }),
    rank: latest(number(), { default: 0 }),
    tags: set(string()),
    body: text(),
  },
  row: d => ({ title: d.title, box: d.box, rank: d.rank, tags: d.tags }),
  indexes: { box: ['box', 'rank'], tag: ['tags', 'rank'], rank: ['rank'] },
  search: d => [d.title, d.body.toString()],
})

const cards = defineLibrary('cards', { card })

function open(disk = memoryDisk(), library = cards, clock = virtualClock({ settle })) {
  const random = seededRandom(3)
  return createClient({
    library,
    user: 'ada',
    engines: [yjs],
    storage: memoryStorage({ disk }),
    tabs: memoryTabs().open(),
    transport: virtualNetwork({ clock, random }).transport('laptop'),
    clock,
    random,
  })
}

const edit = fc.oneof(
  fc.record({ do: fc.constant('make' as const), box: fc.constantFrom('a', 'b'), rank: fc.integer({ min: 0, max: 9 }) }),
  fc.record({ do: fc.constant('move' as const), at: fc.nat(), box: fc.constantFrom('a', 'b') }),
  fc.record({ do: fc.constant('rank' as const), at: fc.nat(), rank: fc.integer({ min: 0, max: 9 }) }),
  fc.record({ do: fc.constant('tag' as const), at: fc.nat(), tag: fc.constantFrom('x', 'y') }),
  fc.record({ do: fc.constant('delete' as const), at: fc.nat() }),
)

test('[C1] a live list is at any time what reading it anew gives, whatever is edited; by index, by scan, in both directions', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(edit, { maxLength: 25 }), async script => {
      const client = await open()
      const ids: string[] = []
      const queries = {
        byIndex: client.card.where({ box: 'a' }).orderBy('rank', 'desc').limit(3),
        byScan: client.card.where({ box: 'a' }).orderBy('title').limit(3),
        byTag: client.card.where({ tags: 'x' }).orderBy('rank').limit(2),
        byRange: client.card.where({ rank: { from: 3, to: 6 } }).orderBy('rank'),
        all: client.card.orderBy('rank', 'desc'),
        trash: client.card.where({ trashed: { from: 0 } }).orderBy('rank'),
      }
      const shown: Record<string, unknown> = {}
      const stops = Object.entries(queries).map(([name, query]) =>
        query.subscribe(result => (shown[name] = [result.more, result.rows.map(row => row.id)])),
      )
      for (const [step, one] of script.entries()) {
        if (one.do === 'make') ids.push(client.card.create({ title: `${step}`, box: one.box, rank: one.rank }).id)
        else if (ids.length > 0) {
          using handle = await client.card.open(ids[one.at % ids.length] ?? '')
          if (one.do === 'delete') handle.delete()
          else {
            handle.change(d => {
              if (one.do === 'move') d.box = one.box
              if (one.do === 'rank') d.rank = one.rank
              if (one.do === 'tag') d.tags.add(one.tag)
            })
          }
        }
        await settle()
      }
      await settle()
      const everything = (await client.card.get()).rows
      for (const [name, query] of Object.entries(queries)) {
        const { rows, more } = await query.get()
        expect([name, shown[name]]).toEqual([name, [more, rows.map(row => row.id)]])
      }
      // And against an independent reading of all rows.
      const inA = everything.filter(row => row.box === 'a').sort((a, b) => b.rank - a.rank || (a.id < b.id ? 1 : -1))
      expect((shown['byIndex'] as [boolean, string[]])[1]).toEqual(inA.slice(0, 3).map(row => row.id))
      const ranged = everything.filter(row => row.rank >= 3 && row.rank <= 6).map(row => row.id)
      expect([...(shown['byRange'] as [boolean, string[]])[1]].sort()).toEqual(ranged.sort())
      const thrown = ids.filter(id => !everything.some(row => row.id === id))
      expect([...(shown['trash'] as [boolean, string[]])[1]].sort()).toEqual(thrown.sort())
      for (const stop of stops) stop()
      await client.close()
    }),
    { numRuns: 40 },
  )
})

test('[C1] a page that loses a row shows the one that stood behind it', async () => {
  const client = await open()
  for (let rank = 0; rank < 5; rank++) client.card.create({ title: `${rank}`, rank })
  const shown: string[][] = []
  client.card
    .orderBy('rank')
    .limit(3)
    .subscribe(({ rows, more }) => shown.push([`${more}`, ...rows.map(row => row.title)]))
  await settle()
  expect(shown.at(-1)).toEqual(['true', '0', '1', '2'])
  const [first] = (await client.card.orderBy('rank').limit(1).get()).rows
  using handle = await client.card.open(first?.id ?? '')
  handle.delete()
  await settle()
  await settle()
  expect(shown.at(-1)).toEqual(['true', '1', '2', '3'])
  handle.change(d => {
    d.rank = 9
  })
  await client.trash.restore(handle.id)
  await settle()
  await settle()
  expect(shown.at(-1)).toEqual(['true', '1', '2', '3'])
})

test('[C1] a page of many rows reads a page of them: the index is used where one fits', async () => {
  const disk = memoryDisk()
  const client = await open(disk)
  for (let rank = 0; rank < 300; rank++) client.card.create({ title: `${rank}`, rank })
  await client.close()
  let rows = 0
  const storage = memoryStorage({ disk })
  const counting: typeof storage = {
    ...storage,
    read: (tables, body) =>
      storage.read(tables, tx =>
        body({
          ...tx,
          async getMany(table, keys) {
            if (table === 'rows') rows += keys.length
            return tx.getMany(table, keys)
          },
          async range(table, range) {
            const found = await tx.range(table, range)
            if (table === 'rows') rows += found.length
            return found
          },
        }),
      ),
  }
  const clock = virtualClock({ settle })
  const again = await createClient({
    library: cards,
    user: 'ada',
    engines: [yjs],
    storage: counting,
    tabs: memoryTabs().open(),
    transport: virtualNetwork({ clock, random: seededRandom(1) }).transport('laptop'),
    clock,
    random: seededRandom(2),
  })
  const page = await again.card.orderBy('rank', 'desc').limit(20).get()
  expect(page.rows.map(row => row.rank)).toEqual(Array.from({ length: 20 }, (_, at) => 299 - at))
  expect(page.more).toBe(true)
  expect(rows).toBeLessThan(100)
})

test('[§5] rows and indexes follow a new version of their kind; lists are whole meanwhile', async () => {
  const disk = memoryDisk()
  const clock = virtualClock({ settle })
  const old = await open(disk, cards, clock)
  for (const title of ['one', 'two', 'three']) old.card.create({ title, box: 'b', rank: title.length })
  await clock.advance(1_000)
  await old.close()
  const next = defineKind('card', {
    version: 2,
    fields: card.fields,
    row: d => ({ title: d.title.toUpperCase(), box: d.box, rank: -d.rank, tags: d.tags }),
    indexes: { title: ['title'], box: ['box', 'rank'] },
    search: d => [d.title],
  })
  const client = await open(disk, defineLibrary('cards', { card: next }) as unknown as typeof cards, clock)
  expect((await client.card.where({ box: 'b' }).get()).rows.length).toBe(3)
  expect((await client.card.orderBy('title').get()).rows.length).toBe(3)
  await clock.advance(1_000)
  const rows = (await client.card.orderBy('title').get()).rows
  expect(rows.map(row => [row.title, row.rank])).toEqual([
    ['ONE', -3],
    ['THREE', -5],
    ['TWO', -3],
  ])
  const byRank = (await client.card.where({ box: 'b' }).orderBy('rank').get()).rows
  expect(byRank[0]?.title).toBe('THREE')
})

test('[C1] a search keeps up with what is edited, and finds nothing that was purged or is in the trash', async () => {
  const w = world()
  const client = await w.device('phone').open()
  const made = client.note.create({ title: 'Plum cake' })
  const results: string[][] = []
  client.note.search('plum').subscribe(({ state, rows }) => results.push([state, ...rows.map(row => row.title)]))
  await w.clock.advance(2_000)
  expect(results[0]).toEqual(['loading'])
  expect(results.at(-1)).toEqual(['complete', 'Plum cake'])
  using note = await client.note.open(made.id)
  note.change(d => {
    d.title = 'Apple cake'
  })
  await w.clock.advance(2_000)
  expect(results.at(-1)).toEqual(['complete'])
  note.change(d => {
    d.title = 'Plum again'
  })
  note.delete()
  await w.clock.advance(2_000)
  expect((await client.note.search('plum').get()).rows).toEqual([])
  await client.trash.restore(made.id)
  await w.clock.advance(2_000)
  expect((await client.note.search('pl ag').get()).rows.map(row => row.title)).toEqual(['Plum again'])
  await client.trash.purge(made.id)
  await w.clock.advance(2_000)
  expect((await client.note.search('plum').get()).rows).toEqual([])
})

test('[C1] a search shows nothing that it is not asked for, whatever is edited while it reads', async () => {
  const client = await open()
  client.card.create({ title: 'plum' })
  const shown = new Set<string>()
  client.card.search('plum').subscribe(({ rows }) => rows.forEach(row => shown.add(row.title)))
  for (let at = 0; at < 20; at++) {
    client.card.create({ title: `apple ${at}` })
    for (let turn = 0; turn < at; turn++) await Promise.resolve()
  }
  for (let turn = 0; turn < 20; turn++) await settle()
  expect([...shown]).toEqual(['plum'])
})
