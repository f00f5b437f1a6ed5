/** Laws of the past: what folds replaced and is kept, for how long, and the names of versions in it. */
import { ENTRY_WEIGHT } from '../../ports/store.ts'
import type { Law } from '../law.ts'
import { must, same } from '../must.ts'
import { bytesOf, commit, counting, edit, grow, law, type MakeStorePlace, tombstone } from './given.ts'

export const pastLaws: readonly Law<MakeStorePlace>[] = [
  law(
    'S3',
    'what a kept fold replaces is the past of its document, as it was; once in its lineage',
    async ({ store, reopen }) => {
      await grow(store)
      const before = await store.body('a', 'x')
      const fold = { space: 'a', document: 'x', entries: 3, keptAt: 1_000 }
      must(await store.fold({ ...fold, upTo: 5, snapshot: bytesOf(33) }), 'folded')
      await commit(store, 'a', [edit('x', 8, { basedOn: 6, bytes: bytesOf(9_000) })])
      const tail = (await store.body('a', 'x')).slice(1)
      must(await store.fold({ ...fold, upTo: 8, snapshot: bytesOf(9_001) }), 'folded in turn')
      await commit(store, 'a', [edit('x', 9, { basedOn: 8 })])
      for (const open of [async () => store, reopen]) {
        const opened = await open()
        const past = await opened.past('a', 'x', 0, 1_000_000)
        same(past, [...before.slice(0, 3), ...tail], 'the past, without the snapshot of the first fold')
        const lineage = await opened.lineage('a', 'x')
        const whole = [...past, ...(await opened.body('a', 'x')).slice(1)]
        same(
          lineage,
          whole.map(({ seq, type, at, device, n, subject, bytes }) => ({ seq, type, at, device, n, subject, bytes: bytes.length })), // prettier-ignore
          'past and present',
        )
        same(await opened.past('a', 'y', 0, 1_000_000), [], 'not of another document')
        same(await opened.past('none', 'x', 0, 1_000_000), [], 'nor of another space')
        same(await opened.lineage('a', 'none'), [], 'nor of none')
      }
    },
  ),
  law('S3', 'a past is read a page at a time', async ({ store }) => {
    await commit(
      store,
      'a',
      counting(9).map(n => edit('x', n)),
    )
    must(
      await store.fold({ space: 'a', document: 'x', upTo: 8, snapshot: bytesOf(3), entries: 8, keptAt: 1 }),
      'folded',
    )
    const read = async (after: number, maxBytes: number): Promise<number[]> =>
      (await store.past('a', 'x', after, maxBytes)).map(({ seq }) => seq)
    same(await read(0, 1), [1], 'one at least')
    same(await read(1, 2 * (ENTRY_WEIGHT + 10)), [2, 3], 'as many as weigh so much')
    same(await read(6, 1_000_000), [7, 8], 'to its end')
    same(await read(8, 1_000_000), [], 'and nothing behind it')
  }),
  law('S3', 'a fold that keeps nothing drops what it replaces, and leaves the past there is', async ({ store }) => {
    await grow(store)
    must(await store.fold({ space: 'a', document: 'x', upTo: 3, snapshot: bytesOf(4), entries: 2, keptAt: 1 }), 'kept')
    must(await store.fold({ space: 'a', document: 'x', upTo: 5, snapshot: bytesOf(5), entries: 2 }), 'not kept')
    must(await store.fold({ space: 'a', document: 'x', upTo: 6, snapshot: bytesOf(6), entries: 2, keptAt: 2 }), 'kept')
    same(
      (await store.lineage('a', 'x')).map(({ seq, type, bytes }) => [seq, type, bytes]),
      [
        [1, 'update', 10],
        [3, 'update', 10],
        [5, 'snapshot', 5],
        [6, 'update', 10],
      ],
      'the snapshot stands for what was dropped',
    )
  }),
  law('S3', 'what was kept before a time is told, a page at a time', async ({ store }) => {
    await grow(store)
    await commit(store, 'b', [edit('z', 1), edit('z', 2)])
    const fold = { space: 'a', document: 'x', snapshot: bytesOf(4) }
    must(await store.fold({ ...fold, upTo: 3, entries: 2, keptAt: 10 }), 'x')
    must(await store.fold({ ...fold, upTo: 5, entries: 2, keptAt: 20 }), 'x again')
    must(await store.fold({ ...fold, upTo: 6, entries: 2, keptAt: 30 }), 'and again')
    must(await store.fold({ ...fold, document: 'y', upTo: 4, entries: 2, keptAt: 30 }), 'y')
    must(await store.fold({ ...fold, space: 'b', document: 'z', upTo: 2, entries: 2, keptAt: 5 }), 'z')
    const told = async (before: number): Promise<string[]> => {
      const all: string[] = []
      for (let after = 0, pages = 0; pages < 5; pages++) {
        const page = await store.aged(before, after, 1)
        must(page.length <= 1, 'at most the limit')
        all.push(...page.map(one => `${one.space} ${one.document} ${one.engine} ${one.upTo}`))
        after = page.at(-1)?.at ?? after
      }
      return all.sort()
    }
    same(await told(5), [], 'none so old')
    same(await told(20), ['a x yjs 3', 'b z yjs 2'], 'and not at that time')
    same(await told(20.25), ['a x yjs 5', 'b z yjs 2'], 'nor is a time a whole number')
    same(await told(21), ['a x yjs 5', 'b z yjs 2'], 'up to where it was kept before')
    same(await told(31), ['a x yjs 6', 'a y yjs 4', 'b z yjs 2'], 'all')
    must(
      await store.forget({ space: 'a', document: 'x', after: 0, upTo: 5, entries: 3, instead: bytesOf(1) }),
      'forgot',
    )
    same(await told(31), ['a x yjs 6', 'a y yjs 4', 'b z yjs 2'], 'what was forgotten is told no more')
    same(await told(21), ['b z yjs 2'], 'by its time')
  }),
  law(
    'S3',
    'a stretch of a past is forgotten for what says the same, and nothing else changes',
    async ({ store, reopen }) => {
      await grow(store)
      const fold = { space: 'a', document: 'x', snapshot: bytesOf(4) }
      must(await store.fold({ ...fold, upTo: 6, entries: 4, keptAt: 10 }), 'folded')
      const [body, whole] = [await store.body('a', 'x'), await store.past('a', 'x', 0, 1_000_000)]
      const forget = { space: 'a', document: 'x', after: 0, upTo: 3, entries: 2, instead: bytesOf(70_000) }
      for (const wrong of [
        { ...forget, entries: 1 },
        { ...forget, entries: 3 },
        { ...forget, upTo: 4 },
        { ...forget, after: 1 },
        { ...forget, document: 'none' },
        { ...forget, space: 'none' },
      ])
        must(!(await store.forget(wrong)), `refused: ${JSON.stringify({ ...wrong, instead: 0 })}`)
      // Somebody names a version while what it is in is put together.
      const [first, end] = [{ seq: whole[0]?.seq ?? 0, name: 'first', subject: 'ann', at: 1 }, { seq: 3, name: 'end', subject: 'ann', at: 1 }] // prettier-ignore
      for (const one of [first, end]) must(await store.nameVersion('a', 'x', one), one.name)
      must(!(await store.forget(forget)), 'what has a name stays')
      same(await store.past('a', 'x', 0, 1_000_000), whole, 'nothing changed')
      must(await store.nameVersion('a', 'x', { ...first, name: '' }), 'no name')
      must(await store.forget(forget), 'the beginning, whose end has a name')
      must(!(await store.nameVersion('a', 'x', first)), 'what is forgotten gets no name')
      same(await store.versionNames('a', 'x'), [end], 'nor has it one')
      must(await store.forget({ ...forget, after: 3, upTo: 6, instead: bytesOf(7) }), 'and a stretch behind it')
      const again = await reopen()
      same(
        await again.past('a', 'x', 0, 1_000_000),
        [
          { ...whole[1], type: 'snapshot', bytes: bytesOf(70_000) },
          { ...whole[3], type: 'snapshot', bytes: bytesOf(7) },
        ],
        'each is one snapshot at its end',
      )
      same(await again.body('a', 'x'), body, 'the body')
      must(await again.forget({ ...forget, upTo: 6, instead: undefined }), 'for nothing')
      same(await again.past('a', 'x', 0, 1_000_000), [], 'all of it')
      same(
        (await again.lineage('a', 'x')).map(({ seq, type }) => [seq, type]),
        [[6, 'snapshot']],
        'the present is there',
      )
    },
  ),
  law('S3', 'versions have names, by seq, which can be changed and taken away', async ({ store, reopen }) => {
    await grow(store)
    const name = (seq: number, text: string) => ({ seq, name: text, subject: 'ann', at: 1_000 + seq })
    await store.nameVersion('a', 'x', name(5, 'second'))
    await store.nameVersion('a', 'x', name(1, 'first'))
    await store.nameVersion('a', 'x', name(3, 'mistaken'))
    await store.nameVersion('a', 'x', { ...name(5, 'last'), subject: 'bob' })
    await store.nameVersion('a', 'x', name(3, ''))
    await store.nameVersion('a', 'y', name(2, 'of y'))
    for (const [space, document] of [
      ['a', 'x'],
      ['a', 'none'],
      ['none', 'x'],
    ] as const)
      must(!(await store.nameVersion(space, document, name(2, 'of none'))), `of ${space} ${document}`)
    const again = await reopen()
    same(await again.versionNames('a', 'x'), [name(1, 'first'), { ...name(5, 'last'), subject: 'bob' }], 'of x')
    same(await again.versionNames('a', 'y'), [name(2, 'of y')], 'of y')
    same([await again.versionNames('a', 'none'), await again.versionNames('none', 'x')], [[], []], 'of none')
    must((await again.document('a', 'none')) === undefined, 'and none was made')
  }),
  law('D6', 'a purge takes the past with it, and the names', async ({ store, reopen }) => {
    await grow(store)
    await store.nameVersion('a', 'x', { seq: 3, name: 'first', subject: 'ann', at: 1 })
    must(
      await store.fold({ space: 'a', document: 'x', upTo: 5, snapshot: bytesOf(4), entries: 3, keptAt: 1 }),
      'folded',
    )
    await commit(store, 'a', [tombstone('x', 8, { basedOn: 6 })])
    const again = await reopen()
    same(await again.past('a', 'x', 0, 1_000_000), [], 'the past')
    same(
      (await again.lineage('a', 'x')).map(({ type }) => type),
      ['tombstone'],
      'what is left',
    )
    same(await again.versionNames('a', 'x'), [], 'names')
    same(await again.aged(100, 0, 10), [], 'nothing is to be forgotten')
    must(!(await again.nameVersion('a', 'x', { seq: 3, name: 'late', subject: 'ann', at: 1 })), 'no name')
    same(await again.versionNames('a', 'x'), [], 'nor named')
  }),
  law('D2', 'what was voided is kept as what is left of it', async ({ store }) => {
    await commit(store, 'a', [edit('x', 1), edit('x', 2), edit('x', 3)])
    const entry = { ...edit('x', 1, { device: 'relay', subject: '' }), type: 'void' as const }
    await store.void({ space: 'a', seq: 2, instead: bytesOf(3), entry })
    must(
      await store.fold({ space: 'a', document: 'x', upTo: 4, snapshot: bytesOf(4), entries: 4, keptAt: 1 }),
      'folded',
    )
    same(
      (await store.past('a', 'x', 0, 1_000_000)).map(({ seq, type, bytes }) => [seq, type, bytes.length]),
      [
        [1, 'update', 10],
        [2, 'snapshot', 3],
        [3, 'update', 10],
        [4, 'void', 10],
      ],
      'the past',
    )
  }),
]
