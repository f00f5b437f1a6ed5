/** Laws of reading: what a document’s head and authors tell, and pages of documents and of the log. */
import type { Entry } from '../../entry.ts'
import { ENTRY_WEIGHT } from '../../ports/store.ts'
import type { Law } from '../law.ts'
import { must, rejects, same } from '../must.ts'
import { bytesOf, commit, counting, edit, law, type MakeStorePlace, pagesOf, sortedBy, tombstone } from './given.ts'

export const documentLaws: readonly Law<MakeStorePlace>[] = [
  law('A3', 'authors are as the last entry that names them says', async ({ store }) => {
    const author = (name: string, clock: number, owner = 'phone@ann') => ({ author: name, clock, owner })
    await commit(store, 'a', [
      edit('x', 1, { authors: [author('7', 3), author('8', 1)] }),
      edit('x', 2, { authors: [author('7', 5)] }),
      edit('y', 3, { authors: [author('7', 1, 'else')] }),
      edit('x', 4, { basedOn: 5, authors: [author('7', 99)] }),
    ])
    await commit(store, 'a', [edit('x', 5, { basedOn: 2, authors: [author('9', 1)] })])
    const expected = [author('7', 5), author('8', 1), author('9', 1)]
    same(sortedBy(await store.authors('a', 'x'), 'author'), expected, 'of x')
    must(await store.fold({ space: 'a', document: 'x', upTo: 2, snapshot: bytesOf(1), entries: 2 }), 'folded')
    same(sortedBy(await store.authors('a', 'x'), 'author'), expected, 'after a fold')
    for (const [after, moved] of [
      [1, ['7', '9']],
      [2, ['9']],
    ] as const) {
      const told = await store.authors('a', 'x', after)
      for (const name of moved)
        must(
          told.some(({ author: id }) => id === name),
          `${name} moved behind ${after}`,
        )
      for (const one of told)
        same(
          one,
          expected.find(({ author: id }) => id === one.author),
          'as it is',
        )
    }
    same(await store.authors('a', 'y'), [author('7', 1, 'else')], 'of y')
    same([await store.authors('a', 'none'), await store.authors('none', 'x')], [[], []], 'of nothing')
  }),
  law('R2', 'a document\u2019s head tells its first and last seq and its bytes', async ({ store }) => {
    await commit(store, 'a', [edit('w', 1), edit('x', 2, { bytes: bytesOf(10) }), edit('x', 3, { bytes: bytesOf(5) })])
    const head = {
      document: 'x',
      kind: 'note',
      engine: 'yjs',
      firstSeq: 2,
      seq: 3,
      state: 'live',
      bytes: 15,
      quarantined: undefined,
    }
    same(await store.document('a', 'x'), head, 'the head')
    must((await store.document('a', 'none')) === undefined, 'a missing document is undefined')
    must((await store.document('none', 'x')) === undefined, 'in a missing space too')
    same([await store.body('a', 'none'), await store.body('none', 'x')], [[], []], 'and has no body')
  }),
  law('R2', 'documents come newest first, page by page', async ({ store }) => {
    for (let n = 1; n <= 9; n++) await commit(store, 'a', [edit(`d${n}`, n)])
    await commit(store, 'a', [edit('d3', 10, { basedOn: 3 }), tombstone('d5', 11, { basedOn: 5 })])
    await commit(store, 'b', [edit('other', 1)])
    const pages: string[][] = []
    let before = Infinity
    for (;;) {
      const page = await store.documents('a', before, 4)
      if (page.length === 0) break
      pages.push(page.map(({ document }) => document))
      before = page.at(-1)?.seq ?? 0
    }
    same(pages, [['d5', 'd3', 'd9', 'd8'], ['d7', 'd6', 'd4', 'd2'], ['d1']], 'pages')
    same(await store.documents('none', Infinity, 4), [], 'a missing space')
    same((await store.documents('a', Infinity, 1))[0], await store.document('a', 'd5'), 'the same heads')
  }),
  law(
    'R2',
    'pages end at about the bytes asked for, have at least one entry, and end in a valid cursor',
    async ({ store }) => {
      const sizes = [100, 100, 5_000, 0, 100, 100]
      const { head } = await commit(
        store,
        'a',
        sizes.map((size, i) => edit(`d${i}`, i + 1, { bytes: bytesOf(size) })),
      )
      const weigh = (entries: readonly Entry[]): number =>
        entries.reduce((sum, { bytes }) => sum + ENTRY_WEIGHT + bytes.length, 0)
      for (const maxBytes of [1, 250, 1_000, 100_000]) {
        const pages = await pagesOf(store, 'a', 0, maxBytes)
        same(
          pages.flatMap(({ entries }) => entries.map(({ seq }) => seq)),
          counting(6),
          `everything, once, by ${maxBytes}`,
        )
        for (const [i, page] of pages.entries()) {
          same(page.end, i === pages.length - 1, 'the last page is the end')
          same(page.epoch, head.epoch, 'epoch')
          same(page.mark, await store.markAt('a', page.seq), 'mark')
          must(page.entries.length > 0, 'an entry')
          must(weigh(page.entries.slice(0, -1)) < maxBytes, 'no more than one entry over')
          must(page.end || weigh(page.entries) >= maxBytes, 'and not under')
        }
      }
      same(await store.read('a', 6, 100), { entries: [], ...head, end: true, damaged: [] }, 'at the head')
      await rejects(store.read('none', 0, 100), 'NOT_FOUND')
    },
  ),
]
